import { render } from '@testing-library/svelte';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { csvOf, type DashboardAbout, type PanelAbout } from '../../lib/answers';
import { about } from '../../lib/about.svelte';
import { live } from '../../lib/live.svelte';
import { QUESTIONS } from '../questions';
import { byDay, evidenceOf, mainContributors } from './anomalies';
import { barShares, budgetWords } from './budget';
import { className, hardHours, sortOf } from './errors';
import { backTest, daysText, refusals } from './forecast';
import { grouped } from './reasons';
import { cohortRows } from './retention';
import * as sample from './samples';
import { directionTone, directionWords, pWords, slopeUnit, untoldAlike, weekdayWords } from './trends';

// What charts are drawn with is not in the page of tests.
vi.mock('../../charts/engine', () => ({
  init: () => ({ on() {}, getZr: () => ({ on() {} }), resize() {}, dispose() {} }),
}));
beforeAll(() => {
  vi.stubGlobal('matchMedia', () => new EventTarget());
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe() {}
      disconnect() {}
    },
  );
});
afterAll(() => vi.unstubAllGlobals());

const { BUDGET, FORECAST, REFUSED, HOSTILE } = sample;
const ANSWERS: Readonly<Record<string, unknown>> = {
  anomalies: sample.ANOMALIES,
  budget: BUDGET,
  concurrency: sample.CONCURRENCY,
  errors: sample.ERRORS,
  forecast: sample.FORECASTS,
  markers: {
    markers: [{ at: '2026-11-02T10:00:00Z', kind: 'model', text: HOSTILE, agent: null, model: null, version: null }],
    left_out: 3,
    reasons: { price: HOSTILE },
    window: { tz: 'UTC' },
  },
  retention: sample.RETENTION,
  review: sample.REVIEW,
  trends: sample.TRENDS,
};
const PANEL = { title: 'Title', chart: 'table', metrics: [], by: [] } as unknown as PanelAbout;

describe('every question', () => {
  it.each(Object.keys(QUESTIONS))('%s has rows as wide as its columns, and a name for each', (name) => {
    const sheet = QUESTIONS[name]!.sheet(ANSWERS[name]);
    expect(sheet.rows.length).toBeGreaterThan(0);
    for (const row of sheet.rows) expect(row).toHaveLength(sheet.columns.length);
    expect(new Set(sheet.columns.map((one) => one.name)).size).toBe(sheet.columns.length);
    expect(sheet.rows.flat().every((cell) => cell === null || typeof cell !== 'object')).toBe(true);
  });

  it.each(Object.keys(QUESTIONS))('%s shows stored text as text, and links within the page only', (name) => {
    const { component } = QUESTIONS[name]!;
    const { container } = render(component, { answer: ANSWERS[name], panel: PANEL });
    expect(container.querySelector('img')).toBeNull();
    for (const link of container.querySelectorAll('a')) expect(link.getAttribute('href')).toMatch(/^#\//);
    expect(container.textContent).not.toMatch(/undefined|NaN|\[object|Invalid/);
    expect(container.textContent).not.toContain('null');
  });

  it.each(['anomalies', 'errors', 'review', 'markers', 'trends', 'forecast', 'concurrency'])(
    '%s does tell the hostile name',
    (name) => {
      const { component } = QUESTIONS[name]!;
      const { container } = render(component, { answer: ANSWERS[name], panel: PANEL });
      expect(container.textContent).toContain(HOSTILE);
    },
  );

  it('says how many days are forecast, also where that differs', () => {
    const left = (...counts: (number | null)[]) => daysText(counts.map((days_left) => ({ ...FORECAST, days_left })));
    expect([left(1, 1), left(11, 11), left(null)]).toEqual(['1 day is forecast', '11 days are forecast', '']);
    expect(left(11, 10)).toMatch(/^10 to 11 days are forecast/);
  });

  it.each(['budget', 'forecast'])('%s says of which day it is told, where that is an earlier one', (name) => {
    const told = (moment: string) => {
      live.moment = Date.parse(moment);
      return render(QUESTIONS[name]!.component, { answer: ANSWERS[name], panel: PANEL }).container.textContent ?? '';
    };
    expect(told('2026-11-20T23:59:00Z')).not.toContain('As of');
    expect(told('2026-11-21T00:01:00Z').replace(/\s+/g, ' ')).toContain(
      'As of Fri 20 Nov 2026, where the time range ends',
    );
    expect(told('2026-11-21T00:01:00Z')).not.toContain('after today');
    live.moment = Date.now();
  });

  it('makes formulas inert in a CSV file', () => {
    const csv = csvOf(
      QUESTIONS['review']!.sheet({ ...sample.REVIEW, sessions: [{ ...sample.REVIEW.sessions[0], session: '=1+1' }] }),
    );
    expect(csv).toContain("'=1+1");
  });

  it('is not called empty while it has a reason to tell', () => {
    const untold = { ...sample.ANOMALIES, anomalies: [] };
    expect(QUESTIONS['anomalies']!.isEmpty(untold)).toBe(false);
    expect(QUESTIONS['anomalies']!.isEmpty({ ...untold, unknown: {} })).toBe(true);
    expect(QUESTIONS['retention']!.isEmpty({ ...sample.RETENTION, cohorts: [], reason: 'nobody' })).toBe(false);
    expect(QUESTIONS['review']!.isEmpty({ ...sample.REVIEW, sessions: [] })).toBe(true);
    expect(QUESTIONS['budget']!.isEmpty({ ...BUDGET, daily: [] })).toBe(false);
  });
});

describe('the budget', () => {
  it('says in words what the bar shows', () => {
    expect(budgetWords(BUDGET)).toMatchObject({ tone: 'plain' });
    expect(budgetWords(BUDGET).crossing).toBe(
      'It is not expected to be crossed this month. It may be, from Fri 27 Nov on.',
    );
    const crossed = { ...BUDGET, is_crossed: true, crossed_on: '2026-11-18' };
    expect(budgetWords(crossed)).toMatchObject({ headline: 'The budget was crossed on Wed 18 Nov', tone: 'bad' });
    const coming = {
      ...BUDGET,
      crossing_expected_on: '2026-11-24',
      crossing_earliest_on: '2026-11-22',
      crossing_latest_on: '2026-11-28',
    };
    expect(budgetWords(coming).headline).toBe('It will be crossed on Tue 24 Nov');
    expect(budgetWords(coming).crossing).toContain('between Sun 22 Nov and Sat 28 Nov');
    expect(budgetWords({ ...BUDGET, crossing_earliest_on: null }).tone).toBe('good');
  });

  it('claims nothing where nothing is known', () => {
    expect(budgetWords({ ...BUDGET, budget_microusd: null, crossing_reason: 'no budget is set' }).headline).toBe(
      'No budget is set',
    );
    expect(budgetWords({ ...BUDGET, is_crossed: null, crossing_reason: 'too few days' })).toEqual({
      headline: 'Within the budget so far',
      crossing: 'Too few days.',
      tone: 'plain',
    });
  });

  it('names the setting where no budget is set', () => {
    const answer = { ...BUDGET, budget_microusd: null, spent_ratio: null, projected: REFUSED, reason: 'none' };
    const { container } = render(QUESTIONS['budget']!.component, { answer, panel: PANEL });
    expect(container.textContent).toContain('budget.month_usd');
    expect(container.querySelector('rect')).toBeNull();
    expect(container.querySelector('data')?.getAttribute('value')).toBe('1044000000');
  });

  it('keeps the bar within its length', () => {
    expect(barShares(BUDGET)).toEqual({ spent: 0.696, projected: 1_435_000_000 / 1_500_000_000, budget: 1 });
    const over = barShares({ ...BUDGET, spent_microusd: 3_000_000_000 });
    expect([over.spent, over.budget]).toEqual([1, 0.5]);
    expect(barShares({ ...BUDGET, budget_microusd: null, spent_microusd: 0, projected: REFUSED })).toEqual({
      spent: 0,
      projected: 0,
      budget: 0,
    });
  });
});

describe('forecasts', () => {
  it('tells how they did, and only where there are some', () => {
    expect(backTest(FORECAST)).toBe('73 % of 30 held, better than repeating last week (error 0.86)');
    expect(backTest({ score: { ...FORECAST.score!, scaled_error: 1.2 } })).toContain('no better');
    expect(backTest({ score: { ...FORECAST.score!, coverage: null, reason: 'too short' } })).toBe('too short');
    expect(backTest(REFUSED)).toBeNull();
  });

  it('tells the same reason once', () => {
    expect(refusals(sample.FORECASTS)).toEqual([
      { reason: '29 whole days of history are too few', names: ['Commits', 'Lines added'] },
    ]);
    expect(grouped(Object.entries({ a: 'x', b: 'y', c: 'x' }))).toEqual([
      { reason: 'x', names: ['a', 'c'] },
      { reason: 'y', names: ['b'] },
    ]);
  });
});

describe('trends', () => {
  it('has a word beside each sign, and calls good only what is better', () => {
    expect(directionWords('increasing')).toBe('▲ increasing');
    expect(directionWords(null)).toBe('not known');
    expect(directionTone({ direction: 'increasing', better: 'lower' })).toBe('bad');
    expect(directionTone({ direction: 'decreasing', better: 'lower' })).toBe('good');
    expect(directionTone({ direction: 'increasing', better: 'neither' })).toBe('');
    expect(directionTone({ direction: 'stable', better: 'lower' })).toBe('');
  });

  it('never rounds a chance to nothing', () => {
    expect(pWords(0.00004)).toBe('<0.001');
    expect(pWords(0.0384)).toBe('0.038');
    expect(pWords(null)).toBe('–');
  });

  it('shows a slope of less than one', () => {
    expect(slopeUnit(0.04, 'count')).toBe('mean');
    expect(slopeUnit(0.04, 'microusd')).toBe('microusd');
  });

  it('says once what holds for all', () => {
    expect(untoldAlike(sample.TRENDS)).toBe('');
    const untold = sample.TRENDS.trends.map((one) => ({ ...one, direction: null, reason: 'too few days' }));
    expect(untoldAlike({ trends: untold })).toBe('too few days');
    expect(untoldAlike({ trends: [...untold, { ...untold[0]!, reason: 'another' }] })).toBe('');
    const { container } = render(QUESTIONS['trends']!.component, {
      answer: { ...sample.TRENDS, trends: untold },
      panel: PANEL,
    });
    expect(container.textContent?.split('too few days')).toHaveLength(2);
  });

  it('tells weekdays only where they differ', () => {
    const weekdays = { ...sample.TRENDS.trends[0]!.weekdays, factors: [2, 1, 1, 1, 1, 0.5, 0.5] };
    expect(weekdayWords({ weekdays })).toBeNull();
    expect(weekdayWords({ weekdays: { ...weekdays, is_seasonal: true } })).toMatch(/^Mon 2.0, Tue 1.0/);
  });
});

describe('days that stand out', () => {
  const panel = (title: string, metrics: string[], chart = 'timeseries') => ({ title, metrics, chart });
  const tabs = [
    { name: 'overview', panels: [panel('Cost over time', ['cost_usd'])] },
    { name: 'costs', panels: [panel('Cost', ['cost_usd'], 'stat'), panel('Cost by day', ['cost_usd'])] },
    { name: 'tools', panels: [panel('Failed', ['tool_errors'])] },
  ] as unknown as DashboardAbout[];

  it('leads to where the metric is at home', () => {
    expect(evidenceOf('cost_microusd', tabs)).toEqual({ tab: 'costs', panel: 'Cost by day' });
    expect(evidenceOf('tool_errors', tabs)).toEqual({ tab: 'tools', panel: 'Failed' });
    expect(evidenceOf('prompts', tabs)).toBeNull();
  });

  it('links to that day, that day included and no other', () => {
    about.dashboards = tabs;
    const { container } = render(QUESTIONS['anomalies']!.component, { answer: sample.ANOMALIES, panel: PANEL });
    const [first, second] = [...container.querySelectorAll('a')].map((link) => link.getAttribute('href') ?? '');
    expect(first).toBe('#/costs?since=2026-11-02&until=2026-11-03&panel=Cost+by+day');
    expect(new URLSearchParams(second?.split('?')[1]).get('model')).toBe(HOSTILE);
  });

  it('names of each dimension what is furthest from usual', () => {
    const [one] = sample.ANOMALIES.anomalies;
    const contributors = [...one!.contributors, { dimension: 'model', value: 'second', amount: 1, usual: 1 }];
    expect(mainContributors({ ...one!, contributors }).map(({ value }) => value)).toEqual([HOSTILE, null]);
  });

  it('is by day, the newest first', () => {
    const [one] = sample.ANOMALIES.anomalies;
    const days = byDay([one!, { ...one!, day: '2026-11-20' }, { ...one!, metric: 'prompts' }]);
    expect(days.map(({ day, anomalies }) => [day, anomalies.length])).toEqual([
      ['2026-11-20', 1],
      ['2026-11-02', 2],
    ]);
  });
});

describe('sessions to look at', () => {
  it('says that a project is not known, and that money is at least', () => {
    const { container } = render(QUESTIONS['review']!.component, { answer: sample.REVIEW, panel: PANEL });
    expect(container.textContent).toContain('project unknown');
    expect(container.textContent).toContain('at least');
    expect(container.querySelector('a')?.getAttribute('href')).toBe(`#/sessions/${encodeURIComponent(HOSTILE)}`);
  });
});

describe('errors', () => {
  it('names a class by its source, else by its kind', () => {
    const [named, nameless] = sample.ERRORS.classes;
    expect(className(named!)).toBe(`${HOSTILE} 529`);
    expect(className(nameless!)).toBe('tool failed');
    expect(sortOf(nameless!)).toBe('tool call');
    expect(sortOf(named!)).toBe("request, service's fault");
  });

  it('tells the hours that are hard, without those that had nothing', () => {
    expect(hardHours(sample.ERRORS).map(({ hour, hits }) => [hour, hits])).toEqual([
      [9, 3],
      [7, 1],
    ]);
  });
});

describe('who comes back', () => {
  it('has a hole where a week is not known, and rows of one length', () => {
    const rows = cohortRows(sample.RETENTION);
    expect(rows.map(({ week }) => week)).toEqual(['2026-11-16', '2026-11-02']);
    expect(rows.map(({ cells }) => cells.length)).toEqual([3, 3]);
    expect(rows[1]?.cells[1]).toBeNull();
    expect(rows[1]?.cells[2]).toEqual({ share: 0.25, people: 1, isComplete: false });
    expect(cohortRows({ ...sample.RETENTION, cohorts: [] })).toEqual([]);
  });
});
