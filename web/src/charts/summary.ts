/** What a course comes to: its sum where that is one, the mean of its whole pieces, and the most that one of them had. */

import { exact, format, formatMean, formatName, type Unit } from '../lib/format';
import { sumKnown } from './adding';
import type { Figure } from './drawing';
import { extentText, type Extent } from './pieces';

const WEEKDAY = /\b[A-Z][a-z]{2} (?=\d)/; // the date is enough where there is little room

export interface Summary {
  readonly sum: number | null;
  /** Each whole piece counts the same; null where there is none. */
  readonly mean: number | null;
  /** Of how many pieces the mean is. */
  readonly count: number;
  /** Pieces left out of it because only a part of them is known yet, and because nothing is. */
  readonly partial: number;
  readonly unknown: number;
  readonly most: number | null;
  /** Where that was; -1 for nowhere. */
  readonly mostAt: number;
}

/** Of pieces that are to come nothing is known, and they count for nothing. */
export function summaryOf(values: readonly (number | null)[], here: readonly Extent[]): Summary {
  const past = values.map((value, at) => ({ value, extent: here[at] })).filter(({ extent }) => !extent?.isToCome);
  const whole = past.filter(({ extent }) => !extent || !extentText(extent));
  const known = whole.flatMap(({ value }) => (value === null ? [] : [value]));
  const most = values.reduce<number | null>(
    (high, value) => (value === null || (high !== null && high >= value) ? high : value),
    null,
  );
  const sum = sumKnown(known);
  return {
    sum: sumKnown(values),
    mean: sum === null ? null : sum / known.length,
    count: known.length,
    partial: past.length - whole.length,
    unknown: whole.length - known.length,
    most,
    mostAt: most === null ? -1 : values.indexOf(most),
  };
}

/** The figures in words: each short, and with every digit and what it is of. */
export function figuresOf(
  summary: Summary,
  pieces: readonly string[],
  time: string,
  unit: Unit,
  adds: boolean,
): Figure[] {
  const { sum, mean, most, mostAt } = summary;
  const where = `${time === 'week' ? 'week of ' : ''}${formatName(pieces[mostAt], time)}`;
  return [
    ...(adds ? [{ name: 'sum', text: format(sum, unit), title: `${exact(sum, unit)} in all` }] : []),
    { name: 'mean', text: formatMean(mean, unit), title: meanTitle(summary, time, unit, adds) },
    {
      name: 'most',
      text: format(most, unit),
      title: mostAt < 0 ? 'nothing is known' : `${exact(most, unit)}, ${where}`,
      ...(mostAt < 0 ? {} : { where: where.replace(WEEKDAY, '') }),
    },
  ];
}

/** Which pieces no mean can have in it; empty where there are none. */
export function meansText(here: readonly Extent[], time: string): string {
  const past = here.filter(({ isToCome }) => !isToCome);
  const partial = past.filter((extent) => extentText(extent)).length;
  if (!partial) return '';
  const whole = past.length - partial;
  return `Means are of the ${whole === 1 ? `one whole ${time}` : `${whole} whole ${time}s`}, without ${partial} of which only a part is known.`;
}

function meanTitle({ mean, count, partial, unknown }: Summary, time: string, unit: Unit, adds: boolean): string {
  const whole = count === 1 ? `one whole ${time}` : `${count} whole ${time}s, each counting the same`;
  const without = [
    partial ? `${partial} of which only a part is known` : '',
    unknown ? `${unknown} of which nothing is known` : '',
  ].filter(Boolean);
  const left = without.length ? `; without ${without.join(' and ')}` : '';
  if (mean === null) return `no whole ${time} is known${left}`;
  return `${exact(mean, unit)}${adds ? ` a ${time}` : ''}, the mean of ${whole}${left}`;
}
