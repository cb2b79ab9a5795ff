/** One value of a session's tables — a tool, a model, a class of tokens, a failure — and which of its entries it is made of. */

import { labelOf } from '../../lib/answers';
import { formatMetric, formatName } from '../../lib/format';
import type { Entry } from './entries.svelte';

export const FIELDS = ['tool', 'model', 'query_source', 'error_class', 'tokens', 'failed'] as const;
export type Field = (typeof FIELDS)[number];

export interface Highlight {
  readonly field: Field;
  /** As the server writes it; null where it is not known. */
  readonly value: string | null;
}

const TOKENS = ['input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens'] as const;
const FAILED = { api_errors: 'request', tool_errors: 'tool_call' } as const;

/** What a total is made of; null where it is not of single entries that could be shown. */
export function ofMetric(metric: string): Highlight | null {
  if (TOKENS.some((one) => one === metric)) return { field: 'tokens', value: metric };
  return Object.hasOwn(FAILED, metric) ? { field: 'failed', value: metric } : null;
}

/** For the address: `tool:Bash`; what is not known is `tool` alone. */
export function writeHighlight({ field, value }: Highlight): string {
  return value === null ? field : `${field}:${value}`;
}

/** What an address says; null for nothing, or for what is none. */
export function readHighlight(text: string | undefined): Highlight | null {
  if (!text) return null;
  const [, name = '', value] = /^([a-z_]+)(?::(.*))?$/s.exec(text) ?? [];
  const field = FIELDS.find((one) => one === name);
  if (field === undefined) return null;
  if (field === 'tokens' && !TOKENS.some((one) => one === value)) return null;
  if (field === 'failed' && !(value !== undefined && Object.hasOwn(FAILED, value))) return null;
  return { field, value: value ?? null };
}

/** Whether an entry is one of those. */
export function isMeant(entry: Entry, { field, value }: Highlight): boolean {
  switch (field) {
    case 'tool':
      return entry.kind === 'tool_call' && (entry.name ?? null) === value;
    case 'model':
      return entry.kind === 'request' && (entry.name ?? null) === value;
    case 'query_source':
      return entry.kind === 'request' && (entry.source ?? null) === value;
    case 'error_class':
      return entry.status === 'error' && (entry.error_class ?? null) === value;
    case 'tokens': {
      const counted = TOKENS.find((one) => one === value);
      return entry.kind === 'request' && counted !== undefined && (entry[counted] ?? 0) > 0;
    }
    case 'failed':
      return entry.status === 'error' && entry.kind === FAILED[value as keyof typeof FAILED];
  }
}

/** Places in the timeline. */
export function meantIn(entries: readonly Entry[], highlight: Highlight): ReadonlySet<number> {
  return new Set(entries.flatMap((entry, place) => (isMeant(entry, highlight) ? [place] : [])));
}

/** In words: `Tool Bash`, `Cache read tokens`. */
export function nameOf({ field, value }: Highlight): string {
  if (field === 'tokens' || field === 'failed') return formatMetric(value ?? field);
  return `${labelOf(field)} ${formatName(value, field)}`;
}

/** The next place after one, and the first again after the last; null where there is none. */
export function nextOf(places: ReadonlySet<number>, after: number): number | null {
  const all = [...places].sort((one, two) => one - two);
  return all.find((place) => place > after) ?? all[0] ?? null;
}
