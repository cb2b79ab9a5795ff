/** The rows of an answer as series over pieces of time. */

import type { Answer } from '../lib/answers';
import { formatMetric, formatName, type Unit } from '../lib/format';
import { sumKnown } from './adding';
import type { Input } from './drawing';

const MOST_SERIES = 8;

export interface Series {
  /** What the legend knows it by: two names that look alike stay two. */
  readonly key: string;
  readonly name: string;
  readonly unit: Unit;
  readonly kind: 'known' | 'unknown' | 'others';
  readonly values: readonly (number | null)[];
}

export interface Course {
  /** hour, day, week or month */
  readonly time: string;
  readonly pieces: readonly string[];
  readonly series: readonly Series[];
}

/** A series per metric, or per value of the dimension: those with most of it, the rest summed if they add up. */
export function readCourse({ answer, panel }: Pick<Input, 'answer' | 'panel'>, canSum: boolean): Course {
  const time = answer.columns[0] ?? '';
  const pieces = [...new Set(answer.rows.map((row) => String(row[0])))];
  const dimension = panel.by[0];
  if (dimension === undefined) return { time, pieces, series: perMetric(answer, panel.metrics) };
  const metric = panel.metrics[0] ?? '';
  const unit = unitOf(answer, metric);
  const [nameAt, valueAt] = [answer.columns.indexOf(dimension), answer.columns.indexOf(metric)];
  const places = new Map(pieces.map((piece, place) => [piece, place]));
  const found = new Map<string | number | boolean | null, (number | null)[]>();
  for (const row of answer.rows) {
    const name = row[nameAt] ?? null;
    let values = found.get(name);
    if (values === undefined) found.set(name, (values = pieces.map(() => null)));
    values[places.get(String(row[0])) ?? 0] = numeric(row[valueAt]);
  }
  const all = [...found]
    .filter(([, values]) => values.some((value) => value !== null && value !== 0))
    .map(([name, values]) => ({
      key: name === null ? 'null' : `=${String(name)}`,
      name: formatName(name, dimension),
      unit,
      kind: name === null || name === '' ? ('unknown' as const) : ('known' as const),
      values,
    }))
    .sort((one, two) => weight(two.values) - weight(one.values));
  const series: Series[] = all.length > MOST_SERIES ? all.slice(0, MOST_SERIES - 1) : all;
  const rest = all.slice(series.length);
  if (rest.length && canSum) {
    const values = pieces.map((_, at) => sumKnown(rest.map((one) => one.values[at])));
    series.push({ key: 'others', name: `${rest.length} others`, unit, kind: 'others', values });
  }
  return { time, pieces, series };
}

/** How many values of the dimension have no series of their own, nor are in one of others. */
export function leftOut({ answer, panel }: Pick<Input, 'answer' | 'panel'>, shown: readonly Series[]): number {
  if (shown.some(({ kind }) => kind === 'others')) return 0;
  const [at, metricAt] = [panel.by[0] ?? '', panel.metrics[0] ?? ''].map((name) => answer.columns.indexOf(name)) as [
    number,
    number,
  ];
  const names = new Set(answer.rows.filter((row) => row[metricAt]).map((row) => row[at]));
  return Math.max(0, names.size - shown.length);
}

export function unitOf(answer: Answer, metric: string): Unit {
  return (answer.about.find(({ name }) => name === metric)?.unit ?? 'count') as Unit;
}

export function numeric(cell: unknown): number | null {
  return typeof cell === 'number' && Number.isFinite(cell) ? cell : null;
}

function perMetric(answer: Answer, metrics: readonly string[]): Series[] {
  return metrics.map((metric) => {
    const at = answer.columns.indexOf(metric);
    return {
      key: metric,
      name: formatMetric(metric),
      unit: unitOf(answer, metric),
      kind: 'known',
      values: answer.rows.map((row) => numeric(row[at])),
    };
  });
}

function weight(values: readonly (number | null)[]): number {
  return values.reduce<number>((sum, value) => sum + Math.abs(value ?? 0), 0);
}
