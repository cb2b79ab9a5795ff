/** The axis of values: few round ticks in the metric's unit, and a place for the largest. */

import { formatTick, type Unit } from '../lib/format';
import type { Theme } from './theme';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
/** Steps of time that people count in, in seconds. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100].map((count) => count * DAY),
];
const TICKS = 4;

export function valueAxis(
  unit: Unit,
  largest: number,
  theme: Theme,
  { isRight = false, smallest = 0 } = {},
): Record<string, unknown> {
  const scale = unit === 'ms' ? 1000 : 1;
  const isTime = unit === 'seconds' || (unit === 'ms' && largest >= 2000);
  const step = isTime ? STEPS.find((seconds) => seconds * TICKS * scale >= largest) : undefined;
  const whole = unit === 'count' || unit === 'tokens' || unit === 'lines';
  return {
    type: 'value',
    position: isRight ? 'right' : 'left',
    splitNumber: TICKS,
    ...(step !== undefined && largest > step * scale && smallest >= 0
      ? { interval: step * scale, max: Math.ceil(largest / (step * scale)) * step * scale }
      : {}),
    ...(whole ? { minInterval: 1 } : {}),
    // Shares of one whole are seen as such; 101 % would be none.
    ...(unit === 'ratio' && largest <= 1 && smallest >= 0 && largest > 0.5 ? { max: 1, interval: 0.25 } : {}),
    axisLabel: { color: theme.soft, formatter: (value: number) => formatTick(value, unit) },
    splitLine: { show: !isRight, lineStyle: { color: theme.line } },
  };
}
