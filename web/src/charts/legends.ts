/** The legend of a time series: each course with its colour, and what it comes to. */

import { format, percent } from '../lib/format';
import { addsUp, sumKnown } from './adding';
import type { Input, LegendEntry } from './drawing';
import type { Ahead } from './forecast';
import type { Extent } from './pieces';
import type { Course } from './series';
import { strokeOf, type Before } from './strokes';
import { figuresOf, summaryOf } from './summary';

/** The window before, as `off` names it. */
export const BEFORE = 'before';

interface Legends extends Pick<Input, 'metrics' | 'panel' | 'theme'> {
  readonly looks: ReadonlyMap<string, string>;
  /** The window before, where it is the same sum. */
  readonly before: Before | null;
  readonly isSummed: boolean;
  readonly here: readonly Extent[];
}

/** One that is alone stays, and needs no name: it is the panel's. */
export function legendOf({ pieces, time, series }: Course, legends: Legends): LegendEntry[] {
  const { before, here, isSummed, looks, metrics, panel, theme } = legends;
  const isAlone = series.length === 1 && !before && !panel.by.length;
  const entries = series.map(({ key, name, unit, values }, place): LegendEntry => {
    const adds = addsUp(panel.by.length ? (panel.metrics[0] ?? '') : key, metrics);
    const figures = figuresOf(summaryOf(values, here), pieces, time, unit, adds);
    const [first] = figures;
    const sum = adds && first ? first.text : '';
    return {
      key,
      name,
      colour: looks.get(key) ?? theme.rest,
      text: [sum, unit === series[0]?.unit ? '' : 'right axis'].filter(Boolean).join(', '),
      ...(isSummed ? {} : { stroke: strokeOf(place) }),
      ...(isAlone ? { isFixed: true } : {}),
      figures,
      title: figures.map(({ name, title }) => `${name}: ${title}`).join('; '),
    };
  });
  if (before)
    entries.push({
      key: BEFORE,
      name: 'window before',
      colour: theme.ink,
      text: isSummed ? format(sumKnown(before.values), before.unit) : '',
      title: 'the same length of time just before',
      stroke: 'dashed',
    });
  return entries;
}

/** What the band ahead is. */
export function aheadEntry(ahead: Ahead | null, theme: Input['theme']): LegendEntry {
  const name = `forecast, ${percent(ahead?.level ?? 0)} of cases`;
  return { key: 'ahead', name, colour: theme.mark, text: '', stroke: 'dashed', isFixed: true };
}
