import { describe, expect, it } from 'vitest';
import type { Answer } from '../lib/answers';
import { choices } from './choices';
import { rowsOf, sourceName, type Waterfall } from './explain';
import { freshnessText } from './freshness';
import { keysOf, meaningOf, takesLetters } from './keys';

const rows = (cells: unknown[][]) =>
  ({ columns: ['project', 'sessions', 'cost_usd'], rows: cells, total_rows: cells.length }) as unknown as Answer;

describe('what can be ticked', () => {
  it('has each value once, what is not known as null, and what is chosen and gone first', () => {
    const found = choices(
      rows([
        ['a', 3, 1.5],
        [null, 2, null],
      ]),
      ['gone', 'a', 'gone'],
    );
    expect(found.map(({ parameter }) => parameter)).toEqual(['gone', 'a', 'null']);
    expect(found[0]).toMatchObject({ sessions: 0, cost: null });
    expect(found[2]).toMatchObject({ value: null, sessions: 2, cost: null, why: '' });
  });

  it('does not know how much there is of what is chosen where a limit cut the list', () => {
    const cut = { ...rows([['a', 3, 1.5]]), total_rows: 400 };
    expect(choices(cut, ['z'])[0]).toMatchObject({ value: 'z', sessions: null, cost: null });
  });

  it('does not offer what a filter cannot say', () => {
    const found = choices(
      rows([
        ['a,b', 1, 1],
        ['null', 1, 1],
        ['', 1, 1],
        [null, 1, 1],
      ]),
      [],
    );
    expect(found).toHaveLength(4);
    expect(found.slice(0, 3).every(({ why }) => why !== '')).toBe(true);
    expect(found[3]?.why).toBe('');
  });

  it('does without columns that cannot be asked for', () => {
    const answer = { columns: ['user', 'sessions'], rows: [['<b>', 4]] } as unknown as Answer;
    expect(choices(answer, [])).toMatchObject([{ value: '<b>', sessions: 4, cost: null }]);
  });
});

describe('the way from a source to the ledger', () => {
  const figure = (cost_microusd: number, requests = 1) => ({
    requests,
    input_tokens: 1,
    output_tokens: 2,
    cache_read_tokens: 3,
    cache_write_tokens: 4,
    cost_microusd,
  });
  const waterfall = {
    id: 't',
    name: 'transcripts',
    start: figure(100, 9),
    steps: [
      { id: 'a', name: 'repeated', why: 'because', ...figure(-60, -5) },
      { id: 'b', name: 'seen elsewhere', why: '', ...figure(160, 2) },
    ],
    end: figure(200, 6),
    notes: [],
  } as unknown as Waterfall;

  it('begins with the source, ends with the ledger, and its figures add up', () => {
    const told = rowsOf(waterfall);
    expect(told.map(({ kind }) => kind)).toEqual(['start', 'step', 'step', 'end']);
    expect(told.slice(0, 3).reduce((sum, { cost }) => sum + cost, 0)).toBe(told[3]?.cost);
    expect(told[0]?.tokens).toBe(10);
  });

  it('draws each step from where the one before it ended', () => {
    const told = rowsOf(waterfall);
    expect(told[0]).toMatchObject({ from: 0, wide: 0.5 });
    expect(told[1]?.from).toBeCloseTo(0.2);
    expect(told[1]?.wide).toBeCloseTo(0.3);
    expect(told[2]?.from).toBeCloseTo(0.2);
    expect(told[2]?.wide).toBeCloseTo(0.8);
  });

  it('draws nothing of nothing', () => {
    const nothing = { ...waterfall, start: figure(0), steps: [], end: figure(0) };
    for (const { from, wide } of rowsOf(nothing)) expect([from, wide]).toEqual([0, 0]);
  });

  it('names sources, also those that it does not know', () => {
    expect(sourceName('otel_log')).toBe('OpenTelemetry events');
    expect(sourceName('some_new')).toBe('some new');
  });
});

describe('freshness', () => {
  const live = { connected: true, heardAt: 1000, recordAt: null, lag: 0, now: 60_000 };

  it('says when the last record came, and only what is known', () => {
    expect(freshnessText(live)).toBe('Live');
    expect(freshnessText({ ...live, recordAt: 57_000 })).toBe('Live · last record 3 s ago');
    expect(freshnessText({ ...live, lag: null })).toBe('Live');
    expect(freshnessText({ ...live, lag: 12_000 })).toBe('Live · storing 12 s behind');
  });

  it('says that it is not connected, and since when', () => {
    expect(freshnessText({ ...live, connected: false })).toBe('Not connected, last heard 59 s ago');
    expect(freshnessText({ ...live, connected: false, heardAt: null })).toBe('Connecting…');
  });
});

describe('keys', () => {
  const tabs = keysOf([
    { name: 'overview', title: 'Overview' },
    { name: 'costs', title: 'Costs & tokens' },
    { name: 'productivity', title: 'Productivity' },
    { name: 'projects', title: 'Projects' },
    { name: 'own-1', title: '成本' },
    { name: 'own-2', title: 'o' },
  ]);

  it('gives each tab one of its own', () => {
    expect(tabs.map(({ key }) => key)).toEqual(['o', 'c', 'p', 'r', '1', '2']);
  });

  it('means tabs only after g', () => {
    expect(meaningOf('c', true, tabs)).toEqual({ tab: 'costs' });
    expect(meaningOf('c', false, tabs)).toBeNull();
    expect(meaningOf('x', true, tabs)).toBeNull();
    expect(meaningOf('g', false, tabs)).toBe('began');
    expect(meaningOf('?', false, tabs)).toBe('help');
  });

  it('leaves letters to what is typed in', () => {
    const input = document.createElement('input');
    const box = document.createElement('input');
    box.type = 'checkbox';
    expect(takesLetters(input)).toBe(true);
    expect(takesLetters(box)).toBe(false);
    expect(takesLetters(document.createElement('textarea'))).toBe(true);
    expect(takesLetters(document.createElement('button'))).toBe(false);
    expect(takesLetters(null)).toBe(false);
  });
});
