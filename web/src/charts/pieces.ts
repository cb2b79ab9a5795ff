/** Pieces of time as the API names them: `2026-11-20T13:00:00+01:00` for an hour, else the first day. */

import type { Answer } from '../lib/answers';
import { formatDay, formatName } from '../lib/format';
import type { Span } from './crosshair.svelte';

/** The first moment after a piece, written as the address and the API take it. */
export function pieceEnd(piece: string, time: string): string {
  if (time === 'hour') return new Date(Date.parse(piece) + 3_600_000).toISOString();
  const at = new Date(`${piece.slice(0, 10)}T00:00:00Z`);
  if (time === 'month') at.setUTCMonth(at.getUTCMonth() + 1);
  else at.setUTCDate(at.getUTCDate() + (time === 'week' ? 7 : 1));
  return at.toISOString().slice(0, 10);
}

/** From when until when a piece goes, by the clock there. */
export function spanOfPiece(piece: string, time: string): Span {
  const from = time === 'hour' ? piece.slice(0, 19) : `${piece.slice(0, 10)}T00:00:00`;
  return { name: piece, from, until: time === 'hour' ? hourLater(from) : `${pieceEnd(piece, time)}T00:00:00` };
}

/** What is known of each piece: all of it, from or until a time of the clock only, or nothing because it is to come. */
export interface Extent {
  readonly from: string | null;
  readonly until: string | null;
  readonly isToCome: boolean;
}

/** Compares clocks on the wall of the answer's zone, so that no zone has to be reckoned with here. */
export function extents(pieces: readonly string[], time: string, answer: Answer, now = Date.now()): Extent[] {
  const zone = answer.window.tz;
  const begin = wall(answer.window.since, zone);
  const clock = wall(new Date(now).toISOString(), zone);
  const end = [wall(answer.window.until, zone), clock].filter((one) => one !== null).sort()[0] ?? '';
  return pieces.map((piece) => {
    const { from: start, until: after } = spanOfPiece(piece, time);
    const isToCome = start >= end;
    return {
      from: begin !== null && begin > start && begin < after ? clockText(begin, time) : null,
      until: !isToCome && end < after ? clockText(end, time) : null,
      isToCome,
    };
  });
}

/** The first metric of an answer by pieces of time; of pieces that are to come nothing is known, though the answer has 0. */
export function courseOf(answer: Answer, now = Date.now()): (number | null)[] {
  const pieces = answer.rows.map((row) => String(row[0]));
  const here = extents(pieces, answer.columns[0] ?? '', answer, now);
  return answer.rows.map((row, at) => (here[at]?.isToCome || typeof row[1] !== 'number' ? null : row[1]));
}

/** What a reader has to know of a piece that is not whole; empty where it is. */
export function extentText({ from, until, isToCome }: Extent): string {
  if (isToCome) return 'yet to come';
  return [from && `only from ${from}`, until && `so far, until ${until}`].filter(Boolean).join(', ');
}

/** Of the axis: shorter where there are many. */
export function pieceLabel(piece: string, time: string, many: boolean): string {
  if (time === 'hour') return piece.slice(11, 16) === '00:00' ? formatDay(piece) : piece.slice(11, 16);
  const name = formatName(piece, time);
  return many && time !== 'month' ? name.replace(/^\w{3} /, '') : name;
}

/** The piece that a moment is in; -1 if none. */
export function pieceAt(pieces: readonly string[], time: string, moment: string, zone: string): number {
  const at = wall(moment, zone) ?? '';
  const starts = pieces.map((piece) => spanOfPiece(piece, time).from);
  const next = starts.findIndex((start) => start > at);
  if (next !== -1) return next - 1;
  const last = pieces.at(-1);
  if (last === undefined) return -1;
  return at < spanOfPiece(last, time).until ? pieces.length - 1 : -1;
}

function hourLater(clock: string): string {
  return new Date(Date.parse(`${clock}Z`) + 3_600_000).toISOString().slice(0, 19);
}

/** A time of the clock; of a longer piece with its day. */
function clockText(clock: string, time: string): string {
  const text = clock.slice(11, 16);
  return time === 'week' || time === 'month' ? `${formatDay(clock)} ${text}` : text;
}

/** A moment as the clock on the wall there shows it. The API's own moments have their offset; others are reckoned. */
function wall(moment: string | null | undefined, zone: string): string | null {
  if (!moment) return null;
  if (/^\d{4}-\d\d-\d\d$/.test(moment)) return `${moment}T00:00:00`;
  const isUtc = zone === 'Etc/UTC' || zone === 'UTC';
  if (isUtc && /Z$|[+-]00:00$/.test(moment)) return moment.slice(0, 19);
  try {
    return new Date(moment).toLocaleString('sv-SE', { timeZone: zone }).replace(' ', 'T');
  } catch {
    return moment.slice(0, 19); // a zone that this browser does not know
  }
}
