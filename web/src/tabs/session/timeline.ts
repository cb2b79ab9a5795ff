/** The entries of a session as people look at them: by turns, those of some kinds, with the rows that a list has. */

import type { Entry } from './entries.svelte';

export const KINDS = ['prompt', 'request', 'tool_call', 'compaction', 'outcome'] as const;
export type Kind = (typeof KINDS)[number];

export const KIND_NAMES: Readonly<Record<Kind, string>> = {
  prompt: 'Prompts',
  request: 'Requests',
  tool_call: 'Tools',
  compaction: 'Compactions',
  outcome: 'Changes',
};

const ONE: Readonly<Record<Kind, string>> = {
  prompt: 'Prompt',
  request: 'Request',
  tool_call: 'Tool',
  compaction: 'Compaction',
  outcome: 'Change',
};

export function kindOf(entry: Entry): string {
  return entry.kind === 'outcome' ? (OUTCOMES[entry.name ?? ''] ?? ONE.outcome) : ONE[entry.kind];
}

const OUTCOMES: Readonly<Record<string, string>> = {
  'code.change': 'Lines changed',
  'vcs.commit': 'Commit',
  'vcs.pull_request': 'Pull request',
};

export function isBad(entry: Entry): boolean {
  return entry.status === 'error' || entry.status === 'rejected';
}

/** A prompt and all that came until the next one. */
export interface Turn {
  /** Counts from 1; 0 is what came before the first prompt. */
  readonly number: number;
  /** Places in the timeline, from `first` up to, but without, `end`. */
  readonly first: number;
  readonly end: number;
  readonly origin: string | null;
  /** Until its last entry, in ms. */
  readonly lasted: number;
  readonly requests: number;
  readonly calls: number;
  readonly failed: number;
  /** Of the requests whose cost is known; null where some were answered, and it is known of none. */
  readonly cost: number | null;
  /** Requests that were answered and whose cost is not known: the turn cost more than that. */
  readonly unpriced: number;
}

/** All tokens of a request; null where nobody told any. */
export function tokensOf(entry: Entry): number | null {
  const told = [entry.input_tokens, entry.output_tokens, entry.cache_read_tokens, entry.cache_write_tokens];
  const known = told.filter((count) => typeof count === 'number');
  return known.length ? known.reduce((sum, count) => sum + count, 0) : null;
}

/** In order; together they hold every entry once. */
export function turnsOf(entries: readonly Entry[]): Turn[] {
  const turns: Turn[] = [];
  const starts = entries.flatMap((entry, place) => (entry.kind === 'prompt' ? [place] : []));
  const begins = starts[0] === 0 || entries.length === 0 ? starts : [0, ...starts];
  const before = entries[0]?.kind !== 'prompt';
  begins.forEach((first, at) => {
    const end = begins[at + 1] ?? entries.length;
    const own = entries.slice(first, end);
    const requests = own.filter(({ kind }) => kind === 'request');
    // What failed or was tried again is no answer that would have a price.
    const unpriced = requests.filter(
      ({ status, cost_microusd: cost }) => status === 'ok' && typeof cost !== 'number',
    ).length;
    const costs = own.flatMap(({ cost_microusd: cost }) => (typeof cost === 'number' ? [cost] : []));
    turns.push({
      number: at + (before ? 0 : 1),
      first,
      end,
      origin: own[0]?.kind === 'prompt' ? (own[0].name ?? null) : null,
      lasted: Date.parse(own.at(-1)?.at ?? '') - Date.parse(own[0]?.at ?? ''),
      requests: requests.length,
      calls: own.filter(({ kind }) => kind === 'tool_call').length,
      failed: own.filter(isBad).length,
      cost: unpriced && !costs.length ? null : costs.reduce((sum, cost) => sum + cost, 0),
      unpriced,
    });
  });
  return turns;
}

/** A row of the list: the head of a turn, or an entry by its place in the timeline. */
export type Row = { readonly turn: Turn; readonly entry: null } | { readonly turn: Turn; readonly entry: number };

export interface Choice {
  readonly hidden: ReadonlySet<string>;
  readonly onlyBad: boolean;
  /** Numbers of turns that show their head only. */
  readonly folded: ReadonlySet<number>;
}

export function isChosen(entry: Entry, { hidden, onlyBad }: Choice): boolean {
  return !hidden.has(entry.kind) && (!onlyBad || isBad(entry));
}

/** Heads of turns with their entries below; a turn of which nothing is chosen is left out. */
export function rowsOf(entries: readonly Entry[], turns: readonly Turn[], choice: Choice): Row[] {
  const rows: Row[] = [];
  for (const turn of turns) {
    const own: Row[] = [];
    for (let place = turn.first; place < turn.end; place += 1) {
      const entry = entries[place];
      if (entry && isChosen(entry, choice)) own.push({ turn, entry: place });
    }
    if (!own.length) continue;
    rows.push({ turn, entry: null });
    if (!choice.folded.has(turn.number)) for (const row of own) rows.push(row);
  }
  return rows;
}

/** Hours, minutes and seconds since the session began: `+1:02:03`. */
export function sinceStart(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (number: number) => String(number).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `+${hours ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}
