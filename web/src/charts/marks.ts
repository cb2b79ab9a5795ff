/** Dated remarks on a time axis: each kind with a sign of its own. */

import { dayIn } from '../lib/format';
import type { Note } from './drawing';
import type { TimeMarkers } from './overlays';
import { pieceAt } from './pieces';

const SIGNS: Readonly<Record<string, readonly [string, string]>> = {
  agent_release: ['triangle', '▲'],
  model: ['diamond', '◆'],
  price: ['circle', '●'],
};
const OTHER = ['rect', '■'] as const;

export interface Mark {
  readonly at: number;
  /** ECharts' name of the sign. */
  readonly symbol: string;
  readonly texts: readonly string[];
}

/** One mark for each piece in which something began; the notes list all, the newest first. */
export function readMarks(
  answer: TimeMarkers | null | undefined,
  pieces: readonly string[],
  time: string,
): { marks: Mark[]; notes: Note[] } {
  const marks = new Map<number, { symbol: string; texts: string[] }>();
  const notes: Note[] = [];
  for (const { at: moment, kind, text } of answer?.markers ?? []) {
    const at = pieceAt(pieces, time, moment, answer?.window.tz ?? 'Etc/UTC');
    if (at < 0) continue;
    const [symbol, sign] = SIGNS[kind] ?? OTHER;
    const told = `${sign} ${text}`;
    const mark = marks.get(at);
    if (mark) mark.texts.push(told);
    else marks.set(at, { symbol, texts: [told] });
    notes.unshift({ sign, text: `${dayIn(moment, answer?.window.tz)}: ${text}` });
  }
  if (answer?.left_out) notes.push({ text: `${answer.left_out} more are not shown.` });
  return { marks: [...marks].map(([at, { symbol, texts }]) => ({ at, symbol, texts })), notes };
}
