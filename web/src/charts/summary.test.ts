import { describe, expect, it } from 'vitest';
import { answerOf, inputOf } from './handmade';
import { extents } from './pieces';
import { figuresOf, summaryOf } from './summary';
import { drawTimeseries } from './timeseries';

const NOW = Date.parse('2026-11-05T18:30:00Z');
const window = { since: '2026-11-01T12:00:00Z', until: '2026-11-07T00:00:00Z', tz: 'Etc/UTC' };
const days = [1, 2, 3, 4, 5, 6].map((day) => `2026-11-0${day}`);
const here = extents(days, 'day', answerOf([], [], [], { window }), NOW);

describe('what a course comes to', () => {
  it('has a mean of whole days only, and a sum and a most of all that is known', () => {
    // From noon of the first day; the fifth is running; the sixth is to come, and its 0 says nothing.
    const summary = summaryOf([100, 2, null, 4, 50, null], here);
    expect(summary).toEqual({ sum: 156, mean: 3, count: 2, partial: 2, unknown: 1, most: 100, mostAt: 0 });
    const figures = figuresOf(summary, days, 'day', 'usd', true);
    expect(figures.map(({ name, text }) => `${name} ${text}`)).toEqual(['sum $156.00', 'mean $3.00', 'most $100.00']);
    expect(figures[1]?.title).toBe(
      '$3.00 a day, the mean of 2 whole days, each counting the same; without 2 of which only a part is known and 1 of which nothing is known',
    );
    expect(figures[2]).toMatchObject({ title: '$100.00, Sun 1 Nov', where: '1 Nov' });
  });

  it('has no sum where that would be none, and no mean of parts of days', () => {
    const ratio = figuresOf(summaryOf([0.5, 0, 1, 0.5, 0.9, null], here), days, 'day', 'ratio', false);
    expect(ratio.map(({ name, text }) => `${name} ${text}`)).toEqual(['mean 50 %', 'most 100 %']);
    const today = figuresOf(summaryOf([5], here.slice(4, 5)), days.slice(4), 'day', 'count', true);
    expect(today.map(({ text }) => text)).toEqual(['5', '–', '5']);
    expect(today[1]?.title).toBe('no whole day is known; without 1 of which only a part is known');
    const nothing = figuresOf(summaryOf([null, null], here), days, 'day', 'usd', true);
    expect(nothing.map(({ text }) => text)).toEqual(['–', '–', '–']);
  });

  it('keeps 0 apart from unknown, and a small mean apart from 0', () => {
    expect(summaryOf([0, 0, 0, 0], here.slice(1, 4))).toMatchObject({ mean: 0, most: 0, mostAt: 0 });
    const few = summaryOf([null, 0, 0, 1], here.slice(0, 4));
    expect(figuresOf(few, days, 'day', 'count', true)[1]?.text).toBe('0.33');
    expect(figuresOf({ ...few, mean: 0.001 }, days, 'day', 'count', true)[1]?.text).toBe('<0.01');
    expect(summaryOf([-5, -2], here.slice(1, 3))).toMatchObject({ mean: -3.5, most: -2, mostAt: 1 });
  });

  it('stands in the legend of every course, with the sum of each that adds up', () => {
    const rows = days.slice(0, 4).map((day, at) => [day, at, at * 100, 0.5]);
    const legend = (metrics: string[]) =>
      drawTimeseries(inputOf(answerOf(['day'], metrics, rows, { window }), { metrics }, { now: NOW }));
    const two = legend(['tool_calls', 'total_tokens', 'tool_success_ratio']).legend ?? [];
    expect(two.map(({ text }) => text)).toEqual(['6', '600, right axis']); // of two units, and a third is not drawn
    const split = answerOf(['day', 'model'], ['cost_usd'], [['2026-11-02', 'a', 3]], { window });
    const one = drawTimeseries(inputOf(split, { by: ['model'] }, { now: NOW })).legend?.[0];
    expect(one).toMatchObject({
      text: '$3.00',
      title: 'sum: $3.00 in all; mean: $3.00 a day, the mean of one whole day; most: $3.00, Mon 2 Nov',
    });
    const commits = ['a', 'b'].map((name) => ['2026-11-02', name, 1, 7]);
    const left = drawTimeseries(
      inputOf(
        answerOf(['day', 'project'], ['tool_success_ratio', 'total_tokens'], [...commits, ['2026-11-02', 'c', 0, 5]], {
          window,
        }),
        {
          by: ['project'],
          metrics: ['tool_success_ratio', 'total_tokens'],
        },
      ),
    );
    expect(left.notes).toEqual([]); // c has none of what is drawn, and is not left out of it
    const alone = legend(['cost_usd']);
    expect(alone.legend).toMatchObject([{ name: 'Cost', isFixed: true, text: '$6.00' }]);
    expect(alone.means).toBe('Means are of the 3 whole days, without 1 of which only a part is known.');
  });
});
