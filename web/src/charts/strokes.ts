/** The marks of a time series as ECharts draws them: columns, areas, lines, the band ahead, dated remarks. */

import type { Unit } from '../lib/format';
import { mix } from './colours';
import type { Stroke } from './drawing';
import type { Ahead } from './forecast';
import type { Mark } from './marks';
import type { Extent } from './pieces';
import type { Series } from './series';
import type { Theme } from './theme';

export const LEAST_COLUMN = 3; // pixels; narrower ones are an area
const STROKES: readonly Stroke[] = ['solid', 'dashed', 'dotted'];
const SIGNS = ['circle', 'rect', 'triangle', 'diamond'] as const;

/** The window before, piece by piece. */
export interface Before {
  readonly values: readonly (number | null)[];
  readonly unit: Unit;
}

export function veil(theme: Theme): string {
  return mix(theme.panel, theme.line, 0.55);
}

/** Lines beside each other differ without their colours, too. */
export function strokeOf(place: number): Stroke {
  return STROKES[place % STROKES.length] ?? 'solid';
}

/** How a series is drawn. */
export interface Look {
  readonly style: 'columns' | 'areas' | 'lines';
  readonly place: number;
  readonly isAlone: boolean;
  readonly colour: string;
  readonly units: readonly Unit[];
  readonly here: readonly Extent[];
  readonly theme: Theme;
}

export function drawn({ key, name, unit, values }: Series, look: Look): Record<string, unknown> {
  const { style, place, isAlone, colour, theme } = look;
  const both = {
    id: key,
    name,
    color: colour,
    yAxisIndex: Math.max(0, look.units.indexOf(unit)),
    emphasis: { disabled: true },
  };
  if (style === 'columns') {
    const isOpen = (at: number) => Boolean(look.here[at]?.until);
    return {
      ...both,
      type: 'bar',
      stack: 'all',
      barMaxWidth: 56,
      barCategoryGap: '25%',
      itemStyle: { color: colour, borderColor: theme.panel, borderWidth: isAlone ? 0 : 0.5 },
      // What the running piece has so far is lighter, with a dashed edge.
      data: values.map((value, at) =>
        isOpen(at) && value
          ? {
              value,
              itemStyle: {
                color: mix(colour, theme.panel, 0.45),
                borderColor: colour,
                borderWidth: 1,
                borderType: 'dashed',
              },
            }
          : value,
      ),
    };
  }
  const sign = SIGNS[place % SIGNS.length];
  const areFew = style === 'lines' && values.filter((value) => value !== null).length < 40;
  const isLone = (at: number) => (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null;
  return {
    ...both,
    type: 'line',
    // A value between two that are unknown has no line to it: its sign is all there is to see.
    data: values.map((value, at) =>
      value !== null && !areFew && isLone(at) ? { value, symbol: sign, symbolSize: 5 } : value,
    ),
    ...(style === 'areas' ? { stack: 'all', areaStyle: { opacity: 0.6 } } : {}),
    lineStyle: { width: style === 'areas' ? 1 : 2, type: style === 'lines' ? strokeOf(place) : 'solid' },
    symbol: areFew ? sign : 'none',
    symbolSize: 6,
    showSymbol: true,
    showAllSymbol: true,
    sampling: values.length > 2000 ? 'lttb' : undefined,
  };
}

export function beforeLine({ values }: Before, theme: Theme): Record<string, unknown> {
  return {
    id: 'before:line',
    name: 'window before',
    type: 'line',
    data: values,
    color: theme.ink,
    lineStyle: { width: 1.5, type: 'dashed', color: theme.ink },
    symbol: 'none',
    z: 4,
    silent: true,
  };
}

/** From low to high, with the middle dashed: two invisible lines with a ground between them. */
export function band(days: Ahead['days'], pieces: readonly string[], theme: Theme): Record<string, unknown>[] {
  if (!days.length) return [];
  const of = new Map(days.map((day) => [day.day, day]));
  const along = (value: (day: Ahead['days'][number]) => number) =>
    pieces.map((piece) => {
      const day = of.get(piece);
      return day ? value(day) : null;
    });
  const line = { type: 'line', symbol: 'none', silent: true, z: 3 };
  const edges = { ...line, stack: 'band', stackStrategy: 'all', lineStyle: { opacity: 0 } };
  return [
    { ...edges, id: 'band:low', data: along(({ low }) => low) },
    {
      ...edges,
      id: 'band:high',
      data: along(({ low, high }) => high - low),
      areaStyle: { color: theme.mark, opacity: 0.22 },
    },
    {
      ...line,
      id: 'band:middle',
      data: along(({ value }) => value),
      lineStyle: { color: theme.mark, width: 2, type: 'dashed' },
      symbol: days.length === 1 ? 'diamond' : 'none',
    },
  ];
}

/** A dashed line from top to bottom for each mark, with the sign of its kind at the top. */
export function markLines(marks: readonly Mark[], pieces: readonly string[], theme: Theme): Record<string, unknown>[] {
  return [...new Set(marks.map(({ symbol }) => symbol))].map((symbol) => ({
    id: `marks:${symbol}`,
    type: 'line',
    data: pieces.map(() => null),
    silent: true,
    markLine: {
      silent: true,
      animation: false,
      symbol: ['none', symbol],
      symbolSize: 9,
      symbolRotate: 0,
      label: { show: false },
      lineStyle: { color: theme.soft, type: [2, 3], width: 1 },
      data: marks.filter((mark) => mark.symbol === symbol).map(({ at }) => ({ xAxis: at })),
    },
  }));
}
