/** Two dimensions crossed: a cell for each pair, darker the more there is. */

import { exact, format, formatMetric, formatName, type Unit } from '../lib/format';
import { inkOn, mix } from './colours';
import type { Draw, Input, LegendEntry } from './drawing';
import { toCrossed } from './leads';
import { numeric, unitOf } from './series';
import type { Theme } from './theme';
import { showTip, tellTip, tipBox, type Tip } from './tooltip';
import { extents, pieceEnd } from './pieces';

const LEVELS = 5;
const MOST = 400; // columns or rows
const LEAST_CELL = 10; // pixels
const UNKNOWN = -1;

type Name = string | number | boolean | null;

export const drawHeatmap: Draw = (input) => {
  const { answer, panel, theme, width, filters = {} } = input;
  const metric = panel.metrics[0] ?? '';
  const unit = unitOf(answer, metric);
  const [columnsBy, rowsBy] = sides(panel.by);
  const columns = namesOf(
    answer.rows.map((row) => cell(row[answer.columns.indexOf(columnsBy)])),
    columnsBy,
  );
  const rows = namesOf(
    answer.rows.map((row) => cell(row[answer.columns.indexOf(rowsBy)])),
    rowsBy,
  );
  const outside = outsideOf(input, columns, rows, columnsBy, rowsBy);
  const figures = read(input, columns, rows, columnsBy, rowsBy).map((figure, at) =>
    outside[at] ? figure.map(() => null) : figure,
  );
  const values = figures.map((figure) => figure[0] ?? null);
  const limits = limitsOf(values);
  const ramp = rampOf(theme);
  const levels = values.map((value) => levelOf(value, limits));
  const names = (at: number) => {
    const [column, row] = [columns[at % columns.length] ?? null, rows[Math.floor(at / columns.length)] ?? null];
    return `${formatName(row, rowsBy)}, ${columnsBy === 'week' ? 'week of ' : ''}${formatName(column, columnsBy)}`;
  };
  const tip = (at: number): Tip => ({
    title: names(at),
    lines: panel.metrics.map((name, place) => ({
      name: formatMetric(name),
      text: exact(figures[at]?.[place], unitOf(answer, name)),
    })),
    notes: outside[at] ? ['not in this time range'] : [],
  });
  const lead = (at: number) => {
    if (outside[at] || !figures[at]?.some(Boolean)) return null; // there is nothing to open
    const column = columns[at % columns.length] ?? null;
    return toCrossed(
      { filters },
      { [columnsBy]: column, [rowsBy]: rows[Math.floor(at / columns.length)] ?? null },
      metric,
    );
  };
  const canFollow = figures.some((_, at) => lead(at) !== null);
  const cellWidth = (width - 44) / Math.max(columns.length, 1);
  const label = (name: Name, dimension: string) =>
    dimension === 'weekday'
      ? formatName(name, dimension).slice(0, 3)
      : dimension === 'hour_of_day'
        ? String(name)
        : formatName(name, dimension);
  const axis = (names: readonly Name[], dimension: string) => ({
    type: 'category',
    data: names.map((name) => label(name, dimension)),
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { color: theme.soft, width: 120, overflow: 'truncate' },
  });
  const height = Math.min(Math.max(rows.length * 28, 120), 720) + 28;
  return {
    height,
    points: figures.length,
    across: columns.length,
    summary: summarize(values, outside, names, formatMetric(metric), unit),
    tell: (at) => tellTip(tip(at)),
    ...(canFollow ? { follow: lead } : {}),
    legend: legendOf(limits, ramp, values, outside, unit, theme),
    ...(cellWidth < LEAST_CELL ? { notes: [{ text: 'The cells are narrow here: the table has all figures.' }] } : {}),
    option: {
      animation: false,
      grid: { left: 2, right: 2, top: 2, bottom: 4, outerBoundsMode: 'same' },
      xAxis: {
        ...axis(columns, columnsBy),
        axisLabel: {
          color: theme.soft,
          hideOverlap: true,
          interval: columnsBy === 'hour_of_day' ? (cellWidth < 20 ? 5 : 2) : 'auto',
        },
      },
      yAxis: { ...axis(rows, rowsBy), inverse: true },
      // The colours are of levels: one hot cell must not make all others pale.
      visualMap: { show: false, dimension: 2, min: UNKNOWN, max: LEVELS, inRange: { color: ['transparent', ...ramp] } },
      tooltip: {
        ...tipBox(theme),
        trigger: 'item',
        formatter: (told: unknown) => showTip(tip((told as { dataIndex: number }).dataIndex)),
      },
      series: [
        {
          type: 'heatmap',
          cursor: canFollow ? 'pointer' : 'default',
          data: levels.map((level, at) => ({
            value: [at % columns.length, Math.floor(at / columns.length), level],
            itemStyle: {
              borderColor: theme.panel,
              borderWidth: cellWidth > 14 ? 2 : 1,
            },
            label: { color: inkOn(ramp[Math.max(level, 0)] ?? theme.panel) },
          })),
          label: {
            show: cellWidth >= 46,
            fontSize: 11,
            formatter: ({ dataIndex }: { dataIndex: number }) =>
              values[dataIndex] ? format(values[dataIndex], unit) : '',
          },
          emphasis: { itemStyle: { borderColor: theme.ink, borderWidth: 1 } },
        },
      ],
    },
  };
};

/** Days of the week go down, whatever is beside them goes along. */
function sides(by: readonly string[]): [string, string] {
  const [one = '', two = ''] = by;
  return two === 'weekday' ? [one, two] : one === 'weekday' ? [two, one] : [two, one];
}

/** All values that there can be, where that is known; else those that there are. */
function namesOf(found: readonly Name[], dimension: string): Name[] {
  const names = [...new Set(found)];
  const unknown = names.includes(null) ? [null] : [];
  if (dimension === 'weekday') return [1, 2, 3, 4, 5, 6, 7, ...unknown];
  if (dimension === 'hour_of_day') return [...Array(24).keys(), ...unknown];
  const known = names.filter((name) => name !== null);
  if (!['day', 'week', 'month'].includes(dimension)) return [...known, ...unknown].slice(0, MOST);
  const sorted = known.map(String).sort();
  const last = sorted.at(-1);
  const all: Name[] = [];
  for (
    let at = sorted[0];
    at !== undefined && last !== undefined && at <= last && all.length < MOST;
    at = pieceEnd(at, dimension)
  )
    all.push(at);
  return all;
}

function cell(value: unknown): Name {
  return value === undefined ? null : (value as Name);
}

/** The metrics of each cell, row by row; a pair without a row is what the metric is of nothing: 0, or unknown. */
function read(
  input: Input,
  columns: readonly Name[],
  rows: readonly Name[],
  columnsBy: string,
  rowsBy: string,
): (number | null)[][] {
  const { answer, panel, metrics } = input;
  const empty = panel.metrics.map((metric) => metrics.get(metric)?.empty ?? null);
  const across = new Map(columns.map((name, at) => [name, at]));
  const down = new Map(rows.map((name, at) => [name, at]));
  const figures = Array.from({ length: columns.length * rows.length }, () => empty);
  const [columnAt, rowAt] = [answer.columns.indexOf(columnsBy), answer.columns.indexOf(rowsBy)];
  const places = panel.metrics.map((metric) => answer.columns.indexOf(metric));
  for (const row of answer.rows) {
    const [x, y] = [across.get(cell(row[columnAt])), down.get(cell(row[rowAt]))];
    if (x !== undefined && y !== undefined)
      figures[y * columns.length + x] = places.map((place) => numeric(row[place]));
  }
  return figures;
}

/** Of a calendar: which of its days are before the time range, after it, or to come. */
function outsideOf(
  { answer, now = Date.now() }: Input,
  columns: readonly Name[],
  rows: readonly Name[],
  columnsBy: string,
  rowsBy: string,
): boolean[] {
  if (columnsBy !== 'week' || rowsBy !== 'weekday') return [];
  const days = rows.flatMap((weekday) => columns.map((week) => dayOf(week, weekday)));
  const here = extents(
    days.map((day) => day ?? ''),
    'day',
    answer,
    now,
  );
  const first = answer.window.since?.slice(0, 10) ?? '';
  return days.map((day, at) => day !== null && (day < first || Boolean(here[at]?.isToCome)));
}

function dayOf(week: Name, weekday: Name): string | null {
  if (week === null || weekday === null) return null;
  const at = new Date(`${String(week)}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + Number(weekday) - 1);
  return at.toISOString().slice(0, 10);
}

/** The upper ends of the levels: squares of even steps, so that the small ones differ too. */
function limitsOf(values: readonly (number | null)[]): number[] {
  const largest = values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  return Array.from({ length: LEVELS }, (_, at) => largest * ((at + 1) / LEVELS) ** 2);
}

/** 0 is nothing, 1 to LEVELS the more the darker; UNKNOWN is unknown. What is below 0 counts as nothing here. */
function levelOf(value: number | null, limits: readonly number[]): number {
  if (value === null) return UNKNOWN;
  if (value <= 0) return 0;
  const at = limits.findIndex((limit) => value <= limit);
  return at < 0 ? LEVELS : at + 1;
}

function rampOf(theme: Theme): string[] {
  return [
    mix(theme.panel, theme.line, 0.5),
    ...Array.from({ length: LEVELS }, (_, at) => mix(theme.panel, theme.mark, 0.2 + (0.8 * at) / (LEVELS - 1))),
  ];
}

function legendOf(
  limits: readonly number[],
  ramp: readonly string[],
  values: readonly (number | null)[],
  outside: readonly boolean[],
  unit: Unit,
  theme: Theme,
): LegendEntry[] {
  const isWhole = values.every((value) => value === null || Number.isInteger(value));
  const text = (value: number) => format(isWhole ? Math.floor(value) : Number(value.toPrecision(3)), unit);
  const entries = [
    { key: 'none', name: text(0), colour: ramp[0] ?? theme.line, text: '' },
    ...limits.map((limit, at) => ({
      key: `${at}`,
      name: `to ${text(limit)}`,
      colour: ramp[at + 1] ?? theme.mark,
      text: '',
    })),
  ].filter(({ name }, at, all) => all.findIndex((one) => one.name === name) === at);
  const isUnknown = values.some((value, at) => value === null && !outside[at]);
  const blank = [...(isUnknown ? ['not known'] : []), ...(outside.includes(true) ? ['not in this time range'] : [])];
  const unknown = blank.length
    ? [{ key: 'unknown', name: `blank: ${blank.join(', or ')}`, colour: theme.panel, text: '' }]
    : [];
  return [...entries, ...unknown].map((entry) => ({ ...entry, isFixed: true }));
}

function summarize(
  values: readonly (number | null)[],
  outside: readonly boolean[],
  names: (at: number) => string,
  metric: string,
  unit: Unit,
): string {
  const largest = values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  const filled = values.filter((value) => value !== null && value !== 0).length;
  const count = values.filter((_, at) => !outside[at]).length;
  if (!largest) return `${metric}: nothing in ${count} cells.`;
  return `${metric}: most ${exact(largest, unit)} on ${names(values.indexOf(largest))}; something in ${filled} of ${count} cells.`;
}
