/** Ordering and marking the rows of a table of metrics. */

import type { MetricAbout } from '../lib/about.svelte';
import type { Cell, Sheet } from '../lib/answers';
import { numeric } from './series';

export interface Order {
  readonly column: string;
  readonly isFalling: boolean;
}

/** Places of the sheet's rows in that order; what is unknown comes last either way, and equals stay as they were. */
export function orderRows(sheet: Sheet, { column, isFalling }: Order): number[] {
  const at = sheet.columns.findIndex(({ name }) => name === column);
  const places = sheet.rows.map((_, place) => place);
  if (at < 0) return places;
  const compare = (one: Cell, two: Cell): number =>
    typeof one === 'number' && typeof two === 'number' ? one - two : String(one).localeCompare(String(two));
  return places.sort((first, second) => {
    const [one = null, two = null] = [sheet.rows[first]?.[at], sheet.rows[second]?.[at]];
    if (one === null || two === null) return Number(one === null) - Number(two === null) || first - second;
    return (isFalling ? -compare(one, two) : compare(one, two)) || first - second;
  });
}

/** What a click on a head does: figures begin with the largest, names with the first letter, the same head turns about. */
export function turned(order: Order, column: string, isMetric: boolean): Order {
  return column === order.column ? { column, isFalling: !order.isFalling } : { column, isFalling: isMetric };
}

/** How long the bar in a cell is, of 1, against the column's largest; 0 for what has none. */
export function barOf(value: Cell, rows: readonly (readonly Cell[])[], at: number): number {
  const known = numeric(value);
  const largest = rows.reduce((most, row) => Math.max(most, Math.abs(numeric(row[at]) ?? 0)), 0);
  return known === null || largest === 0 ? 0 : Math.abs(known) / largest;
}

const LOW = 0.9;

/** A share of success so low that it is worth a look. */
export function isLow(value: Cell, metric: string, metrics: ReadonlyMap<string, MetricAbout>): boolean {
  const isSuccess = /success|acceptance/.test(metric) && metrics.get(metric)?.unit === 'ratio';
  return isSuccess && typeof value === 'number' && value < LOW;
}
