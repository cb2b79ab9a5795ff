/** Where a part of a chart leads: the sessions it was made of. */

import type { Place } from '../lib/address.svelte';
import { dayAfter, isDay } from '../lib/days';
import { pieceEnd } from './pieces';

/** Dimensions by which sessions can be chosen. */
const OF_SESSIONS = new Set([
  'agent',
  'session',
  'user',
  'organization',
  'project',
  'repository',
  'agent_version',
  'entrypoint',
  'exit_reason',
  'model',
  'skill',
  'plugin',
  'subagent',
  'tool',
  'tool_class',
  'mcp_server',
  'weekday',
  'hour_of_day',
]);
const PIECES = new Set(['day', 'week', 'month']);
const ORDERS = new Set([
  'cost_usd',
  'total_tokens',
  'prompts',
  'requests',
  'api_errors',
  'tool_calls',
  'tool_errors',
  'tool_retries',
  'commits',
  'pull_requests',
  'compactions',
  'active_seconds',
]);

/** The sessions with this value, those with most of the metric first; null where sessions cannot be chosen so. */
export function toSessions(
  place: Pick<Place, 'filters'>,
  dimension: string,
  value: string | number | boolean | null | undefined,
  metric = '',
): Partial<Place> | null {
  if (!OF_SESSIONS.has(dimension)) return null;
  if (dimension === 'session' && value) return { tab: 'sessions', item: String(value) };
  const text = value === null || value === undefined || value === '' ? 'null' : String(value);
  return {
    tab: 'sessions',
    filters: { ...place.filters, [dimension]: [text] },
    more: ORDERS.has(metric) ? { order: `-${metric}` } : {},
  };
}

/** The sessions with all of these values together; a day or a longer piece is the time that is looked at. Null likewise. */
export function toCrossed(
  place: Pick<Place, 'filters'>,
  crossed: Readonly<Record<string, string | number | boolean | null>>,
  metric = '',
): Partial<Place> | null {
  const { week, weekday, ...rest } = crossed;
  const isCalendar = typeof week === 'string' && typeof weekday === 'number';
  let found: Partial<Place> = { filters: place.filters };
  for (const [dimension, value] of Object.entries(
    isCalendar ? { ...rest, day: dayAfter(week, weekday - 1) } : crossed,
  )) {
    if (PIECES.has(dimension)) {
      if (typeof value !== 'string' || !isDay(value)) return null;
      found = { ...found, range: '', since: value, until: pieceEnd(value, dimension) };
    } else {
      const next = toSessions({ filters: found.filters ?? {} }, dimension, value, metric);
      if (next === null) return null;
      found = { ...found, ...next };
    }
  }
  return { ...found, tab: 'sessions', more: ORDERS.has(metric) ? { order: `-${metric}` } : {} };
}

/** The sessions that a figure without parts was made of, most of it first; null where that is no order of theirs. */
export function toLargest(metric: string): Partial<Place> | null {
  const order = metric === 'cost_microusd' ? 'cost_usd' : metric;
  if (metric === 'sessions') return { tab: 'sessions' };
  return ORDERS.has(order) ? { tab: 'sessions', more: { order: `-${order}` } } : null;
}
