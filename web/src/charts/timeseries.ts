/** Values over time: stacked columns (areas where there are many) of what adds up to a whole, else lines. */

import { exact, format, formatName, type Unit } from '../lib/format';
import { addsUp, sumKnown } from './adding';
import { valueAxis } from './axis';
import type { Draw, Drawing, Input, Note } from './drawing';
import { forecastLines, readForecast, type Ahead } from './forecast';
import { aheadEntry, BEFORE, legendOf } from './legends';
import { readMarks, type Mark } from './marks';
import { whyUnknown } from './parts';
import { extents, extentText, pieceEnd, pieceLabel, spanOfPiece, type Extent } from './pieces';
import { leftOut, numeric, readCourse, type Course, type Series } from './series';
import { band, beforeLine, drawn, LEAST_COLUMN, markLines, veil, type Before } from './strokes';
import { meansText } from './summary';
import { axisTip, tellTip, type Tip } from './tooltip';

export const drawTimeseries: Draw = (input) => {
  const { answer, panel, theme, width, off = new Set<string>() } = input;
  const canSum = panel.metrics.every((metric) => addsUp(metric, input.metrics));
  const course = readCourse(input, canSum);
  const { time } = course;
  const here = extents(course.pieces, time, answer, input.now);
  const all = course.series.map((series) => ({
    ...series,
    values: series.values.map((value, at) => (here[at]?.isToCome ? null : value)),
  }));
  const units = [...new Set(all.map(({ unit }) => unit))].slice(0, 2);
  const fitting = all.filter(({ unit }) => units.includes(unit));
  const shown = fitting.filter(({ key }) => !off.has(key));
  const isSummed = canSum && units.length === 1;
  // Both are about the whole: beside some of its parts they would mislead.
  const isWhole = !panel.by.length || shown.length === fitting.length;
  const before = isWhole ? readBefore(input, all, isSummed) : null;
  const ahead = readAhead(input, course, here);
  const days = isWhole ? cutAhead(ahead, course.pieces) : [];
  const pieces = [...course.pieces, ...days.map(({ day }) => day).filter((day) => !course.pieces.includes(day))];
  const { marks, notes: marked } = readMarks(input.overlays.markers, course.pieces, time);
  const style = isSummed ? (width >= pieces.length * LEAST_COLUMN ? 'columns' : 'areas') : 'lines';
  const looks = colours(fitting, theme);
  const places = new Map(fitting.map(({ key }, place) => [key, place]));
  const tip = (at: number): Tip =>
    tipOf(at, {
      pieces,
      time,
      shown,
      looks,
      before: off.has(BEFORE) ? null : before,
      here,
      days,
      ahead,
      marks,
      isSummed,
    });
  const heights = reach(shown, units, isSummed, off.has(BEFORE) ? null : before, days);
  return {
    height: 260,
    points: pieces.length,
    along: 'x',
    moments: pieces.map((piece) => spanOfPiece(piece, time)),
    summary: summarize(course, shown, isSummed, ahead),
    tell: (at) => tellTip(tip(at)),
    follow: (at) => spanOf(course, at, at),
    span: (first, last) => spanOf(course, first, last),
    legend: [
      ...legendOf(
        { ...course, series: fitting },
        { looks, before, isSummed, here, metrics: input.metrics, panel, theme },
      ),
      ...(days.length ? [aheadEntry(ahead, theme)] : []),
    ],
    means: meansText(here, time),
    notes: notesOf(input, all, fitting, ahead, marked),
    option: {
      animation: false,
      grid: {
        left: 4,
        right: units.length > 1 ? 4 : 12,
        top: marks.length ? 18 : 10,
        bottom: 4,
        outerBoundsMode: 'same',
      },
      xAxis: {
        type: 'category',
        data: pieces.map((piece) => pieceLabel(piece, time, pieces.length > 10)),
        axisLine: { lineStyle: { color: theme.line } },
        axisTick: { show: false },
        axisLabel: { color: theme.soft, hideOverlap: true },
        // Pieces of which only a part is known have another ground.
        splitArea: {
          show: true,
          interval: 0,
          areaStyle: { color: pieces.map((_, at) => (here[at] && extentText(here[at]) ? veil(theme) : 'transparent')) },
        },
      },
      yAxis: units.map((unit, place) =>
        valueAxis(unit, heights.largest[place] ?? 0, theme, {
          isRight: place > 0,
          smallest: heights.smallest[place] ?? 0,
        }),
      ),
      tooltip: axisTip(theme, { type: style === 'lines' ? 'line' : 'shadow', lineStyle: { color: theme.soft } }, tip),
      series: [
        ...shown.map((series) =>
          drawn(series, {
            style,
            place: places.get(series.key) ?? 0,
            isAlone: shown.length === 1,
            colour: looks.get(series.key) ?? theme.rest,
            units,
            here,
            theme,
          }),
        ),
        ...(before && !off.has(BEFORE) ? [beforeLine(before, theme)] : []),
        ...band(days, pieces, theme),
        ...markLines(marks, pieces, theme),
      ],
    },
  };
};

/** The window before, as one line: of the only series, or of the whole that the parts add up to. */
function readBefore({ answer, panel, overlays }: Input, all: readonly Series[], isSummed: boolean): Before | null {
  const unit = all[0]?.unit;
  if (unit === undefined) return null;
  const isSplit = panel.by.length > 0;
  const asked = isSplit ? (isSummed ? overlays.whole : null) : panel.metrics.length === 1 ? answer : null;
  const rows = asked?.previous?.rows;
  // Another answer may be of another moment: then its pieces are not these.
  if (!rows || asked.rows.length !== new Set(answer.rows.map((row) => row[0])).size) return null;
  const values = rows.map((row) => numeric(row?.[0]));
  return values.some(Boolean) ? { values, unit } : null;
}

/** Only for days, and only where the window reaches the running one. */
function readAhead(
  { panel, overlays }: Input,
  { time, pieces, series }: Course,
  here: readonly Extent[],
): Ahead | null {
  if (time !== 'day' || !panel.overlays.includes('forecast')) return null;
  const today = overlays.forecast?.today;
  const reaches = here.some(({ isToCome }) => isToCome) || (today !== undefined && pieces.includes(today));
  return reaches ? readForecast(overlays.forecast, panel.metrics[0] ?? '', series[0]?.unit ?? 'count') : null;
}

/** As many days ahead as there are behind, at most: what was stays readable. */
function cutAhead(ahead: Ahead | null, pieces: readonly string[]): Ahead['days'] {
  return (ahead?.days ?? []).slice(0, Math.max(7, pieces.length));
}

function colours(series: readonly Series[], theme: Input['theme']): Map<string, string> {
  let place = 0;
  return new Map(
    series.map(({ key, kind }) => [
      key,
      kind === 'known' ? (theme.series[place++] ?? theme.rest) : kind === 'others' ? theme.rest : theme.soft,
    ]),
  );
}

interface Told {
  readonly pieces: readonly string[];
  readonly time: string;
  readonly shown: readonly Series[];
  readonly looks: ReadonlyMap<string, string>;
  readonly before: Before | null;
  readonly here: readonly Extent[];
  readonly days: Ahead['days'];
  readonly ahead: Ahead | null;
  readonly marks: readonly Mark[];
  readonly isSummed: boolean;
}

function tipOf(at: number, told: Told): Tip {
  const { pieces, time, shown, looks, before, here, days, ahead, marks, isSummed } = told;
  const piece = pieces[at] ?? '';
  const extent = here[at];
  const unit = shown[0]?.unit ?? 'count';
  const parts = extent
    ? shown
        .filter(({ values }) => !isSummed || shown.length < 4 || values[at] !== 0)
        .map(({ key, name, unit, values }) => ({ name, text: exact(values[at], unit), colour: looks.get(key) }))
    : [];
  const isMany = isSummed && shown.length > 1 && extent;
  const whole = isMany
    ? [{ name: 'together', text: exact(sumKnown(shown.map(({ values }) => values[at])), unit) }]
    : [];
  const was = before && extent ? [{ name: 'in the window before', text: exact(before.values[at], before.unit) }] : [];
  const day = days.find((one) => one.day === piece);
  const foreseen = day && ahead ? forecastLines(day, ahead.level, unit) : [];
  return {
    title: time === 'week' ? `Week of ${formatName(piece, time)}` : formatName(piece, time),
    lines: [...parts, ...whole, ...was, ...foreseen],
    notes: [extent ? extentText(extent) : '', ...marks.filter((mark) => mark.at === at).flatMap(({ texts }) => texts)],
  };
}

function spanOf({ pieces, time }: Course, first: number, last: number): ReturnType<NonNullable<Drawing['span']>> {
  const [from, to] = [pieces[Math.min(first, last)], pieces[Math.min(Math.max(first, last), pieces.length - 1)]];
  if (from === undefined || to === undefined) return null;
  const since = time === 'hour' ? new Date(Date.parse(from)).toISOString() : from.slice(0, 10);
  return { range: '', since, until: pieceEnd(to, time) };
}

function notesOf(
  input: Input,
  all: readonly Series[],
  fitting: readonly Series[],
  ahead: Ahead | null,
  marked: readonly Note[],
): Note[] {
  const undrawn = all.filter((series) => !fitting.includes(series)).map(({ name }) => name);
  const cut = input.panel.by[0] === undefined ? 0 : leftOut(input, all);
  const untold = whyUnknown(input.panel, all);
  return [
    ...(undrawn.length
      ? [{ text: `Not drawn, because of a third unit: ${undrawn.join(', ')}. The table has it.` }]
      : []),
    ...(cut ? [{ text: `${cut} more are in the table only.` }] : []),
    ...(untold ? [{ text: untold }] : []),
    ...(ahead?.text ? [{ text: ahead.text }] : []),
    ...(input.overlays.problems ?? []).map((text) => ({ text })),
    ...marked,
  ];
}

/** The largest and smallest height on each axis. */
function reach(
  shown: readonly Series[],
  units: readonly Unit[],
  isSummed: boolean,
  before: Before | null,
  days: Ahead['days'],
): { largest: number[]; smallest: number[] } {
  const ends = units.map((unit, place) => {
    const rows = shown.filter((series) => series.unit === unit).map(({ values }) => values);
    const heights = isSummed
      ? (rows[0] ?? []).map((_, at) => rows.reduce((sum, values) => sum + Math.max(0, values[at] ?? 0), 0))
      : rows.flat().map((value) => value ?? 0);
    const lows = rows.flat().map((value) => value ?? 0);
    const more =
      place === 0 ? [...(before?.values ?? []).map((value) => value ?? 0), ...days.map(({ high }) => high)] : [];
    return {
      largest: [...heights, ...more].reduce((most, value) => Math.max(most, value), 0),
      smallest: lows.reduce((least, value) => Math.min(least, value), 0),
    };
  });
  return { largest: ends.map(({ largest }) => largest), smallest: ends.map(({ smallest }) => smallest) };
}

function summarize({ pieces, time }: Course, shown: readonly Series[], isSummed: boolean, ahead: Ahead | null): string {
  const span = `${formatName(pieces[0], time)} to ${formatName(pieces.at(-1), time)}`;
  const parts = shown.map(({ name, unit, values }) => {
    const known = values.filter((value) => value !== null);
    if (!known.length) return `${name}: unknown`;
    const most = known.reduce((one, two) => Math.max(one, two));
    const at = formatName(pieces[values.indexOf(most)], time);
    const sum = isSummed ? `${format(sumKnown(values), unit)} in all, ` : '';
    return `${name}: ${sum}most ${format(most, unit)} on ${at}, last ${format(known.at(-1), unit)}`;
  });
  return [`${span}. ${parts.join('. ')}.`, ahead?.text].filter(Boolean).join(' ');
}
