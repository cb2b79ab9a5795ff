/** Where a part of a chart leads: the sessions it was made of. */

import type { Place } from '../lib/address.svelte';

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
]);
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

/** The sessions that a figure without parts was made of, most of it first; null where that is no order of theirs. */
export function toLargest(metric: string): Partial<Place> | null {
  const order = metric === 'cost_microusd' ? 'cost_usd' : metric;
  if (metric === 'sessions') return { tab: 'sessions' };
  return ORDERS.has(order) ? { tab: 'sessions', more: { order: `-${order}` } } : null;
}
