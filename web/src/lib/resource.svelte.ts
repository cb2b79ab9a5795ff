/** An answer that is asked for again when its address changes or something came in. */

import { ask, Problem } from './api';
import { live } from './live.svelte';

export type State = 'loading' | 'ready' | 'error' | 'stale';

/** At most one question at a time: a newer one takes the older one's place. */
export class Resource<T> {
  data = $state.raw<T | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** The address that was answered; what is on its way may be another. */
  answered = $state('');
  pending = $state(false);
  /** When the answer came, in ms since 1970. */
  at = $state<number | null>(null);

  #abort: AbortController | null = null;

  /** stale: an older answer, because the newest question failed. */
  get state(): State {
    if (this.problem !== null) return this.data === null ? 'error' : 'stale';
    return this.data === null ? 'loading' : 'ready';
  }

  /** Ask; `keep` shows the older answer until the new one is there. */
  async load(url: string, keep = true): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.pending = true;
    if (!keep) this.data = null;
    try {
      const data = await ask<T>(url, abort.signal);
      if (abort.signal.aborted) return;
      this.data = data;
      this.answered = url;
      this.at = Date.now();
      this.problem = null;
    } catch (error) {
      if (abort.signal.aborted) return;
      // What answers another question, such as without a filter, must not stand there as if it answered this one.
      if (this.data !== null && questionOf(url) !== questionOf(this.answered)) this.data = null;
      this.problem = Problem.of(error);
    } finally {
      if (this.#abort === abort) this.pending = false;
    }
  }

  stop(): void {
    this.#abort?.abort();
  }

  /** Nothing is asked any more: what was answered is of no question that stands there. */
  clear(): void {
    this.stop();
    this.data = null;
    this.problem = null;
    this.answered = '';
    this.at = null;
  }
}

const MOMENT = /^\d{4}-\d{2}-\d{2}T/;

/** What an address asks, whenever it is asked: a window that ends now is told by its length. */
export function questionOf(url: string): string {
  const [path = '', search = ''] = url.split(/\?(.*)/s);
  const asked = new URLSearchParams(search);
  const [since, until] = [asked.get('since') ?? '', asked.get('until') ?? ''];
  if (MOMENT.test(since) && MOMENT.test(until)) {
    asked.set('since', String(Date.parse(until) - Date.parse(since)));
    asked.delete('until');
  }
  return `${path}?${asked.toString()}`;
}

/** For `follow`: what comes in does not change the answer. */
export const ONCE = (): null => null;

/**
 * A resource that follows an address: call while a component is set up. `url` may read any state; null asks nothing,
 * and nothing is answered then.
 * It is asked when the address is another text, and when what `again` gives changes: without it, whenever something
 * came in. So a change of the page that asks nothing new, such as a dialog, costs no request.
 */
export function follow<T>(url: () => string | null, again: () => unknown = () => live.generation): Resource<T> {
  const resource = new Resource<T>();
  const wanted = $derived(url());
  $effect(() => {
    again();
    if (wanted !== null) void resource.load(wanted);
    else resource.clear();
    return () => resource.stop();
  });
  return resource;
}
