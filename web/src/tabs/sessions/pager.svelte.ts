/** A long list of the server's, of which only some pages are held: those around what is in sight. */

import { Problem, type Parameters } from '../../lib/api';
import type { Range } from '../../parts/rows';

export interface Page<Row> {
  readonly sessions: readonly Row[];
  readonly total: number;
  readonly reasons: Readonly<Record<string, string>>;
  readonly window: { readonly tz: string };
}

export type FetchPage<Row> = (parameters: Parameters, signal: AbortSignal) => Promise<Page<Row>>;

export const PAGE = 100; // rows of a page
export const MOST_PAGES = 10;
const AHEAD = 2; // pages fetched before they are scrolled to

interface Named {
  readonly id: string;
  readonly agent: string;
}

/** Rows by their place in the list. What is not here yet is null, and asked for when it comes into sight. */
export class Pager<Row extends Named> {
  /** Of all pages; null before the first answer. */
  total = $state<number | null>(null);
  problem = $state.raw<Problem | null>(null);
  pending = $state(0);
  /** When the newest page came, in ms since 1970. */
  at = $state<number | null>(null);
  zone = $state<string | undefined>(undefined);
  /** Why a field is unknown, where it is. */
  reasons = $state.raw<Readonly<Record<string, string>>>({});
  /** What was asked, without the page. */
  scope = $state.raw<Parameters>([]);

  #pages = $state.raw<ReadonlyMap<number, readonly Row[]>>(new Map());
  #sight: Range = { first: 0, end: 0 };
  #asked = new Map<number, AbortController>();
  #round = 0;
  readonly #fetch: FetchPage<Row>;

  constructor(fetch: FetchPage<Row>) {
    this.#fetch = fetch;
  }

  get held(): number {
    return this.#pages.size;
  }

  row(index: number): Row | null {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE] ?? null;
  }

  /** The place of a row that is held; -1 where it is not. */
  placeOf(row: Named): number {
    return placeIn(this.#pages, row);
  }

  /** Another question: nothing of the older one stays. */
  async ask(scope: Parameters): Promise<void> {
    this.#abandon(() => true);
    this.#round += 1;
    this.scope = scope;
    this.#pages = new Map();
    this.total = null;
    this.#sight = { first: 0, end: 1 };
    await this.#load(0);
  }

  /** These rows are in sight: their pages and the next ones are fetched, those far away are dropped. */
  see(sight: Range): void {
    const down = sight.first >= this.#sight.first;
    this.#sight = sight;
    if (this.total === null || this.total === 0) return;
    const wanted = this.#wanted(down);
    this.#abandon((page) => !wanted.includes(page));
    for (const page of wanted) if (!this.#pages.has(page) && !this.#asked.has(page)) void this.#load(page);
  }

  /** The same question a moment later. Says by how many rows what was at the top of the sight moved down. */
  async renew(scope: Parameters): Promise<number> {
    if (this.total === null) return this.ask(scope).then(() => 0);
    const round = (this.#round += 1);
    this.#abandon(() => true);
    const { first, end } = this.#sight; // it may be scrolled on before the answer comes
    const anchor = first > 0 ? this.row(first) : null; // at the top, what is new is to be seen
    const pages = new Map<number, readonly Row[]>();
    let newest: Page<Row> | null = null;
    const load = async (page: number): Promise<void> => {
      if (page < 0 || pages.has(page)) return;
      newest = await this.#get(scope, page);
      pages.set(page, newest.sessions);
    };
    this.pending += 1;
    try {
      const last = Math.max(end - 1, 0);
      await Promise.all([...new Set([pageOf(first), pageOf(last)])].map(load));
      const came = ((newest as Page<Row> | null)?.total ?? this.total) - this.total;
      if (anchor && placeIn(pages, anchor) < 0) {
        const around = [pageOf(first + came), pageOf(last + came), pageOf(first) - 1];
        await Promise.all([...new Set(around)].map(load));
      }
      if (round !== this.#round || newest === null) return 0;
      const place = anchor ? placeIn(pages, anchor) : -1;
      this.#abandon(() => true); // pages of before that were asked for meanwhile
      this.scope = scope;
      this.#pages = pages;
      this.#note(newest);
      this.problem = null;
      return place < 0 ? 0 : place - first;
    } catch (error) {
      if (round === this.#round) this.problem = Problem.of(error);
      return 0;
    } finally {
      this.pending -= 1;
      if (round === this.#round) this.see(this.#sight);
    }
  }

  stop(): void {
    this.#round += 1;
    this.#abandon(() => true);
  }

  /** The pages in sight first, then the ones ahead. */
  #wanted(down: boolean): number[] {
    const last = pageOf(Math.max((this.total ?? 1) - 1, 0));
    const [top, bottom] = [pageOf(this.#sight.first), pageOf(Math.max(this.#sight.end - 1, 0))];
    const seen = top === bottom ? [top] : [top, bottom];
    const ahead = Array.from({ length: AHEAD }, (_, by) => (down ? bottom + 1 + by : top - 1 - by));
    return [...seen, ...ahead].filter((page) => page >= 0 && page <= last);
  }

  async #load(page: number): Promise<void> {
    const round = this.#round;
    const abort = new AbortController();
    this.#asked.set(page, abort);
    this.pending += 1;
    try {
      const answer = await this.#get(this.scope, page, abort.signal);
      if (abort.signal.aborted || round !== this.#round) return;
      const pages = new Map(this.#pages);
      pages.set(page, answer.sessions);
      this.#note(answer);
      this.#drop(pages);
      this.#pages = pages;
      this.problem = null;
    } catch (error) {
      if (!abort.signal.aborted && round === this.#round) this.problem = Problem.of(error);
    } finally {
      this.pending -= 1;
      if (this.#asked.get(page) === abort) this.#asked.delete(page);
    }
  }

  #get(scope: Parameters, page: number, signal = new AbortController().signal): Promise<Page<Row>> {
    return this.#fetch([...scope, ['limit', String(PAGE)], ['offset', String(page * PAGE)]], signal);
  }

  #note(answer: Page<Row>): void {
    this.total = answer.total;
    this.zone = answer.window.tz;
    this.reasons = { ...this.reasons, ...answer.reasons };
    this.at = Date.now();
  }

  /** Those furthest away go first. */
  #drop(pages: Map<number, readonly Row[]>): void {
    const middle = pageOf((this.#sight.first + this.#sight.end) / 2);
    const far = [...pages.keys()].sort((one, two) => Math.abs(two - middle) - Math.abs(one - middle));
    for (const page of far.slice(0, Math.max(0, far.length - MOST_PAGES))) pages.delete(page);
  }

  #abandon(which: (page: number) => boolean): void {
    for (const [page, abort] of this.#asked) {
      if (!which(page)) continue;
      this.#asked.delete(page);
      abort.abort();
    }
  }
}

function pageOf(index: number): number {
  return Math.floor(index / PAGE);
}

function placeIn<Row extends Named>(pages: ReadonlyMap<number, readonly Row[]>, row: Named): number {
  for (const [page, rows] of pages) {
    const at = rows.findIndex(({ id, agent }) => id === row.id && agent === row.agent);
    if (at >= 0) return page * PAGE + at;
  }
  return -1;
}
