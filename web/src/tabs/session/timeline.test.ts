import { describe, expect, it } from 'vitest';
import { stepOf } from './lanes';
import { Entries, MOST_ENTRIES, type Entry, type OneSession } from './entries.svelte';
import { barAt, extentOf, placeLanes, sizeOf, type Scene } from './drawing';
import { drawnAt, lanesOf, momentAt, spanOf, stretchesOf, ticksOf } from './lanes';
import { sheetOfRecords, sheetOfSources, sourcesOf } from './parts';
import { rowsOf, sinceStart, tokensOf, turnsOf } from './timeline';

const START = Date.parse('2026-11-20T10:00:00Z');

const entry = (kind: Entry['kind'], seconds: number, more: Partial<Entry> = {}): Entry => {
  const at = new Date(START + seconds * 1000).toISOString();
  const began = more.duration_ms ? { began_at: new Date(START + seconds * 1000 - more.duration_ms).toISOString() } : {};
  return { at, kind, status: 'ok', cost_so_far_microusd: 0, ...began, ...more } as Entry;
};

const ALL = { hidden: new Set<string>(), onlyBad: false, folded: new Set<number>() };

const entries = [
  entry('request', 0, { cost_microusd: 5 }),
  entry('prompt', 10, { name: 'human', status: 'sent' }),
  entry('request', 20, { cost_microusd: 10, duration_ms: 4000 }),
  entry('tool_call', 24, { name: 'Bash', duration_ms: 3000 }),
  entry('tool_call', 25, { name: 'Read', duration_ms: 3000, status: 'error' }),
  entry('prompt', 600, { name: 'human', status: 'sent' }),
  entry('tool_call', 605, { name: 'Edit', duration_ms: 1000, subagent: 'Explore', status: 'rejected' }),
];

describe('turns', () => {
  it('begin with a prompt and hold every entry once', () => {
    const turns = turnsOf(entries);
    expect(turns.map(({ number, first, end }) => [number, first, end])).toEqual([
      [0, 0, 1],
      [1, 1, 5],
      [2, 5, 7],
    ]);
    expect(turns[1]).toMatchObject({ requests: 1, calls: 2, failed: 1, cost: 10, lasted: 15_000, origin: 'human' });
    expect(turns[2]?.failed).toBe(1);
    expect(turns[2]).toMatchObject({ requests: 0, cost: 0, unpriced: 0 });
    expect(turnsOf(entries.slice(1))[0]?.number).toBe(1);
    expect(turnsOf([])).toEqual([]);
  });

  it('cost what is known, and nothing that is not known', () => {
    const prompt = entry('prompt', 0);
    const [priced, unpriced] = [entry('request', 1, { cost_microusd: 5 }), entry('request', 2)];
    const failed = entry('request', 3, { status: 'error' });
    const cost = (...own: Entry[]) => turnsOf([prompt, ...own]).map(({ cost, unpriced }) => [cost, unpriced])[0];
    expect(cost(priced, failed, entry('request', 4, { status: 'retried' }))).toEqual([5, 0]);
    expect(cost(failed)).toEqual([0, 0]);
    expect(cost(priced, unpriced)).toEqual([5, 1]);
    expect(cost(unpriced)).toEqual([null, 1]);
    expect(cost()).toEqual([0, 0]);
    expect(tokensOf(failed)).toBeNull();
    expect(tokensOf(entry('request', 1, { input_tokens: 0, cache_read_tokens: 7 }))).toBe(7);
  });

  it('show what is chosen, and their head only when folded', () => {
    const turns = turnsOf(entries);
    expect(rowsOf(entries, turns, ALL).length).toBe(entries.length + turns.length);
    const folded = rowsOf(entries, turns, { ...ALL, folded: new Set([1]) });
    expect(folded.length).toBe(entries.length + turns.length - 4);
    const bad = rowsOf(entries, turns, { ...ALL, onlyBad: true });
    expect(bad.map((row) => row.entry)).toEqual([null, 4, null, 6]);
    const quiet = rowsOf(entries, turns, { ...ALL, hidden: new Set(['request']) });
    expect(quiet[0]?.turn.number).toBe(1);
  });

  it('tell the time since the start', () => {
    expect(sinceStart(0)).toBe('+0:00');
    expect(sinceStart(65_400)).toBe('+1:05');
    expect(sinceStart(3_600_000 * 25 + 61_000)).toBe('+25:01:01');
  });
});

describe('lanes', () => {
  const lanes = lanesOf(entries, ALL);

  it('are by what it was, and one for each subagent', () => {
    expect(lanes.map(({ name }) => name)).toEqual(['Prompts', 'Requests', 'Tools', 'Explore']);
    expect(lanes.reduce((sum, { bars }) => sum + bars.length, 0)).toBe(entries.length);
  });

  it('put what overlaps below each other, and what does not into one row', () => {
    const tools = lanes.find(({ id }) => id === 'tool_call');
    expect(tools?.bars.map(({ row }) => row)).toEqual([0, 1]);
    expect(lanes.find(({ id }) => id === 'request')?.rows).toBe(1);
  });

  it('never have more than a few rows, and share one lane among many subagents', () => {
    const many = Array.from({ length: 40 }, (_, at) =>
      entry('tool_call', 100, { duration_ms: 5000, subagent: `a${at}` }),
    );
    expect(lanesOf(many, ALL).length).toBe(7);
    const same = Array.from({ length: 40 }, () => entry('tool_call', 100, { duration_ms: 5000 }));
    expect(lanesOf(same, ALL)[0]?.rows).toBe(4);
  });

  it('take a duration from where it began', () => {
    expect(spanOf(entries[2]!)).toEqual({ start: START + 16_000, end: START + 20_000 });
    expect(spanOf(entries[1]!)).toEqual({ start: START + 10_000, end: START + 10_000 });
  });
});

describe('the time axis', () => {
  const lanes = lanesOf(entries, ALL);
  const stretches = stretchesOf(lanes);

  it('folds a long pause, and only that', () => {
    expect(stretches.map(({ isPause }) => isPause)).toEqual([false, true, false]);
    expect(stretches[1]!.to - stretches[1]!.from).toBeLessThan(60_000);
    expect(stretchesOf(lanes, false).length).toBe(1);
    expect(stretchesOf([])).toEqual([]);
  });

  it('goes there and back', () => {
    for (const seconds of [0, 10, 17.5, 25, 600, 604.5, 605]) {
      const at = START + seconds * 1000;
      expect(momentAt(drawnAt(at, stretches), stretches)).toBeCloseTo(at, 3);
    }
    expect(drawnAt(START, stretches)).toBe(0);
    expect(drawnAt(START + 1e9, stretches)).toBe(stretches.at(-1)!.to);
  });

  it('keeps the order of things', () => {
    const drawn = entries.map(({ at }) => drawnAt(Date.parse(at), stretches));
    expect(drawn).toEqual([...drawn].sort((one, two) => one - two));
  });

  it('names few moments, none in a pause', () => {
    const ticks = ticksOf(stretches, 0, stretches.at(-1)!.to, 8);
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks.length).toBeLessThanOrEqual(8);
    for (const tick of ticks) expect(tick > START + 25_000 && tick < START + 600_000).toBe(false);
    expect(stepOf(60_000, 6)).toBe(10_000);
    expect(stepOf(86_400_000 * 30, 6)).toBe(5 * 86_400_000);
  });

  it('finds what is pointed at', () => {
    const placed = placeLanes(lanes);
    const scene: Scene = {
      lanes: placed,
      stretches,
      from: 0,
      to: stretches.at(-1)!.to,
      width: 1000,
      height: sizeOf(placed),
    };
    for (const lane of placed) {
      for (const bar of lane.bars) {
        const { x, wide } = extentOf(bar, scene);
        expect(barAt(scene, x + wide / 2, lane.top + 4 + bar.row * 13 + 5)?.place).toBe(bar.place);
      }
    }
    expect(barAt(scene, 500, 2)).toBeNull();
  });
});

describe('entries', () => {
  const told = (timeline: Entry[], offset: number, total: number): OneSession =>
    ({
      session: { id: 's' },
      entries: {},
      timeline,
      timeline_total: total,
      next_offset: offset + timeline.length < total ? offset + timeline.length : null,
    }) as unknown as OneSession;

  const from = (total: number) => {
    const asked: string[] = [];
    const fetch = (url: string) => {
      asked.push(url);
      const offset = Number(new URL(url, 'http://x').searchParams.get('offset') ?? 0);
      const timeline = Array.from({ length: Math.min(1000, total - offset) }, (_, at) => entry('request', offset + at));
      return Promise.resolve(told(timeline, offset, total));
    };
    return { asked, fetch };
  };

  it('are fetched page after page, each once', async () => {
    const { asked, fetch } = from(20_150);
    const held = new Entries(fetch);
    await held.load('s_1/2', 'Europe/Berlin');
    expect(held.entries.length).toBe(20_150);
    expect(held.pending).toBe(false);
    expect(asked.length).toBe(21);
    expect(asked[0]).toContain('/api/v1/sessions/s_1%2F2?');
    await held.load('s_1/2', 'Europe/Berlin');
    expect(asked.length).toBe(22); // nothing new came: the first page tells
  });

  it('end at what can be held, and say how many there are', async () => {
    const { asked, fetch } = from(MOST_ENTRIES + 5000);
    const held = new Entries(fetch);
    await held.load('s', null);
    expect(asked.length).toBe(MOST_ENTRIES / 1000);
    expect(held.entries.length).toBe(MOST_ENTRIES);
    expect(held.total).toBe(MOST_ENTRIES + 5000);
  });

  it('stay when a later question fails', async () => {
    let fails = false;
    const { fetch } = from(10);
    const held = new Entries((url) => (fails ? Promise.reject(new Error('x')) : fetch(url)));
    await held.load('s', null);
    fails = true;
    await held.load('s', null);
    expect(held.entries.length).toBe(10);
    expect(held.problem).not.toBeNull();
  });
});

describe('tables', () => {
  it('leave out what is nothing everywhere, and keep unknown as unknown', () => {
    const sheet = sheetOfRecords([
      { model: null, requests: 2, api_errors: 0, tokens: 1, cost_microusd: null },
      { model: 'a', requests: 0, api_errors: 0, tokens: 7, cost_microusd: 5 },
      { model: 'b', requests: 0, api_errors: 0, tokens: 0, cost_microusd: null },
    ]);
    expect(sheet.columns.map(({ name }) => name)).toEqual(['model', 'requests', 'cost_microusd', 'tokens']);
    expect(sheet.rows).toEqual([
      [null, 2, null, 1],
      ['a', 0, 5, 7],
    ]);
  });

  it('say who saw how much', () => {
    const seen = { seen_by: { requests: { otel_log: 3 }, tool_calls: { transcript: 2 }, prompts: {} } };
    expect(sourcesOf(seen as unknown as OneSession)).toBe('OTel events, Transcript');
    expect(sheetOfSources(seen as unknown as OneSession).rows).toEqual([
      ['OTel events', 3, 0],
      ['Transcript', 0, 2],
    ]);
  });
});
