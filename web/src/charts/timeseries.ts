/** Values over time: lines, or stacked areas where the parts add up to a whole. */

import { exact, format, formatMetric, formatName, type Unit } from '../lib/format';
import type { Draw, Input } from './drawing';
import { tooltip } from './tooltip';

const MOST_SERIES = 8;
const ADDS_UP = new Set(['usd', 'microusd', 'tokens', 'count', 'lines']);

interface Series {
  readonly name: string;
  readonly unit: Unit;
  readonly values: (number | null)[];
}

export const drawTimeseries: Draw = (input) => {
  const { theme } = input;
  const { pieces, series, time } = readSeries(input);
  const units = [...new Set(series.map(({ unit }) => unit))].slice(0, 2);
  const stacked = series.length > 1 && units.length === 1 && ADDS_UP.has(units[0] ?? '');
  const colours = series.map(({ name }, place) => (name === OTHERS ? theme.rest : (theme.series[place] ?? theme.rest)));
  return {
    height: 260,
    points: pieces.length,
    summary: summarize(series, pieces, time),
    option: {
      animation: false,
      color: colours,
      grid: { left: 8, right: 8, top: series.length > 1 ? 36 : 12, bottom: 4, outerBoundsMode: 'same' },
      legend: {
        show: series.length > 1,
        type: 'scroll',
        top: 0,
        left: 0,
        textStyle: { color: theme.ink },
        icon: 'roundRect',
        itemWidth: 12,
        itemHeight: 12,
      },
      xAxis: {
        type: 'category',
        data: pieces.map((piece) => formatName(piece, time)),
        axisLine: { lineStyle: { color: theme.line } },
        axisTick: { show: false },
        axisLabel: { color: theme.soft, hideOverlap: true },
      },
      yAxis: units.map((unit, place) => ({
        type: 'value',
        position: place ? 'right' : 'left',
        axisLabel: { color: theme.soft, formatter: (value: number) => format(value, unit) },
        splitLine: { show: place === 0, lineStyle: { color: theme.line } },
      })),
      tooltip: {
        trigger: 'axis',
        confine: true,
        transitionDuration: 0,
        formatter: (told: unknown) => {
          const place = (told as { dataIndex: number }[])[0]?.dataIndex ?? 0;
          const lines = series.map(({ name, unit, values }, at) => ({
            name,
            text: exact(values[place], unit),
            colour: colours[at],
          }));
          return tooltip(formatName(pieces[place], time), lines);
        },
      },
      series: series.map(({ name, unit, values }, place) => ({
        name,
        type: pieces.length < 3 ? 'bar' : 'line',
        data: values,
        yAxisIndex: Math.max(0, units.indexOf(unit)),
        ...(stacked ? { stack: 'all', areaStyle: { opacity: 0.55 } } : {}),
        ...(series.length === 1 ? { areaStyle: { opacity: 0.2 } } : {}),
        lineStyle: { width: 2, type: !stacked && place % 2 ? 'dashed' : 'solid' },
        symbol: 'circle',
        symbolSize: 5,
        showSymbol: pieces.length < 15,
        barMaxWidth: 48,
        emphasis: { disabled: true },
      })),
    },
  };
};

const OTHERS = 'others';

function readSeries({ answer, panel }: Input): { pieces: string[]; series: Series[]; time: string } {
  const time = answer.columns[0] ?? '';
  const pieces = [...new Set(answer.rows.map((row) => String(row[0])))];
  const places = new Map(pieces.map((piece, place) => [piece, place]));
  const blank = () => pieces.map(() => null as number | null);
  const units = new Map(answer.about.map(({ name, unit }) => [name, unit as Unit]));
  if (!panel.by.length) {
    const series = panel.metrics.map((metric) => ({
      name: formatMetric(metric),
      unit: units.get(metric) ?? 'count',
      values: answer.rows.map((row) => row[answer.columns.indexOf(metric)] as number | null),
    }));
    return { pieces, series, time };
  }
  const metric = panel.metrics[0] ?? '';
  const [nameAt, valueAt] = [answer.columns.indexOf(panel.by[0] ?? ''), answer.columns.indexOf(metric)];
  const found = new Map<string, (number | null)[]>();
  for (const row of answer.rows) {
    const name = formatName(row[nameAt] as string | null, panel.by[0]);
    const values = found.get(name) ?? blank();
    values[places.get(String(row[0])) ?? 0] = row[valueAt] as number | null;
    found.set(name, values);
  }
  const unit = units.get(metric) ?? 'count';
  const all = [...found].map(([name, values]) => ({ name, unit, values })).filter(({ values }) => values.some(Boolean));
  all.sort((one, two) => total(two.values) - total(one.values));
  const shown = all.length > MOST_SERIES ? all.slice(0, MOST_SERIES - 1) : all;
  const rest = all.slice(shown.length);
  if (rest.length)
    shown.push({ name: OTHERS, unit, values: pieces.map((_, at) => total(rest.map((one) => one.values[at] ?? null))) });
  return { pieces, series: shown, time };
}

function total(values: readonly (number | null)[]): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

function summarize(series: readonly Series[], pieces: readonly string[], time: string): string {
  const span = `${formatName(pieces[0], time)} to ${formatName(pieces.at(-1), time)}`;
  const parts = series.map(({ name, unit, values }) => {
    const known = values.filter((value) => value !== null);
    return known.length
      ? `${name}: highest ${format(Math.max(...known), unit)}, last ${format(values.at(-1), unit)}`
      : `${name}: unknown`;
  });
  return `${span}. ${parts.join('. ')}.`;
}
