import { render, screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { answerOf, inputOf, METRICS } from '../charts/handmade';
import { about } from '../lib/about.svelte';
import type { PanelAbout } from '../lib/answers';
import { wholeOf } from './overlays.svelte';
import { address } from '../lib/address.svelte';
import Stat from './Stat.svelte';

about.metrics = METRICS;
const panelOf = (more: Partial<PanelAbout>) => inputOf(answerOf([], [], []), more).panel;
const window = { since: null, until: null, tz: 'UTC' };

describe('a figure of its own', () => {
  const shown = (
    rows: (number | null)[],
    before: (number | null)[] | null,
    metrics = ['cost_usd', 'tool_success_ratio'],
    until: string | null = null,
    more: Partial<Parameters<typeof answerOf>[3]> = {},
  ) =>
    render(Stat, {
      answer: answerOf([], metrics, [rows], {
        ...more,
        window: { ...window, until },
        reasons: { tool_success_ratio: 'no tool was called' },
        ...(before ? { previous: { window, rows: [before], changes: [], ratios: [] } } : {}),
      }),
      panel: panelOf({ chart: 'stat', metrics }),
      course: [1, null, 3],
    }).container;

  it('says what it was before, in words and signs, and leads to what it was made of', () => {
    const box = shown([12, 0.5], [10, 0.25]);
    expect(box.querySelector('.figure')?.textContent?.replace(/\s+/g, ' ').trim()).toBe(
      '$12.00 ▲+20 % from $10.00 in the window before',
    );
    expect(box.querySelector('.change')?.getAttribute('title')).toBe('in the window before: $10.00');
    expect(screen.getByRole('link').getAttribute('href')).toMatch(/^#\/sessions\?.*order=-cost_usd/);
    expect(box.querySelector('dd')?.textContent?.replace(/\s+/g, ' ').trim()).toBe('50 % ▲+100 %');
    expect(screen.getByRole('img').getAttribute('aria-label')).toBe('Its course: first $1.00, most $3.00, last $3.00');
  });

  it('says of a time that has only begun that it is compared with as much of the one before', () => {
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    const box = shown([5, 0.5], [4, 0.25], undefined, tomorrow);
    expect(box.querySelector('.figure')?.textContent?.replace(/\s+/g, ' ').trim()).toBe(
      '$5.00 so far ▲+25 % from $4.00 in the window before, up to the same moment of it',
    );
    const alone = shown([5, 0.5], null, undefined, tomorrow);
    expect(alone.querySelector('.figure')?.textContent?.replace(/\s+/g, ' ').trim()).toBe('$5.00 so far');
    expect(shown([5, 0.5], [4, 0.25]).textContent).not.toContain('so far');
  });

  it('says that money is at least what is shown where requests have no price', () => {
    const coverage = { share: 1, residual_share: 0, unpriced_requests: 3 };
    const said = (metric: string) => shown([12], null, [metric], null, { coverage }).textContent;
    expect(said('cost_usd')).toContain('at least: 3');
    expect(said('sessions')).not.toContain('at least');
    expect(shown([12], null, ['cost_usd']).textContent).not.toContain('at least');
  });

  it('keeps unknown apart from 0, with the reason, and has no change without a before', () => {
    const box = shown([0, null], null);
    expect([...box.querySelectorAll('data')].map(({ value, textContent }) => [value, textContent?.trim()])).toEqual([
      ['0', '$0.00'],
      ['', '–'],
    ]);
    expect(box.querySelector('.change')).toBeNull();
    expect(box.querySelector('a')).toBeNull(); // nothing to open
    expect(box.querySelector('dd')?.title).toBe('no tool was called');
  });
});

describe('the whole beside its parts', () => {
  const answer = (more: object) => answerOf(['project'], ['cost_usd'], [['a', 1]], more as never);

  it('is asked for where a limit cut, and where parts are compared with the window before', () => {
    const scope = [['range', '30d']] as const;
    const bars = panelOf({ chart: 'bars', by: ['project'], limit: 1 });
    expect(wholeOf(bars, scope, answer({ total_rows: 4 }))).toBe('/api/v1/query?metrics=cost_usd&range=30d');
    expect(wholeOf(bars, scope, answer({}))).toBeNull();
    const course = panelOf({ chart: 'timeseries', by: ['project'], compare: true });
    const compared = answer({ grain: 'week', previous: { window, rows: [], changes: [], ratios: [] } });
    expect(wholeOf(course, scope, compared)).toBe(
      '/api/v1/query?metrics=cost_usd&grain=week&compare=previous&range=30d',
    );
    expect(wholeOf({ ...course, compare: false }, scope, compared)).toBeNull();
    address.place = { ...address.place, range: 'all' }; // the answer is still of the range before
    expect(wholeOf(course, [['range', 'all']], compared)).toBeNull();
    address.place = { ...address.place, range: '7d' };
  });

  it('is not asked for where parts do not add up', () => {
    const panel = panelOf({ chart: 'bars', by: ['project'], metrics: ['sessions'] });
    expect(wholeOf(panel, [], answer({ total_rows: 4 }))).toBeNull();
  });
});
