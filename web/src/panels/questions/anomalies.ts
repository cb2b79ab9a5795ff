/** Days that stand out: as a sheet, in words, and where their evidence is. */

import { labelOf, type DashboardAbout, type Sheet } from '../../lib/answers';
import { formatMetric, formatName } from '../../lib/format';
import type { Anomalies, Anomaly } from './answers';
import { column } from './columns';

export function anomaliesSheet(answer: Anomalies): Sheet {
  return {
    columns: [
      column('day', 'Day'),
      column('metric', 'Metric'),
      column('unit', 'Unit'),
      column('value', 'Value'),
      column('expected', 'Usual'),
      column('direction', 'Direction'),
      column('contributors', 'Contributed most'),
    ],
    rows: answer.anomalies.map((one) => [
      one.day,
      formatMetric(one.metric),
      one.unit,
      one.value,
      one.expected,
      one.direction,
      one.contributors
        .map(({ dimension, value }) => `${labelOf(dimension)} ${formatName(value, dimension)}`)
        .join('; '),
    ]),
    reasons: {},
  };
}

/** Nothing at all to say: every metric was looked at, and no day stands out. */
export function nothingStandsOut(answer: Anomalies): boolean {
  return !answer.anomalies.length && !Object.keys(answer.unknown).length && !Object.keys(answer.left_out).length;
}

/** Of each dimension the value that is furthest from what is usual for it: the answer has these first. */
export function mainContributors(anomaly: Anomaly): Anomaly['contributors'] {
  const seen = new Set<string>();
  return anomaly.contributors.filter(({ dimension }) => !seen.has(dimension) && seen.add(dimension));
}

/** By day, the newest first. */
export function byDay(anomalies: readonly Anomaly[]): { day: string; anomalies: Anomaly[] }[] {
  const days = new Map<string, Anomaly[]>();
  for (const one of anomalies) days.set(one.day, [...(days.get(one.day) ?? []), one]);
  return [...days].sort(([one], [two]) => two.localeCompare(one)).map(([day, found]) => ({ day, anomalies: found }));
}

/** The time series that shows a metric: the same money in another unit is the same figure. Null: none does. */
export function evidenceOf(
  metric: string,
  dashboards: readonly DashboardAbout[],
): { tab: string; panel: string } | null {
  const names = new Set([metric, metric.replace(/_microusd$/, '_usd'), metric.replace(/_usd$/, '_microusd')]);
  const found = dashboards.flatMap((dashboard) =>
    dashboard.panels
      .filter((panel) => panel.chart === 'timeseries' && panel.metrics.some((name) => names.has(name)))
      .map((panel) => ({
        tab: dashboard.name,
        panel: panel.title,
        // Tabs of summaries come last: the evidence is where the metric is at home, as what is drawn first.
        rank: (['overview', 'trends'].includes(dashboard.name) ? 2 : 0) + (names.has(panel.metrics[0] ?? '') ? 0 : 1),
      })),
  );
  const [best] = found.sort((one, two) => one.rank - two.rank);
  return best ? { tab: best.tab, panel: best.panel } : null;
}
