/** The parts of a session's answer as tables: by model, by what requests were for, by tool, by error, and who saw it. */

import { labelOf, type Cell, type Sheet } from '../../lib/answers';
import { formatMetric, type Unit } from '../../lib/format';
import type { OneSession } from './entries.svelte';

const UNITS: Readonly<Record<string, Unit>> = {
  cost_microusd: 'microusd',
  request_p50_ms: 'ms',
  tool_p50_ms: 'ms',
  input_tokens: 'tokens',
  output_tokens: 'tokens',
  cache_read_tokens: 'tokens',
  cache_write_tokens: 'tokens',
};

/** Records with the same fields as a sheet; the first field is what they are by, cost comes early. What is 0 or unknown everywhere, a row or a column, is left out. */
export function sheetOfRecords(records: readonly Record<string, unknown>[]): Sheet {
  const names = Object.keys(records[0] ?? {});
  const own = records.filter((record) => names.slice(1).some((name) => record[name]));
  const some = names.filter((name, at) => at === 0 || own.some((record) => record[name]));
  const rank = (name: string, at: number) => (name === 'cost_microusd' ? 1.5 : at);
  const kept = [...some].sort((one, two) => rank(one, some.indexOf(one)) - rank(two, some.indexOf(two)));
  return {
    columns: kept.map((name, at) => ({
      name,
      label: at ? formatMetric(name) : labelOf(name),
      unit: at ? (UNITS[name] ?? 'count') : null,
    })),
    rows: own.map((record) => kept.map((name) => (record[name] ?? null) as Cell)),
    reasons: {},
  };
}

const SOURCES: Readonly<Record<string, string>> = {
  otel_log: 'OTel events',
  otel_span: 'OTel spans',
  transcript: 'Transcript',
  hook: 'Hook',
  console: 'Console',
  sdk: 'SDK',
  counter: 'Counter only',
};

/** Who saw how many of its requests, tool calls and prompts. */
export function sheetOfSources(told: OneSession): Sheet {
  const seen = Object.entries(told.seen_by);
  const sources = Object.keys(SOURCES).filter((source) => seen.some(([, counts]) => counts[source]));
  const records = sources.map((source) => ({
    seen_by: SOURCES[source] ?? source,
    ...Object.fromEntries(
      ['requests', 'tool_calls', 'prompts'].map((what) => [what, told.seen_by[what]?.[source] ?? 0]),
    ),
  }));
  return sheetOfRecords(records);
}

/** In words: `Transcript and OTel events`. */
export function sourcesOf(told: OneSession): string {
  const seen = Object.values(told.seen_by);
  const names = Object.entries(SOURCES).flatMap(([source, name]) =>
    seen.some((counts) => counts[source]) ? [name] : [],
  );
  return names.join(', ') || 'unknown';
}
