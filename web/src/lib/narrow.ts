/** What filters can narrow. A figure that a filter cannot narrow is not shown under it: it would be of something else. */

import { labelOf } from './answers';
import { formatMetric } from './format';

type Dimensions = ReadonlyMap<string, { readonly dimensions: readonly string[] }>;

/** The names of filters that no metric knows: misspelt, or of another version. */
export function unknownFilters(filters: readonly string[], metrics: Dimensions): string[] {
  const known = new Set([...metrics.values()].flatMap(({ dimensions }) => dimensions));
  return filters.filter((name) => !known.has(dimensionOf(name)));
}

export interface Narrowed {
  /** The metrics that can be asked for under these filters. */
  readonly asked: readonly string[];
  /** Of the others, what to say. */
  readonly leftOut: readonly string[];
}

/** Which of these metrics go with the filters. With a filter that nobody knows all are asked for: the server says what is wrong. */
export function narrowed(wanted: readonly string[], filters: readonly string[], metrics: Dimensions): Narrowed {
  if (!filters.length || unknownFilters(filters, metrics).length) return { asked: wanted, leftOut: [] };
  const asked: string[] = [];
  const leftOut: string[] = [];
  for (const metric of wanted) {
    const dimensions = metrics.get(metric)?.dimensions;
    const not = dimensions ? filters.filter((name) => !dimensions.includes(dimensionOf(name))) : [];
    if (not.length)
      leftOut.push(
        `${formatMetric(metric)} cannot be narrowed by ${not.map((name) => lower(labelOf(name))).join(', ')}.`,
      );
    else asked.push(metric);
  }
  return { asked, leftOut };
}

/** The API filters the dimension `limit` under another name, which an address may have as well. */
function dimensionOf(filter: string): string {
  return filter === 'plan_limit' ? 'limit' : filter;
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
