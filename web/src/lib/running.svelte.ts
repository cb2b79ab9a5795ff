/** Which sessions run at this moment, for everything that shows it: asked once for the whole page. */

import { clock } from './api';
import type { components } from './schema';

export type Now = components['schemas']['Now'];
export type SessionNow = components['schemas']['SessionNow'];

const MOST = 50; // the most that the server tells
const SOON_MS = 500; // after a session ran for the last time

export class Running {
  sessions = $state.raw<ReadonlyMap<string, SessionNow>>(new Map());
  /** A session runs no longer when its last record is older than that. */
  minutes = $state(0);
  /** There may be more than are told. */
  isCut = $state(false);

  /** The server's answer. */
  take(now: Now): void {
    this.minutes = now.running_minutes;
    this.isCut = now.sessions.length >= MOST;
    this.sessions = new Map(now.sessions.map((one) => [one.session, one]));
    this.prune();
  }

  /** Takes out what runs no longer, though no record said so; `at` in ms since 1970, by the server's clock. */
  prune(at: number = Date.now() + clock.ahead): void {
    const left = [...this.sessions].filter(([, one]) => this.#endOf(one) > at);
    if (left.length < this.sessions.size) this.sessions = new Map(left);
  }

  /** In how many ms the next session runs no longer, if nothing more is told of it; null: none runs. */
  wait(at: number = Date.now() + clock.ahead): number | null {
    const ends = [...this.sessions.values()].map((one) => this.#endOf(one));
    return ends.length ? Math.max(Math.min(...ends) - at, 0) + SOON_MS : null;
  }

  /** By which rule a session is said to run. */
  get rule(): string {
    return `A record within the last ${this.minutes} minutes, and no end reported since`;
  }

  /** `2 of claude_code, 1 of codex`. */
  get byAgent(): string {
    const counts = new Map<string, number>();
    for (const { agent } of this.sessions.values()) counts.set(agent, (counts.get(agent) ?? 0) + 1);
    return [...counts].map(([agent, count]) => `${count} of ${agent}`).join(', ');
  }

  #endOf(one: SessionNow): number {
    return Date.parse(one.last_at) + this.minutes * 60_000;
  }
}

export const running = new Running();
