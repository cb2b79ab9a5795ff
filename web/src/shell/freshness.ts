/** Freshness in a few words. */

import { duration, formatAgo } from '../lib/format';

export interface Freshness {
  readonly connected: boolean;
  /** When the server last told anything; null before the first time. Times in ms since 1970. */
  readonly heardAt: number | null;
  readonly recordAt: number | null;
  /** How long the oldest record waits that is not stored yet, in ms; null: not known. */
  readonly lag: number | null;
  readonly now: number;
}

const WORTH_SAYING_MS = 5000;

/** `Live · last record 3 s ago · storing 12 s behind`; without the stream since when that is so. */
export function freshnessText({ connected, heardAt, recordAt, lag, now }: Freshness): string {
  if (!connected) {
    return heardAt === null ? 'Connecting…' : `Not connected, last heard ${formatAgo(Math.max(0, now - heardAt))}`;
  }
  const parts = ['Live'];
  if (recordAt !== null) parts.push(`last record ${formatAgo(Math.max(0, now - recordAt))}`);
  if (lag !== null && lag >= WORTH_SAYING_MS) parts.push(`storing ${duration(Math.round(lag / 1000))} behind`);
  return parts.join(' · ');
}
