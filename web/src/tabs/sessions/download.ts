/** All sessions of a question, page after page, for a file. */

import { ask, urlOf, type Parameters } from '../../lib/api';
import type { Session } from './columns';
import type { FetchPage, Page } from './pager.svelte';

/** A file has no more rows than this. */
export const MOST_ROWS = 100_000;
const AT_A_TIME = 500; // the most that the server gives

export const fetchSessions: FetchPage<Session> = (parameters, signal) =>
  ask<Page<Session>>(urlOf('/api/v1/sessions', parameters), signal);

export interface Fetched {
  readonly sessions: readonly Session[];
  /** How many there are, which can be more than were fetched. */
  readonly total: number;
}

/** Every session once, also where the list moved on between two pages. `told` hears how many there are so far. */
export async function fetchAll(
  scope: Parameters,
  signal: AbortSignal,
  told: (fetched: number, total: number) => void,
  fetch: FetchPage<Session> = fetchSessions,
  most = MOST_ROWS,
): Promise<Fetched> {
  const found = new Map<string, Session>();
  let total = 0;
  for (let offset: number | null = 0; offset !== null && found.size < most;) {
    const page: Page<Session> & { next_offset?: number | null } = await fetch(
      [...scope, ['limit', String(AT_A_TIME)], ['offset', String(offset)]],
      signal,
    );
    for (const session of page.sessions) found.set(`${session.agent} ${session.id}`, session);
    total = page.total;
    told(Math.min(found.size, most), total);
    offset = page.next_offset ?? null;
  }
  return { sessions: [...found.values()].slice(0, most), total };
}
