/** Which sessions stand before and after one in the list that the address describes. */

import type { Parameters } from '../../lib/api';
import type { Session } from '../sessions/columns';
import type { FetchPage } from '../sessions/pager.svelte';

export interface Neighbours {
  readonly place: number;
  readonly total: number;
  readonly before: Session | null;
  readonly after: Session | null;
}

const PAGE = 100;
const MOST_STEPS = 24; // enough for any list that the server pages through

/** Null where the list does not have it. A dozen small questions at most: the list is halved until the page is found. */
export async function findNeighbours(
  own: Pick<Session, 'id' | 'agent'> & Partial<Session>,
  order: string,
  scope: Parameters,
  fetch: FetchPage<Session>,
  signal: AbortSignal,
): Promise<Neighbours | null> {
  const get = (offset: number, limit: number) =>
    fetch([...scope, ['limit', String(limit)], ['offset', String(Math.max(0, offset))]], signal);
  let [low, high] = [0, Infinity];
  let offset = 0; // the first page tells how many there are, and is where most look
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const page = await get(offset, PAGE);
    const rows = page.sessions;
    high = Math.min(high, page.total);
    const at = rows.findIndex(({ id, agent }) => id === own.id && agent === own.agent);
    if (at >= 0) {
      const place = offset + at;
      const one = async (index: number): Promise<Session | null> =>
        index < 0 || index >= page.total ? null : (rows[index - offset] ?? (await get(index, 1)).sessions[0] ?? null);
      return { place, total: page.total, before: await one(place - 1), after: await one(place + 1) };
    }
    const [first, last] = [rows[0], rows.at(-1)];
    if (first === undefined || last === undefined) return null;
    if (compareSessions(own as Session, first, order) < 0) high = offset;
    else if (compareSessions(own as Session, last, order) > 0) low = offset + rows.length;
    else return null;
    if (low >= high) return null;
    offset = Math.max(low, Math.min(high - 1, Math.floor((low + high) / 2)) - PAGE / 2);
  }
  return null;
}

/** As the server orders them: by a field, unknown last, then the last begun first, then by id. */
export function compareSessions(one: Session, two: Session, order: string): number {
  const name = order.replace(/^-/, '');
  const [a, b] = [keyOf(one, name), keyOf(two, name)];
  if (a === null || b === null) {
    if (a !== b) return a === null ? 1 : -1;
  } else if (a !== b) {
    return a < b === order.startsWith('-') ? 1 : -1;
  }
  const begun = keyOf(two, 'started_at')! - keyOf(one, 'started_at')!;
  if (begun) return begun;
  return one.id < two.id ? -1 : one.id > two.id ? 1 : 0;
}

function keyOf(session: Session, name: string): number | null {
  if (name === 'started_at' || name === 'ended_at') return microsecondsOf(session[name]);
  if (name === 'lines_changed') return session.lines_added + session.lines_removed;
  if (name === 'cost_usd') return session.cost_microusd;
  return (session[name as keyof Session] ?? null) as number | null;
}

/** To the microsecond, as the server orders; a Date has milliseconds only. */
function microsecondsOf(iso: string): number {
  const part = /\.\d{3}(\d{1,3})/.exec(iso)?.[1] ?? '';
  return Date.parse(iso) * 1000 + Number(part.padEnd(3, '0') || 0);
}
