/** The forecast beside the days that were: where each further day will lie, and what the month comes to. */

import { exact, format, percent, type Unit } from '../lib/format';
import { settled } from './adding';
import type { Forecasts } from './overlays';

export interface Ahead {
  readonly days: readonly {
    readonly day: string;
    readonly value: number;
    readonly low: number;
    readonly high: number;
  }[];
  /** In a sentence: the month's end, or why there is none. */
  readonly text: string;
  readonly level: number;
}

/** Null where nothing is said about the metric. Costs are forecast in millionths. */
export function readForecast(answer: Forecasts | null | undefined, metric: string, unit: Unit): Ahead | null {
  const name = metric === 'cost_usd' ? 'cost_microusd' : metric;
  const scale = metric === 'cost_usd' ? 1e-6 : 1;
  const found = answer?.forecasts.find((forecast) => forecast.metric === name);
  if (answer === undefined || answer === null) return null;
  if (found === undefined) {
    const reason = answer.left_out[name];
    return { days: [], text: reason ? `No forecast: ${reason}.` : '', level: 0 };
  }
  const scaled = (value: number) => settled(value * scale);
  const days = found.path.map(({ day, day_value, day_low, day_high }) => ({
    day,
    value: scaled(day_value),
    low: scaled(day_low),
    high: scaled(day_high),
  }));
  if (found.value === null || found.low === null || found.high === null)
    return { days: [], text: `No forecast: ${found.reason ?? 'the server gives none'}.`, level: found.level };
  const [value, low, high] = [found.value, found.low, found.high].map(scaled) as [number, number, number];
  return {
    days,
    text: `The month comes to ${format(value, unit)}; in ${percent(found.level)} of cases to between ${format(low, unit)} and ${format(high, unit)}.${heldText(found)}`,
    level: found.level,
  };
}

const LEAST_TRIES = 5; // fewer say nothing

/** That such intervals held less often than they should, where that is so: else the level is a promise nobody kept. */
function heldText({ score, level }: Forecasts['forecasts'][number]): string {
  const held = score?.coverage ?? null;
  if (held === null || held >= level || (score?.forecasts ?? 0) < LEAST_TRIES) return '';
  return ` Tried on your own days, ${percent(held)} of ${score?.forecasts} such intervals held.`;
}

/** Of one day, for the tool tip. */
export function forecastLines(day: Ahead['days'][number], level: number, unit: Unit): { name: string; text: string }[] {
  return [
    { name: 'Forecast of the day', text: exact(day.value, unit) },
    { name: `in ${percent(level)} of cases`, text: `${exact(day.low, unit)} to ${exact(day.high, unit)}` },
  ];
}
