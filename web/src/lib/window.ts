/** Which time is asked about: every panel of a page the same, so that no two figures are of different moments. */

import type { Place } from './address.svelte';
import type { Parameters } from './api';

const HOURS: Readonly<Record<string, number>> = { h: 1, d: 24, w: 168 };

/** since, until and tz as parameters. A range ends at `moment` (ms since 1970), the same one for all that is shown. */
export function windowParameters(place: Place, moment: number): Parameters {
  const zone: Parameters = place.tz ? [['tz', place.tz]] : [];
  if (place.since || place.until) {
    const ends = [['since', place.since] as const, ['until', place.until] as const];
    return [...ends.flatMap(([name, value]) => (value ? [[name, value] as const] : [])), ...zone];
  }
  if (place.range === 'all') return [['range', 'all'], ...zone];
  const [, count = '7', unit = 'd'] = /^(\d+)([hdw])$/.exec(place.range) ?? [];
  const since = moment - Number(count) * (HOURS[unit] ?? 24) * 3_600_000;
  return [['since', new Date(since).toISOString()], ['until', new Date(moment).toISOString()], ...zone];
}

/** Whether there is a time before, to compare with: only where this one begins somewhere, and has begun. */
export function hasBefore({ range, since }: Pick<Place, 'range' | 'since'>, moment = Date.now()): boolean {
  return range === '' ? since !== null && !(Date.parse(since) > moment) : range !== 'all';
}

/** Whether the window of an answer is over at `moment`: one that is not is only begun, and less than a whole one before. */
export function isOver(window: { readonly until: string | null }, moment: number): boolean {
  return window.until === null || !(Date.parse(window.until) > moment);
}

/** The filters of the place, with those of a panel: where both name a dimension, the page's count. */
export function filterParameters(place: Place, ofPanel: Readonly<Record<string, string>> = {}): Parameters {
  const own = Object.entries(ofPanel).filter(([name]) => !(name in place.filters));
  const pages = Object.entries(place.filters).flatMap(([name, values]) =>
    values.map((value) => [nameOf(name), value] as const),
  );
  return [...own.map(([name, value]) => [nameOf(name), value] as const), ...pages];
}

/** `limit` is also how many rows there are; the dimension is filtered under another name. */
function nameOf(dimension: string): string {
  return dimension === 'limit' ? 'plan_limit' : dimension;
}
