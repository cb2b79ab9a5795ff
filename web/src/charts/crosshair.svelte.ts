/** The moment that is pointed at in one chart, for all charts over time on the page. */

import { untrack } from 'svelte';

/** A piece of time on the clock of the page's zone: `from` included, `until` not. */
export interface Span {
  /** As the API names the piece: two hours of a day on which the clock goes back look alike otherwise. */
  readonly name: string;
  readonly from: string;
  readonly until: string;
}

export interface Pointed {
  /** Who points: it has its own mark, and needs no other. */
  readonly by: object;
  readonly span: Span;
}

class Crosshair {
  at = $state.raw<Pointed | null>(null);

  /** Called for each movement of the mouse: only another piece of time is told. */
  show(by: object, span: Span): void {
    const at = untrack(() => this.at);
    if (at?.by !== by || at.span.name !== span.name || at.span.until !== span.until) this.at = { by, span };
  }

  /** Whoever points no longer; another one that does by now is left alone. */
  leave(by: object): void {
    if (untrack(() => this.at)?.by === by) this.at = null;
  }
}

export const crosshair = new Crosshair();

/** The first and the last of the pieces that lie in a span or around it; null where none does. */
export function placesOf({ name, from, until }: Span, pieces: readonly Span[]): readonly [number, number] | null {
  const same = pieces.findIndex((piece) => piece.name === name && piece.until === until);
  if (same >= 0) return [same, same];
  const first = pieces.findIndex((piece) => piece.from < until && piece.until > from);
  if (first < 0) return null;
  const last = pieces.findLastIndex((piece) => piece.from < until && piece.until > from);
  return [first, last];
}
