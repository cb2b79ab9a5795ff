import { render, screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { readPlace, START, writePlace } from '../../lib/address.svelte';
import type { SetupState } from '../setup/wording';
import { evidencePlace, type Sentence } from './evidence';
import ImportProgress from './ImportProgress.svelte';
import { decline, isEmptyHome, isOffered, wasDeclined } from './offer';
import { monthText, reasonsText, shownMonths, weekText, type Imports, type Month } from './progress';

const month = (name: string, done: number, total: number, state: Month['state'] = 'running'): Month => ({
  month: name,
  state,
  files_done: done,
  files_total: total,
  bytes_done: done,
  bytes_total: total,
});
const imports = (change: Partial<Imports> = {}): Imports => ({
  state: 'running',
  reason: null,
  started_at: null,
  ended_at: null,
  files_total: 43,
  files_done: 12,
  bytes_total: 43,
  bytes_done: 12,
  events_new: 345,
  week_done: false,
  complete_since: null,
  months: [month('2026-11', 12, 40), month('2026-10', 0, 1, 'waiting'), month('2026-09', 0, 2, 'waiting')],
  failed: {},
  quarantined: {},
  ...change,
});

describe('the reading of histories', () => {
  it('is told month by month, the oldest together', () => {
    const { months } = imports();
    expect(months.map(monthText)).toEqual(['2026-11: 12 of 40 files', '2026-10: 0 of 1 file', '2026-09: 0 of 2 files']);
    expect(shownMonths(months, 3)).toEqual({ shown: months, older: null });
    expect(shownMonths(months, 2)).toEqual({ shown: months, older: null }); // "1 older month" saves nothing
    expect(shownMonths(months, 1)).toEqual({ shown: months.slice(0, 1), older: { months: 2, done: 0, total: 3 } });
  });

  it('says when the week is whole, and nothing where that is not known', () => {
    expect(weekText(imports({ week_done: true }))).toBe('The last 7 days are complete.');
    expect(weekText(imports())).toContain('not complete yet');
    expect(weekText(imports({ week_done: null }))).toBe('');
    expect(reasonsText({ rare: 1, often: 3 })).toBe('often (3), rare (1)');
  });

  it('has a bar and a text for each month, and names of months are text', () => {
    const hostile = '<b>x</b>';
    const { container } = render(ImportProgress, {
      imports: imports({ months: [month('2026-11', 12, 40), month(hostile, 1, 2)], failed: { [hostile]: 2 } }),
    });
    const bar = screen.getByLabelText(/2026-11: 12 of 40 files/);
    expect([bar.getAttribute('value'), bar.getAttribute('max')]).toEqual(['12', '40']);
    expect(container.querySelector('b')).toBeNull();
    expect(container.textContent).toContain(`Could not be read: ${hostile} (2)`);
  });
});

describe('the evidence of a sentence', () => {
  const sentence = (evidence: Sentence['evidence']): Sentence => ({
    about: 'where',
    text: 'x',
    metric: 'cost_microusd',
    value: 1,
    evidence,
  });
  const evidence = { tab: 'costs', panel: 'Cost by model', filters: {}, since: null, until: null };
  const to = (from: string, change: Partial<typeof evidence> & { filters?: Record<string, (string | null)[]> }) => {
    const place = readPlace(from);
    const found = evidencePlace(sentence({ ...evidence, ...change }), place);
    return found && writePlace({ ...place, ...found });
  };

  it('is in the same time with the same filters, at its panel', () => {
    expect(to('#/overview?range=30d&agent=codex&q=x', {})).toBe('#/costs?range=30d&agent=codex&panel=Cost+by+model');
  });

  it('is narrowed by its own filters, also to what is unknown', () => {
    expect(to('#/overview?project=a&project=b&agent=codex', { filters: { project: ['a'] } })).toBe(
      '#/costs?agent=codex&project=a&panel=Cost+by+model',
    );
    expect(to('#/overview', { filters: { project: [null] } })).toBe('#/costs?project=null&panel=Cost+by+model');
  });

  it('of a day is that day instead of the range', () => {
    expect(to('#/overview?range=30d', { since: '2026-11-19' as never, until: '2026-11-20' as never })).toBe(
      '#/costs?since=2026-11-19&until=2026-11-20&panel=Cost+by+model',
    );
  });

  it('is nowhere where nothing is recorded', () => expect(evidencePlace(sentence(null), START)).toBeNull());
});

describe('the switches of Claude Code', () => {
  const setup = (state: string, files: number | null, change: Partial<SetupState> = {}): SetupState =>
    ({
      agents: [{ agent: 'claude_code', records: 0, histories: [{ where: '~', files }] }],
      claude_code: { otel: { state }, plugin: {} },
      demo: false,
      ...change,
    }) as unknown as SetupState;

  it('are offered where it is used and does not send here, once', () => {
    expect(isOffered(setup('off', 3), false)).toBe(true);
    expect(isOffered(setup('elsewhere', 3), false)).toBe(true);
    expect(isOffered(setup('off', 3), true)).toBe(false);
    expect(isOffered(setup('here', 3), false)).toBe(false);
    expect(isOffered(setup('unreadable', 3), false)).toBe(false);
    expect(isOffered(setup('off', null), false)).toBe(false);
    expect(isOffered(setup('off', 3, { demo: true }), false)).toBe(false);
  });

  it('are not offered again after a "not now"', () => {
    const kept = new Map<string, string>();
    const storage = () => ({
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => void kept.set(name, value),
    });
    expect(wasDeclined(storage)).toBe(false);
    decline(storage);
    expect(wasDeclined(storage)).toBe(true);
    const closed = () => {
      throw new DOMException('no', 'SecurityError');
    };
    expect(wasDeclined(closed)).toBe(false);
    expect(() => decline(closed)).not.toThrow();
  });

  it('a home is empty while no agent has a record', () => {
    expect(isEmptyHome(setup('off', 3))).toBe(true);
    const agents = [{ agent: 'codex', records: 1, histories: [] }] as unknown as SetupState['agents'];
    expect(isEmptyHome(setup('off', 3, { agents }))).toBe(false);
  });
});
