import { describe, expect, it } from 'vitest';
import { Problem, type Parameters } from '../../lib/api';
import { MOST_PAGES, PAGE, Pager, type Page } from './pager.svelte';

interface Row {
  readonly id: string;
  readonly agent: string;
}

/** A server with a list that can change; it remembers what it was asked. */
function server(count: number) {
  const held = { rows: Array.from({ length: count }, (_, at) => row(at)), asked: [] as number[], open: 0, most: 0 };
  const fetch = async (parameters: Parameters, signal: AbortSignal): Promise<Page<Row>> => {
    const given = new Map(parameters.map(([name, value]) => [name, value]));
    const [offset, limit] = [Number(given.get('offset')), Number(given.get('limit'))];
    held.asked.push(offset);
    await Promise.resolve();
    if (signal.aborted) throw signal.reason;
    if (given.get('order') === 'nonsense') throw new Problem('no such order', { status: 400 });
    return {
      sessions: held.rows.slice(offset, offset + limit),
      total: held.rows.length,
      reasons: {},
      window: { tz: 'UTC' },
    };
  };
  return { held, fetch };
}

const row = (at: number | string): Row => ({ id: `s_${at}`, agent: 'a' });
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('a list of pages', () => {
  it('has the first page, and asks for those in sight and ahead', async () => {
    const { held, fetch } = server(10_000);
    const pager = new Pager(fetch);
    await pager.ask([]);
    expect(pager.total).toBe(10_000);
    expect(pager.row(99)?.id).toBe('s_99');
    expect(pager.row(100)).toBeNull();
    pager.see({ first: 80, end: 120 });
    await settled();
    expect(pager.row(119)?.id).toBe('s_119');
    expect(held.asked).toEqual([0, 100, 200, 300]);
  });

  it('never holds more pages than it may, and has those in sight', async () => {
    const { held, fetch } = server(10_000);
    const pager = new Pager(fetch);
    await pager.ask([]);
    for (let first = 0; first < 9_900; first += 150) {
      pager.see({ first, end: first + 30 });
      await settled();
      expect(pager.held).toBeLessThanOrEqual(MOST_PAGES);
      expect(pager.row(first + 29)?.id).toBe(`s_${first + 29}`);
    }
    expect(pager.row(0)).toBeNull();
    expect(new Set(held.asked).size).toBe(held.asked.length); // no page is asked for twice on the way down
  });

  it('asks no further for what was scrolled past', async () => {
    const { fetch } = server(10_000);
    const pager = new Pager(fetch);
    await pager.ask([]);
    pager.see({ first: 3000, end: 3030 });
    pager.see({ first: 9000, end: 9030 });
    await settled();
    expect(pager.row(3000)).toBeNull();
    expect(pager.row(9029)?.id).toBe('s_9029');
  });

  it('says by how much what is in sight moved when new rows come in above', async () => {
    const { held, fetch } = server(1000);
    const pager = new Pager(fetch);
    await pager.ask([]);
    pager.see({ first: 250, end: 280 });
    await settled();
    held.rows.unshift(row('new1'), row('new2'), row('new3'));
    expect(await pager.renew([])).toBe(3);
    expect(pager.row(253)?.id).toBe('s_250');
    held.rows.splice(0, 2);
    pager.see({ first: 253, end: 283 });
    expect(await pager.renew([])).toBe(-2);
    expect(pager.row(251)?.id).toBe('s_250');
  });

  it('finds the row also where a page or more came in', async () => {
    const { held, fetch } = server(1000);
    const pager = new Pager(fetch);
    await pager.ask([]);
    pager.see({ first: 250, end: 280 });
    await settled();
    held.rows.unshift(...Array.from({ length: 3 * PAGE + 7 }, (_, at) => row(`new${at}`)));
    expect(await pager.renew([])).toBe(3 * PAGE + 7);
  });

  it('moves nothing for what came in while it was scrolled on', async () => {
    const { held, fetch } = server(10_000);
    const pager = new Pager(fetch);
    await pager.ask([]);
    pager.see({ first: 50, end: 80 });
    held.rows.unshift(row('new'));
    const renewed = pager.renew([]);
    pager.see({ first: 4000, end: 4030 });
    expect(await renewed).toBe(1);
    await settled();
    expect(pager.row(4001)?.id).toBe('s_4000');
  });

  it('stays at the top where that is in sight, so that new rows are seen', async () => {
    const { held, fetch } = server(300);
    const pager = new Pager(fetch);
    await pager.ask([]);
    pager.see({ first: 0, end: 30 });
    held.rows.unshift(row('new'));
    expect(await pager.renew([])).toBe(0);
    expect(pager.row(0)?.id).toBe('s_new');
    expect(pager.total).toBe(301);
  });

  it('keeps what it has when the server does not answer, and says so', async () => {
    const { fetch } = server(300);
    const pager = new Pager(fetch);
    await pager.ask([]);
    expect(await pager.renew([['order', 'nonsense']])).toBe(0);
    expect(pager.problem?.message).toBe('no such order');
    expect(pager.row(0)?.id).toBe('s_0');
    await pager.renew([]);
    expect(pager.problem).toBeNull();
  });

  it('forgets everything for another question', async () => {
    const { fetch } = server(300);
    const pager = new Pager(fetch);
    await pager.ask([]);
    await pager.ask([['order', 'nonsense']]);
    expect(pager.total).toBeNull();
    expect(pager.row(0)).toBeNull();
    expect(pager.problem).not.toBeNull();
  });

  it('takes no late page of an older question', async () => {
    const waits: (() => void)[] = [];
    const { fetch } = server(300);
    const late = server(500);
    let isLate = true;
    const pager = new Pager<Row>(async (parameters) => {
      const own = isLate ? late.fetch : fetch;
      if (isLate) await new Promise<void>((resolve) => waits.push(resolve));
      return own(parameters, new AbortController().signal); // a server that does not hear of the abort
    });
    const first = pager.ask([]);
    isLate = false;
    await pager.ask([]);
    waits.forEach((resolve) => resolve());
    await first;
    expect(pager.total).toBe(300);
  });

  it('takes no late failure of an older question', async () => {
    const { fetch } = server(300);
    const waits: (() => void)[] = [];
    const pager = new Pager<Row>(async (parameters, signal) => {
      await new Promise<void>((resolve) => waits.push(resolve));
      return fetch(parameters, signal);
    });
    const first = pager.ask([['order', 'nonsense']]);
    const second = pager.ask([]);
    waits.reverse().forEach((resolve) => resolve());
    await Promise.all([first, second]);
    expect(pager.problem).toBeNull();
    expect(pager.total).toBe(300);
  });
});
