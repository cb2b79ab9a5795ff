/** The right to change something: a key that came in the page's address, handed in once for a token of this tab. */

import { Problem, tell } from './api';

/** What of a window is needed: tests bring another. */
export type Surroundings = Pick<Window, 'location' | 'history' | 'sessionStorage' | 'addEventListener'>;

const STORED = 'tachograph-page-token';

/** What to do when the page may not change anything. */
export const HOW_TO_GET_A_KEY = 'Run `tachograph open` in a terminal: it opens this page with a new key.';

/** The key in a fragment such as `#/setup?range=30d&key=K` ('' for an empty one), and the rest of it; null without one. */
export function takeKey(hash: string): { readonly key: string; readonly rest: string } | null {
  const [path = '', search = ''] = hash.split(/\?(.*)/s);
  const given = search.split('&');
  const others = given.filter((part) => part.split('=')[0] !== 'key');
  if (others.length === given.length) return null;
  return {
    key: new URLSearchParams(search).get('key') ?? '',
    rest: others.length ? `${path}?${others.join('&')}` : path,
  };
}

/** Whether the page may change things. The token is good for consent, setup/otel and setup/plugin only. */
export class PageKey {
  /** Null: this page only shows. */
  token = $state<string | null>(null);
  /** Why the last key, or the token, was not taken; null while nothing is wrong. */
  problem = $state.raw<Problem | null>(null);
  /** A key is being handed in. */
  pending = $state(false);

  #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
    this.token = this.#stored();
    void this.#redeem();
    around.addEventListener('hashchange', () => void this.#redeem());
  }

  /** What a change answers. Raises Problem; a token that is not taken any more is dropped. */
  async change<T>(url: string, body: unknown): Promise<T> {
    const used = this.token;
    try {
      return await tell<T>(url, body, used);
    } catch (error) {
      if (error instanceof Problem) this.refused(error, used);
      throw error;
    }
  }

  /** For whoever calls `tell` by itself: a 401 drops the token that was sent. */
  refused(problem: Problem, used: string | null): void {
    if (problem.status !== 401 || used === null || used !== this.token) return;
    this.#keep(null);
    this.problem = new Problem(
      'This page may no longer change anything: the server was started anew, or 12 hours are over.',
      {
        code: problem.code,
        hint: HOW_TO_GET_A_KEY,
        status: problem.status,
      },
    );
  }

  /** The key leaves the address before anything else: handed in a second time it would end the token. */
  async #redeem(): Promise<void> {
    const { location, history } = this.#around;
    const taken = takeKey(location.hash);
    if (taken === null) return;
    history.replaceState(null, '', `${location.pathname}${location.search}${taken.rest || '#/'}`);
    if (!taken.key) return;
    this.pending = true;
    try {
      const { token } = await tell<{ token: string }>('/api/v1/page-keys/redeem', { key: taken.key });
      this.#keep(token);
      this.problem = null;
    } catch (error) {
      this.problem = error instanceof Problem ? inPlainWords(error) : new Problem('The key could not be used.');
    } finally {
      this.pending = false;
    }
  }

  #stored(): string | null {
    try {
      return this.#around.sessionStorage.getItem(STORED);
    } catch {
      return null; // a browser that keeps nothing
    }
  }

  #keep(token: string | null): void {
    this.token = token;
    try {
      if (token === null) this.#around.sessionStorage.removeItem(STORED);
      else this.#around.sessionStorage.setItem(STORED, token);
    } catch {
      // it holds until the page is reloaded
    }
  }
}

/** What a refusal means to the person. */
function inPlainWords(problem: Problem): Problem {
  const { code, status } = problem;
  if (status === 429) {
    return new Problem('Too many keys were tried. This page only shows for now.', {
      code,
      status,
      hint: 'Wait a minute, then run `tachograph open` again.',
    });
  }
  if (status === 401) {
    return new Problem('The key in the address is not good any more: it holds for a minute and for one page.', {
      code,
      status,
      hint: `${HOW_TO_GET_A_KEY} If nobody used that key before, somebody else on this machine may have.`,
    });
  }
  return problem;
}

export const pageKey = new PageKey(window);
