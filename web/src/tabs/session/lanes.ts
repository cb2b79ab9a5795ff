/** Where each entry of a session stands in a picture over time: lanes by what it is, rows where things overlap, pauses folded. */

import type { Entry } from './entries.svelte';
import { isBad, isChosen, KIND_NAMES, KINDS, type Choice } from './timeline';

/** Time in which nothing happened is drawn no wider than this. */
const PAUSE_MS = 120_000;
const FOLDED_MS = 15_000;
const MOST_ROWS = 4; // of one lane: what overlaps more shares the last
const MOST_SUBAGENTS = 6;
const AT_LEAST_MS = 1;

export interface Bar {
  /** Place in the timeline. */
  readonly place: number;
  /** ms since 1970. */
  readonly start: number;
  readonly end: number;
  readonly row: number;
  readonly isBad: boolean;
  /** For the colour. */
  readonly kind: Entry['kind'];
}

export interface Lane {
  readonly id: string;
  /** A name of ours, or a subagent's. */
  readonly name: string;
  readonly rows: number;
  readonly bars: readonly Bar[];
}

/** A stretch of time and how wide it is drawn. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  /** In ms as they are drawn: as many as it lasted, or fewer where it is a pause. */
  readonly from: number;
  readonly to: number;
  readonly isPause: boolean;
}

interface Spot {
  readonly place: number;
  readonly entry: Entry;
  readonly start: number;
  readonly end: number;
}

/** When an entry began and ended, in ms since 1970; the same where nobody tells how long it took. */
export function spanOf(entry: Entry): { start: number; end: number } {
  const at = Date.parse(entry.at);
  if (!entry.began_at || !entry.duration_ms || entry.duration_ms < 0) return { start: at, end: at };
  const start = Date.parse(entry.began_at);
  return { start, end: start + entry.duration_ms };
}

/** Lanes that have something, from top to bottom. */
export function lanesOf(entries: readonly Entry[], choice: Choice): Lane[] {
  const found = new Map<string, { name: string; spots: Spot[] }>();
  const known = new Set<string>();
  entries.forEach((entry, place) => {
    if (!isChosen(entry, choice)) return;
    const [id, name] = laneOf(entry, known);
    const lane = found.get(id) ?? { name, spots: [] };
    lane.spots.push({ place, entry, ...spanOf(entry) });
    found.set(id, lane);
  });
  const order = (id: string) => {
    const at = KINDS.findIndex((kind) => kind === id);
    return at < 0 ? 2.5 : at; // subagents: after the session's own requests and tools
  };
  return [...found]
    .sort(([one], [two]) => order(one) - order(two))
    .map(([id, { name, spots }]) => stacked(id, name, spots));
}

/** A subagent's requests and tools have a lane of their own; beyond some, they share one. */
function laneOf(entry: Entry, known: Set<string>): [string, string] {
  const isWork = entry.kind === 'request' || entry.kind === 'tool_call';
  if (!isWork || !entry.subagent) return [entry.kind, KIND_NAMES[entry.kind] ?? entry.kind];
  if (!known.has(entry.subagent) && known.size >= MOST_SUBAGENTS) return ['subagent', 'Other subagents'];
  known.add(entry.subagent);
  return [`subagent ${entry.subagent}`, entry.subagent];
}

/** What overlaps goes below each other, each in the first row that is free. */
function stacked(id: string, name: string, spots: Spot[]): Lane {
  const free: number[] = [];
  const bars = [...spots]
    .sort((one, two) => one.start - two.start || one.place - two.place)
    .map(({ place, entry, start, end }): Bar => {
      let row = free.findIndex((until) => until <= start);
      if (row < 0) row = Math.min(free.length, MOST_ROWS - 1);
      // Moments do not push each other down: many share one.
      free[row] = Math.max(free[row] ?? -Infinity, end > start ? end : start);
      return { place, start, end, row, isBad: isBad(entry), kind: entry.kind };
    });
  return { id, name, rows: Math.max(1, free.length), bars };
}

/** The time of a session without its long pauses. Lanes must have bars; without any there is no time. */
export function stretchesOf(lanes: readonly Lane[], fold = true): Stretch[] {
  const bars = lanes.flatMap((lane) => lane.bars).sort((one, two) => one.start - two.start);
  const first = bars[0];
  if (first === undefined) return [];
  const stretches: Stretch[] = [];
  let [start, end, from] = [first.start, first.end, 0];
  const close = (until: number) => {
    stretches.push({ start, end: until, from, to: from + (until - start), isPause: false });
    from += until - start;
  };
  for (const bar of bars) {
    if (fold && bar.start - end > PAUSE_MS) {
      close(end);
      stretches.push({ start: end, end: bar.start, from, to: from + FOLDED_MS, isPause: true });
      from += FOLDED_MS;
      start = bar.start;
    }
    end = Math.max(end, bar.end);
  }
  close(Math.max(end, start + AT_LEAST_MS));
  return stretches;
}

/** Where a moment is drawn, in drawn ms. */
export function drawnAt(at: number, stretches: readonly Stretch[]): number {
  const stretch = stretches[indexWhere(stretches, (one) => one.end >= at)] ?? stretches.at(-1);
  if (stretch === undefined) return 0;
  const share = stretch.end > stretch.start ? (at - stretch.start) / (stretch.end - stretch.start) : 0;
  return stretch.from + Math.min(Math.max(share, 0), 1) * (stretch.to - stretch.from);
}

/** The moment that is drawn there: the other way about. */
export function momentAt(drawn: number, stretches: readonly Stretch[]): number {
  const stretch = stretches[indexWhere(stretches, (one) => one.to >= drawn)] ?? stretches.at(-1);
  if (stretch === undefined) return 0;
  const share = stretch.to > stretch.from ? (drawn - stretch.from) / (stretch.to - stretch.from) : 0;
  return stretch.start + Math.min(Math.max(share, 0), 1) * (stretch.end - stretch.start);
}

/** The first for which it holds, of a list for which it holds from some place on. */
function indexWhere<T>(list: readonly T[], holds: (one: T) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const one = list[middle];
    if (one !== undefined && holds(one)) high = middle;
    else low = middle + 1;
  }
  return low;
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

/** A whole number of seconds, minutes or hours, in ms, that goes into a time at most so often. */
export function stepOf(ms: number, most: number): number {
  const step = STEPS_S.find((seconds) => ms / (seconds * 1000) <= Math.max(most, 1));
  return (step ?? Math.ceil(ms / 1000 / Math.max(most, 1) / 86_400) * 86_400) * 1000;
}

/** Moments to be named on the axis: at most `most`, whole seconds, minutes or hours since the start, none in a pause. */
export function ticksOf(stretches: readonly Stretch[], from: number, to: number, most: number): number[] {
  const begin = stretches[0]?.start ?? 0;
  const busy = stretches.filter((one) => !one.isPause && one.to >= from && one.from <= to);
  for (const step of STEPS_S) {
    const ticks: number[] = [];
    const size = step * 1000;
    for (const stretch of busy) {
      const [low, high] = [
        momentAt(Math.max(from, stretch.from), [stretch]),
        momentAt(Math.min(to, stretch.to), [stretch]),
      ];
      if ((high - low) / size > most) {
        ticks.length = most + 1;
        break;
      }
      for (let at = begin + Math.ceil((low - begin) / size) * size; at <= high; at += size) ticks.push(at);
    }
    if (ticks.length <= most) return ticks;
  }
  return [];
}
