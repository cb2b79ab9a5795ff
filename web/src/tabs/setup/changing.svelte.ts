/** A change that is shown before it is made: the server says what it would do, the person agrees, it is done. */

import { Problem } from '../../lib/api';
import { pageKey } from '../../lib/page_key.svelte';

/** What the server tells of a change, made or not. */
export interface Change {
  readonly changed: boolean;
  readonly would_change: boolean;
}

export class Changing<T extends Change, Order extends object> {
  /** What it would do; null while nothing is asked for. */
  preview = $state.raw<T | null>(null);
  /** What was asked for, such as to switch on. */
  order = $state.raw<Order | null>(null);
  /** What was done last. */
  done = $state.raw<{ readonly order: Order; readonly answer: T } | null>(null);
  problem = $state.raw<Problem | null>(null);
  pending = $state(false);

  #url: string;
  #after: () => void;

  constructor(url: string, after: () => void) {
    this.#url = url;
    this.#after = after;
  }

  /** Ask what it would do. */
  async show(order: Order): Promise<void> {
    this.done = null;
    this.preview = await this.#tell({ ...order, dry_run: true });
    this.order = this.preview && order;
  }

  /** Do it; `more` is what the person said to the preview. */
  async apply(more: Partial<Order> = {}): Promise<void> {
    if (this.order === null) return;
    const order = { ...this.order, ...more };
    const answer = await this.#tell(order);
    if (answer === null) return;
    this.done = { order, answer };
    this.cancel();
    this.#after();
  }

  cancel(): void {
    this.preview = null;
    this.order = null;
    this.problem = null;
  }

  async #tell(body: object): Promise<T | null> {
    this.pending = true;
    this.problem = null;
    try {
      return await pageKey.change<T>(this.#url, body);
    } catch (error) {
      this.problem = Problem.of(error);
      return null;
    } finally {
      this.pending = false;
    }
  }
}
