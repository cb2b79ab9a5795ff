/** Which way it goes, in words and as a sheet. */

import type { Sheet } from '../../lib/answers';
import { formatMetric, type Unit } from '../../lib/format';
import type { TrendOf, Trends } from './answers';
import { column, plain } from './columns';

export function trendsSheet(answer: Trends): Sheet {
  return {
    columns: [
      column('metric', 'Metric'),
      column('direction', 'Direction'),
      column('p_value', 'p'),
      column('change_ratio', 'Later half over earlier', 'ratio'),
      column('slope_per_day', 'Each day'),
      column('unit', 'Unit'),
      column('days', 'Whole days', 'count'),
      column('first_day', 'From'),
      column('last_day', 'To'),
      column('reason', 'Why not'),
    ],
    rows: answer.trends.map((one) => [
      formatMetric(one.metric),
      one.direction,
      plain(one.p_value),
      one.change_ratio,
      plain(one.slope_per_day),
      one.unit,
      one.days,
      one.first_day,
      one.last_day,
      one.reason ?? '',
    ]),
    reasons: {},
  };
}

/** The direction with its sign; both say the same. */
export function directionWords(direction: TrendOf['direction']): string {
  switch (direction) {
    case 'increasing':
      return '▲ increasing';
    case 'decreasing':
      return '▼ decreasing';
    case 'stable':
      return 'stable';
    default:
      return 'not known';
  }
}

/** Good or bad only where one is better than the other. */
export function directionTone({ direction, better }: Pick<TrendOf, 'direction' | 'better'>): 'good' | 'bad' | '' {
  if (better === 'neither' || (direction !== 'increasing' && direction !== 'decreasing')) return '';
  return (direction === 'increasing') === (better === 'higher') ? 'good' : 'bad';
}

/** A p value as it is read: three digits, and none that is rounded to nothing. */
export function pWords(p: number | null | undefined): string {
  if (p === null || p === undefined || Number.isNaN(p)) return '–';
  return p < 0.001 ? '<0.001' : p.toFixed(3);
}

/** Why no direction is known of any figure, where that is the same for all of them; empty where one is. */
export function untoldAlike({ trends }: Pick<Trends, 'trends'>): string {
  const [first] = trends;
  const alike = trends.every(({ direction, reason }) => direction === null && reason === first?.reason);
  return alike ? (first?.reason ?? '') : '';
}

/** What is counted in whole pieces grows by parts of one. */
export function slopeUnit(slope: number, unit: Unit): Unit {
  return ['count', 'lines', 'tokens'].includes(unit) && Math.abs(slope) < 100 ? 'mean' : unit;
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Monday to Sunday beside the mean, where weekdays differ by more than chance; null where they do not. */
export function weekdayWords({ weekdays }: Pick<TrendOf, 'weekdays'>): string | null {
  if (!weekdays.is_seasonal || weekdays.factors === null) return null;
  return weekdays.factors.map((factor, day) => `${DAYS[day] ?? ''} ${factor.toFixed(1)}`).join(', ');
}
