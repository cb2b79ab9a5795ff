import { describe, expect, it } from 'vitest';
import { csvOf } from '../../lib/answers';
import { COLUMNS, columnsFor, nextOrder, sheetOfSessions, sortedBy, tracksOf, type Session } from './columns';
import { fetchAll } from './download';
import { scoreText, textsOf } from './texts';

const session = (more: Partial<Session>): Session =>
  ({
    id: 's_1',
    agent: 'codex',
    project: null,
    started_at: '2026-11-20T17:56:54.171000Z',
    ended_at: '2026-11-20T18:14:11.649000Z',
    duration_seconds: 1037.478,
    models: [],
    prompts: 1,
    requests: 0,
    total_tokens: 450_282,
    cost_usd: null,
    cost_microusd: null,
    tool_calls: 12_345,
    tool_errors: 0,
    lines_added: 0,
    lines_removed: 0,
    commits: 0,
    score: null,
    ...more,
  }) as Session;

describe('columns', () => {
  it('go one by one as room goes, those that matter most last', () => {
    expect(columnsFor(200)).toEqual(COLUMNS);
    expect(columnsFor(86).length).toBe(COLUMNS.length); // a window of 1440 pixels has all
    const narrow = columnsFor(36).map(({ id }) => id);
    expect(narrow).toContain('cost');
    expect(narrow[0]).toBe('started');
    expect(narrow).not.toContain('score');
    for (let rem = 10; rem < 100; rem += 1)
      expect(columnsFor(rem).reduce((sum, column) => sum + column.rem, 0)).toBeLessThanOrEqual(rem);
  });

  it('fill the width', () => {
    expect(tracksOf(columnsFor(36)).split(' minmax').length).toBe(columnsFor(36).length);
  });

  it('make room beside the start for the badge of what runs', () => {
    expect(tracksOf(columnsFor(36), 5).split(' ')[0]).toBe('minmax(15rem,');
    expect(tracksOf(columnsFor(36)).split(' ')[0]).toBe('minmax(10rem,');
  });

  it('are ordered falling first, then rising', () => {
    expect(nextOrder('-started_at', 'cost_usd')).toBe('-cost_usd');
    expect(nextOrder('-cost_usd', 'cost_usd')).toBe('cost_usd');
    expect(nextOrder('cost_usd', 'cost_usd')).toBe('-cost_usd');
    expect(sortedBy('-cost_usd', 'cost_usd')).toBe('descending');
    expect(sortedBy('cost_usd', 'cost_usd')).toBe('ascending');
    expect(sortedBy('cost_usd', 'score')).toBeUndefined();
    expect(sortedBy('cost_usd', null)).toBeUndefined();
  });
});

describe('the file', () => {
  it('has unknown as nothing, and no text that a spreadsheet would run', () => {
    const csv = csvOf(sheetOfSessions([session({ project: '=cmd|calc', models: ['a', 'b'] })]));
    const [head, line] = csv.split('\r\n');
    expect(head).toContain('cost_usd');
    expect(line).toContain("'=cmd|calc");
    expect(line).toContain('a b');
    const at = head!.split(',').indexOf('cost_usd');
    expect(line!.split(',')[at]).toBe('');
  });

  it('has every session once, also where the list moved on between two pages', async () => {
    const all = Array.from({ length: 1200 }, (_, at) => session({ id: `s_${at}` }));
    let asked = 0;
    const told: number[] = [];
    const made = await fetchAll(
      [],
      new AbortController().signal,
      (count) => told.push(count),
      (parameters) => {
        const offset = Number(new Map(parameters.map(([name, value]) => [name, value])).get('offset'));
        if (asked++ === 1) all.unshift(session({ id: 's_new' }));
        const sessions = all.slice(offset, offset + 500);
        const next = offset + 500 < all.length ? offset + 500 : null;
        return Promise.resolve({ sessions, total: all.length, reasons: {}, window: { tz: 'UTC' }, next_offset: next });
      },
    );
    expect(made.sessions.length).toBe(1200);
    expect(new Set(made.sessions.map(({ id }) => id)).size).toBe(1200);
    expect(told.at(-1)).toBe(1200);
  });

  it('ends at what it may hold', async () => {
    const made = await fetchAll(
      [],
      new AbortController().signal,
      () => undefined,
      (parameters) => {
        const offset = Number(new Map(parameters.map(([name, value]) => [name, value])).get('offset'));
        const sessions = Array.from({ length: 500 }, (_, at) => session({ id: `s_${offset + at}` }));
        return Promise.resolve({
          sessions,
          total: 99_999,
          reasons: {},
          window: { tz: 'UTC' },
          next_offset: offset + 500,
        });
      },
      700,
    );
    expect(made.sessions.length).toBe(700);
    expect(made.total).toBe(99_999);
  });
});

describe('texts', () => {
  it('are in the zone of the answer, and unknown is a dash', () => {
    const texts = textsOf(session({}), 'Asia/Tokyo');
    expect(texts.started).toBe('Sat 21 Nov 02:56');
    expect(texts.cost).toBe('–');
    expect(texts.score).toBe('–');
    expect(texts.project).toBe('unknown');
    expect(texts.models).toBe('–');
    expect(texts.calls).toBe('12.3 k');
  });

  it('follow the zone', () => {
    const one = session({});
    expect(textsOf(one, 'UTC').started).toBe('Fri 20 Nov 17:56');
    expect(textsOf(one, 'Europe/Berlin').started).toBe('Fri 20 Nov 18:56');
  });

  it('name further models by their number', () => {
    expect(textsOf(session({ models: ['a', 'b', 'c'] }), 'UTC').models).toBe('a +2');
  });

  it('have a score of one digit', () =>
    expect([scoreText(7.88), scoreText(10), scoreText(null)]).toEqual(['7.88', '10', '–']));
});
