/** How many there are in each class of a size, in the order of sizes. */

import { exact, format, formatMetric, formatName } from '../lib/format';
import { valueAxis } from './axis';
import type { Draw } from './drawing';
import { toSessions } from './leads';
import { partLines, readParts, type Part } from './parts';
import { unitOf } from './series';
import { axisTip, tellTip, type Tip } from './tooltip';

/** All classes, so that an empty one between two is seen as empty. */
const CLASSES: Readonly<Record<string, readonly string[]>> = {
  session_length: ['0-5', '5-15', '15-30', '30-60', '60-120', '120+'],
  hour_of_day: Array.from({ length: 24 }, (_, hour) => String(hour)),
  weekday: ['1', '2', '3', '4', '5', '6', '7'],
};
const MOST = 200;

export const drawHistogram: Draw = (input) => {
  const { answer, panel, theme, width, filters = {} } = input;
  const dimension = panel.by[0] ?? '';
  const metric = panel.metrics[0] ?? '';
  const unit = unitOf(answer, metric);
  const parts = inOrder(readParts({ ...input, overlays: {} }, MOST), dimension, input);
  const largest = parts.reduce((most, { value }) => Math.max(most, value ?? 0), 0);
  const smallest = parts.reduce((least, { value }) => Math.min(least, value ?? 0), 0);
  const tip = (at: number): Tip => {
    const part = parts[at];
    return part ? { title: part.name, lines: partLines(part, input) } : { title: '', lines: [] };
  };
  const lead = (at: number) => {
    const part = parts[at];
    return part ? toSessions({ filters }, dimension, part.raw, metric) : null;
  };
  return {
    height: 240,
    points: parts.length,
    along: 'x',
    summary: `${formatMetric(metric)}: ${parts.map(({ name, value }) => `${name} ${exact(value, unit)}`).join(', ')}.`,
    tell: (at) => tellTip(tip(at)),
    ...(parts.some((_, at) => lead(at)) ? { follow: lead } : {}),
    option: {
      animation: false,
      grid: { left: 4, right: 8, top: 22, bottom: 4, outerBoundsMode: 'same' },
      xAxis: {
        type: 'category',
        data: parts.map(({ name }) => (width < 420 ? name.replace(/ min$/, '') : name)),
        axisLine: { lineStyle: { color: theme.line } },
        axisTick: { show: false },
        axisLabel: { color: theme.soft, interval: parts.length > 12 ? 'auto' : 0, hideOverlap: true },
      },
      yAxis: valueAxis(unit, largest, theme, { smallest }),
      tooltip: axisTip(theme, { type: 'shadow' }, tip),
      series: [
        {
          type: 'bar',
          barCategoryGap: '8%',
          emphasis: { disabled: true },
          label: {
            show: parts.length <= 12,
            position: 'top',
            color: theme.ink,
            formatter: ({ dataIndex }: { dataIndex: number }) => format(parts[dataIndex]?.value, unit),
          },
          data: parts.map(({ value, kind }) => ({
            value,
            itemStyle: { color: kind === 'known' ? (theme.series[0] ?? theme.mark) : theme.rest },
          })),
        },
      ],
    },
  };
};

/** By the number they begin with; classes that nothing is in are 0 where the metric is a sum, the unknown comes last. */
function inOrder(parts: readonly Part[], dimension: string, { panel, metrics }: Parameters<Draw>[0]): Part[] {
  const found = new Map(parts.map((part) => [part.raw === null ? null : String(part.raw), part]));
  const empty = panel.metrics.map((metric) => metrics.get(metric)?.empty ?? null);
  const missing = (CLASSES[dimension] ?? [])
    .filter((name) => !found.has(name))
    .map((name): Part => ({
      key: `=${name}`,
      name: formatName(name, dimension),
      kind: 'known',
      raw: name,
      value: empty[0] ?? null,
      figures: empty,
      before: null,
    }));
  return [...parts, ...missing].sort((one, two) => rank(one) - rank(two) || one.name.localeCompare(two.name));
}

function rank({ raw, kind }: Part): number {
  if (kind !== 'known') return Infinity;
  const start = parseFloat(String(raw));
  return Number.isNaN(start) ? Number.MAX_VALUE : start;
}
