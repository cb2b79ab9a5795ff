/** Arithmetic of a list that has only those rows in the page that can be seen. Rows are of one height and count from 0. */

/** Rows from `first` up to, but without, `end`. */
export interface Range {
  readonly first: number;
  readonly end: number;
}

/** Browsers stop at some 17 million pixels; a list is never higher than this. */
const MOST_PIXELS = 12_000_000;

/** How many rows a list can hold at this height. */
export function mostRows(height: number): number {
  return Math.floor(MOST_PIXELS / height);
}

/** The rows of which something is in sight. */
export function inSight(scrolled: number, seen: number, height: number, count: number): Range {
  const first = Math.min(Math.max(Math.floor(scrolled / height), 0), Math.max(count - 1, 0));
  const end = Math.min(Math.max(Math.ceil((scrolled + seen) / height), first + 1), count);
  return { first: Math.min(first, end), end };
}

/** The same with some rows more on both sides, so that a quick scroll finds rows and no gap. */
export function widened(range: Range, by: number, count: number): Range {
  return { first: Math.max(range.first - by, 0), end: Math.min(range.end + by, count) };
}

/** Where to scroll so that a row is in full sight, and no further than needed. */
export function scrolledTo(index: number, scrolled: number, seen: number, height: number): number {
  const top = index * height;
  if (top < scrolled) return top;
  return top + height > scrolled + seen ? Math.max(0, top + height - seen) : scrolled;
}

/** The row that a key leads to; null for any other key. */
export function rowAfter(key: string, active: number, count: number, page: number): number | null {
  const to = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + Math.max(page - 1, 1),
    PageUp: active - Math.max(page - 1, 1),
    Home: 0,
    End: count - 1,
  }[key];
  return to === undefined || count === 0 ? null : Math.min(Math.max(to, 0), count - 1);
}

/** The row that the tab key stops at: the active one, or the first in sight where that is not in the page. */
export function tabStop(active: number, sight: Range, drawn: readonly number[]): number {
  return drawn.includes(active) ? active : sight.first;
}

/** What is in the page: the range, and the row that has the focus also where it was scrolled away. */
export function drawnRows(range: Range, focused: number | null, count: number): number[] {
  const rows = Array.from({ length: range.end - range.first }, (_, place) => range.first + place);
  if (focused === null || focused >= count || (focused >= range.first && focused < range.end)) return rows;
  return focused < range.first ? [focused, ...rows] : [...rows, focused];
}
