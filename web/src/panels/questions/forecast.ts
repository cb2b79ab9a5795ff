/** What a month comes to, as a sheet and in words. */

import type { Sheet } from '../../lib/answers';
import { formatMetric, percent } from '../../lib/format';
import type { ForecastOf, Forecasts } from './answers';
import { column } from './columns';
import { grouped } from './reasons';

export function forecastSheet(answer: Forecasts): Sheet {
  return {
    columns: [
      column('metric', 'Metric'),
      column('unit', 'Unit'),
      column('so_far', 'So far'),
      column('value', 'Month end'),
      column('low', 'Low'),
      column('high', 'High'),
      column('coverage', 'Intervals that held', 'ratio'),
      column('scaled_error', 'Error beside repeating last week', 'mean'),
      column('reason', 'Why not'),
    ],
    rows: answer.forecasts.map((one) => [
      formatMetric(one.metric),
      one.unit,
      one.so_far,
      one.value,
      one.low,
      one.high,
      one.score?.coverage ?? null,
      one.score?.scaled_error ?? null,
      one.reason ?? '',
    ]),
    reasons: {},
  };
}

/** How the same method did on this history; null where there is no forecast. */
export function backTest({ score }: Pick<ForecastOf, 'score'>): string | null {
  if (score === null) return null;
  if (score.coverage === null) return score.reason ?? 'not tried on this history';
  const held = `${percent(score.coverage)} of ${score.forecasts} held`;
  if (score.scaled_error === null) return held;
  const error = score.scaled_error < 1 ? 'better than repeating last week' : 'no better than repeating last week';
  return `${held}, ${error} (error ${score.scaled_error.toFixed(2)})`;
}

/** What is refused, the same reason once. */
export function refusals(answer: Forecasts): { reason: string; names: string[] }[] {
  const refused = answer.forecasts.filter(({ value }) => value === null);
  return grouped(refused.map(({ metric, reason }) => [formatMetric(metric), reason ?? 'no reason is told']));
}

/** How many days are forecast: of some figures the rest of the running one, too. */
export function daysText(forecasts: Forecasts['forecasts']): string {
  const counts = forecasts.flatMap(({ days_left }) => (days_left === null ? [] : [days_left]));
  if (!counts.length) return '';
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (least === most) return most === 1 ? '1 day is forecast' : `${most} days are forecast`;
  return `${least} to ${most} days are forecast: of some figures the rest of the running day, too`;
}
