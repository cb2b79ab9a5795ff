import { describe, expect, it } from 'vitest';
import { inputOf, answerOf, read } from '../../charts/handmade';
import { concurrencySheet, drawTogether, sharedPart, unplacedText } from './concurrency';
import { CONCURRENCY } from './samples';

const drawn = (more = {}) => drawTogether(CONCURRENCY, more)(inputOf(answerOf([], [], []), {}));

describe('sessions at the same time', () => {
  it('are bars that lead to the moment of their peak', () => {
    const drawing = drawn({ light: 'x' });
    expect(drawing.points).toBe(2);
    expect(drawing.follow?.(0)).toEqual({ more: { light: 'x', at: '2026-11-02T09:30:00Z' } });
    expect(drawing.follow?.(1)).toBeNull(); // nobody was there
    expect(drawing.tell?.(0)).toContain('most at the same time 3');
    expect(drawing.summary).toContain('at most 3');
  });

  it('show which bar is looked at, and no bar where there was nobody', () => {
    const bars = (more = {}) => read(drawn(more).option).series[0]?.data as { value: number; itemStyle: object }[];
    expect(bars().map(({ value }) => value)).toEqual([3, null]);
    expect(bars()[0]?.itemStyle).not.toHaveProperty('borderWidth');
    expect(bars({ at: '2026-11-02T09:30:00Z' })[0]?.itemStyle).toHaveProperty('borderWidth');
  });

  it('are drawn with what the page has loaded', () => {
    expect(read(drawn().option).series.map(({ type }) => type)).toEqual(['bar', 'line']);
  });

  it('have a mean only where a time is known', () => {
    expect(concurrencySheet(CONCURRENCY).rows.map((row) => row[3])).toEqual([1.5, null]);
    expect(sharedPart(CONCURRENCY.whole)).toBe(0.25);
    expect(sharedPart({ ...CONCURRENCY.whole, busy_seconds: 0 })).toBeNull();
  });

  it('say what could not be counted', () => {
    expect(unplacedText(CONCURRENCY.unplaced)).toBe('Not counted: 2 sessions of which only the end was reported.');
    expect(unplacedText({ reported_sessions: 0, unnamed_requests: 0 })).toBe('');
  });
});
