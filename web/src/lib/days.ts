/** Days as `2026-11-20`, and windows in words. */

import type { Place } from './address.svelte';
import { dayIn, formatDay, formatMoment } from './format';

const DAY = /^\d{4}-\d{2}-\d{2}$/;

export function isDay(text: string | null | undefined): text is string {
  return typeof text === 'string' && DAY.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
}

/** Whether a day of a time zone was over at a moment (ms since 1970). */
export function isOverDay(day: string, zone: string, moment: number): boolean {
  return day < dayIn(new Date(moment).toISOString(), zone);
}

/** The day so many days after this one; null where the text is no day. */
export function dayAfter(day: string, days: number): string | null {
  if (!isDay(day)) return null;
  const at = new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000);
  const text = Number.isNaN(at.getTime()) ? '' : at.toISOString().slice(0, 10);
  return DAY.test(text) ? text : null;
}

/** How the address says "from this day to that one, both included": the API's end is excluded. Null: no such window. */
export function daysAsWindow(first: string, last: string): Pick<Place, 'range' | 'since' | 'until'> | null {
  const from = isDay(first) ? first : null;
  const to = isDay(last) ? dayAfter(last, 1) : null;
  if ((first && !from) || (last && !to) || (!from && !to) || (from && to && from >= to)) return null;
  return { range: '', since: from, until: to };
}

/** First and last day of the place's window, both included; empty where it has none or is no whole days. */
export function windowAsDays(place: Pick<Place, 'since' | 'until'>): { first: string; last: string } {
  const first = isDay(place.since) ? place.since : (place.since ?? '').slice(0, 10);
  const last = isDay(place.until) ? (dayAfter(place.until, -1) ?? '') : (place.until ?? '').slice(0, 10);
  return { first: isDay(first) ? first : '', last: isDay(last) ? last : '' };
}

const RANGE_UNITS: Readonly<Record<string, string>> = { h: 'hours', d: 'days', w: 'weeks' };

/** The window for people: `the last 7 days`, `1 Nov to 7 Nov`, `since 1 Nov`. */
export function windowText(place: Pick<Place, 'range' | 'since' | 'until'>, zone?: string): string {
  if (!place.since && !place.until) {
    const [, count = '', unit = ''] = /^(\d+)([hdw])$/.exec(place.range) ?? [];
    return count ? `the last ${count} ${RANGE_UNITS[unit] ?? ''}` : 'all time';
  }
  const from = place.since && (isDay(place.since) ? formatDay(place.since) : formatMoment(place.since, zone));
  const lastDay = isDay(place.until) ? dayAfter(place.until, -1) : null;
  const to = place.until && (lastDay ? formatDay(lastDay) : formatMoment(place.until, zone));
  if (from && to) return from === to ? from : `${from} to ${to}`;
  return from ? `since ${from}` : `until ${to}`;
}
