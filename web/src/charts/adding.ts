/** Which figures of parts add up to the figure of the whole. */

import type { MetricAbout } from '../lib/about.svelte';

/** Sums do; means, medians, ratios, and counts of different things (one session can have two models) do not. */
export function addsUp(metric: string, metrics: ReadonlyMap<string, MetricAbout>): boolean {
  return metrics.get(metric)?.adds_up ?? false;
}

/** The sum of what is known; null where nothing is. */
export function sumKnown(values: readonly (number | null | undefined)[]): number | null {
  let sum: number | null = null;
  for (const value of values) if (value !== null && value !== undefined) sum = (sum ?? 0) + value;
  return sum === null ? null : settled(sum);
}

/** Without the dust of binary fractions: 0.1 + 0.2 is 0.3. */
export function settled(value: number): number {
  return Number(value.toPrecision(14));
}
