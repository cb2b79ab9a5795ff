import { describe, expect, it } from 'vitest';
import type { Parameters } from '../../lib/api';
import type { Session } from '../sessions/columns';
import { compareSessions, findNeighbours } from './neighbours';

const START = Date.parse('2026-11-20T00:00:00Z');

const session = (at: number, more: Partial<Session> = {}): Session =>
  ({
    id: `s_${String(at).padStart(6, '0')}`,
    agent: 'a',
    started_at: new Date(START - at * 60_000).toISOString(),
    cost_microusd: at % 5 ? (at * 7919) % 1000 : null,
    lines_added: at % 3,
    lines_removed: 0,
    ...more,
  }) as Session;

function server(order: string, count = 12_000) {
  const rows = Array.from({ length: count }, (_, at) => session(at));
  rows.sort((one, two) => compareSessions(one, two, order));
  let asked = 0;
  const fetch = (parameters: Parameters) => {
    asked += 1;
    const given = new Map(parameters.map(([name, value]) => [name, Number(value)]));
    const offset = given.get('offset') ?? 0;
    const sessions = rows.slice(offset, offset + (given.get('limit') ?? 50));
    return Promise.resolve({ sessions, total: rows.length, reasons: {}, window: { tz: 'UTC' } });
  };
  return { rows, fetch, asked: () => asked };
}

const signal = new AbortController().signal;

describe('neighbours in the list', () => {
  it.each(['-started_at', 'started_at', '-cost_usd', 'cost_usd', '-lines_changed'])(
    'are found by %s',
    async (order) => {
      const { rows, fetch } = server(order);
      for (const place of [0, 1, 99, 100, 101, 2500, 6001, 9599, 11_899, 11_900, 11_998, 11_999]) {
        const found = await findNeighbours(rows[place]!, order, [], fetch, signal);
        expect(found?.place).toBe(place);
        expect(found?.total).toBe(12_000);
        expect(found?.before?.id).toBe(rows[place - 1]?.id);
        expect(found?.after?.id).toBe(rows[place + 1]?.id);
      }
    },
  );

  it('take a dozen questions at most', async () => {
    const { rows, fetch, asked } = server('-started_at');
    await findNeighbours(rows[7777]!, '-started_at', [], fetch, signal);
    expect(asked()).toBeLessThanOrEqual(12);
  });

  it('are none where the list does not have the session', async () => {
    const { fetch } = server('-started_at');
    expect(await findNeighbours(session(500, { id: 's_other' }), '-started_at', [], fetch, signal)).toBeNull();
    expect(await findNeighbours(session(-5), '-started_at', [], fetch, signal)).toBeNull();
    expect(await findNeighbours(session(99_999), '-started_at', [], fetch, signal)).toBeNull();
    expect(await findNeighbours(session(0), '-started_at', [], server('-started_at', 0).fetch, signal)).toBeNull();
  });

  it('are ordered as the server does: unknown last either way, then the last begun, to the microsecond', () => {
    const [known, unknown] = [session(1), session(5)];
    expect(compareSessions(known, unknown, 'cost_usd')).toBeLessThan(0);
    expect(compareSessions(known, unknown, '-cost_usd')).toBeLessThan(0);
    const early = session(1, { started_at: '2026-11-20T00:00:00.000001Z', cost_microusd: 1 });
    const late = session(2, { started_at: '2026-11-20T00:00:00.000002Z', cost_microusd: 1 });
    expect(compareSessions(late, early, '-cost_usd')).toBeLessThan(0);
    expect(compareSessions(early, late, 'started_at')).toBeLessThan(0);
  });
});
