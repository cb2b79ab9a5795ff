/** What happened in one session, all of it, fetched page after page; a new answer takes the older one's place when it is whole. */

import { ask, Problem, urlOf } from '../../lib/api';
import type { components } from '../../lib/schema';

export type OneSession = components['schemas']['OneSession'];
export type Entry = components['schemas']['Entry'];

export const PAGE = 1000; // the most that the server gives
/** More than this is not held: it would be more than a person can look through, and than a browser likes. */
export const MOST_ENTRIES = 50_000;

type Fetch = (url: string, signal: AbortSignal) => Promise<OneSession>;

export class Entries {
  /** The session's answer but for the timeline's pages; null before the first. */
  told = $state.raw<OneSession | null>(null);
  entries = $state.raw<readonly Entry[]>([]);
  /** All that there are, which can be more than are held. */
  total = $state(0);
  problem = $state.raw<Problem | null>(null);
  pending = $state(false);
  at = $state<number | null>(null);
  /** The address of the first page. */
  answered = $state('');

  #abort: AbortController | null = null;
  readonly #fetch: Fetch;

  constructor(fetch: Fetch = (url, signal) => ask<OneSession>(url, signal)) {
    this.#fetch = fetch;
  }

  async load(id: string, tz: string | null): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.pending = true;
    try {
      const first = await this.#page(id, tz, 0, abort.signal);
      if (abort.signal.aborted) return;
      const known = this.entries.length;
      const same = this.told !== null && signatureOf(first) === signatureOf(this.told) && known > 0;
      this.told = first;
      this.total = first.timeline_total;
      this.answered = addressOf(id, tz, 0);
      this.at = Date.now();
      this.problem = null;
      if (same) return;
      const entries = [...first.timeline];
      const shows = known === 0; // else what is shown stays until the new is whole
      if (shows) this.entries = [...entries];
      for (let next = first.next_offset; next !== null && entries.length < MOST_ENTRIES;) {
        const page = await this.#page(id, tz, next, abort.signal);
        if (abort.signal.aborted) return;
        entries.push(...page.timeline);
        if (shows && entries.length >= 2 * this.entries.length) this.entries = [...entries]; // each time twice as many
        next = page.next_offset;
      }
      this.entries = entries.slice(0, MOST_ENTRIES);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.problem = Problem.of(error);
    } finally {
      if (this.#abort === abort) this.pending = false;
    }
  }

  stop(): void {
    this.#abort?.abort();
  }

  #page(id: string, tz: string | null, offset: number, signal: AbortSignal): Promise<OneSession> {
    return this.#fetch(addressOf(id, tz, offset), signal);
  }
}

function addressOf(id: string, tz: string | null, offset: number): string {
  return urlOf(`/api/v1/sessions/${encodeURIComponent(id)}`, [
    ['limit', String(PAGE)],
    ...(offset ? [['offset', String(offset)] as const] : []),
    ...(tz ? [['tz', tz] as const] : []),
  ]);
}

/** Whether something came to it since. */
function signatureOf(told: OneSession): string {
  return JSON.stringify([told.session, told.entries, told.timeline_total, told.timeline.at(-1)]);
}
