/** How a whole divides: one bar from end to end. The names and figures are in a list beside it (Share.svelte). */

import { exact, formatMetric, percent, type Unit } from '../lib/format';
import { sumKnown } from './adding';
import { inkOn } from './colours';
import type { Draw, Input } from './drawing';
import { toSessions } from './leads';
import { hiddenRows, partLines, partReasons, readParts, shareOf, shareText, type Part } from './parts';
import { unitOf } from './series';
import { showTip, tellTip, tipBox, type Tip } from './tooltip';

const MOST_PARTS = 8;
const LEAST_LABEL = 34; // pixels
const NO_SUM: ReadonlySet<Unit> = new Set(['ratio', 'ms', 'mean']);

export interface Slice extends Part {
  readonly colour: string;
  /** Of the sum of all; null where it is not known. */
  readonly share: number | null;
}

/**
 * The parts with their shares, largest first. Where counts overlap, shares are of the parts' own sum; what no sum means
 * anything of, and parts of which some are missing, have none.
 */
export function readSlices(input: Pick<Input, 'answer' | 'panel' | 'metrics' | 'overlays' | 'theme'>): Slice[] {
  const { theme } = input;
  const parts = readParts(input, input.answer.total_rows > MOST_PARTS ? MOST_PARTS - 1 : MOST_PARTS);
  const isBelow = parts.some(({ value }) => (value ?? 0) < 0);
  const isWhole = hiddenRows(input.answer, parts) === 0;
  const unit = unitOf(input.answer, input.panel.metrics[0] ?? '');
  const sum = isBelow || !isWhole || NO_SUM.has(unit) ? 0 : (sumKnown(parts.map(({ value }) => value)) ?? 0);
  let place = 0;
  return parts.map((part) => ({
    ...part,
    share: shareOf(part.value, sum),
    colour:
      part.kind === 'known' ? (theme.series[place++] ?? theme.rest) : part.kind === 'others' ? theme.rest : theme.soft,
  }));
}

export const drawShare: Draw = (input) => {
  const { panel, theme, width, filters = {} } = input;
  const metric = panel.metrics[0] ?? '';
  const unit = unitOf(input.answer, metric);
  const slices = readSlices(input).filter(({ value }) => (value ?? 0) > 0);
  const tip = (at: number): Tip => tipOf(slices[at], input);
  const lead = (at: number) => {
    const slice = slices[at];
    return slice && slice.kind !== 'others' ? toSessions({ filters }, panel.by[0] ?? '', slice.raw, metric) : null;
  };
  return {
    height: 40,
    points: slices.length,
    summary: summarize(slices, unit, formatMetric(metric)),
    tell: (at) => tellTip(tip(at)),
    aim: (at) => ({ seriesIndex: at, dataIndex: 0 }),
    ...(slices.some((_, at) => lead(at))
      ? { follow: lead, pick: ({ seriesName }) => lead(slices.findIndex(({ key }) => key === seriesName)) }
      : {}),
    legend: slices.map(({ key, name, colour, share }, at) => ({
      key,
      name,
      colour,
      text: `${exact(slices[at]?.value, unit)} · ${shareText(share)}`,
      isFixed: true,
    })),
    option: {
      animation: false,
      grid: { left: 0, right: 0, top: 4, bottom: 4 },
      xAxis: { type: 'value', show: false, max: sumKnown(slices.map(({ value }) => value)) ?? 1 },
      yAxis: { type: 'category', show: false, data: [''] },
      tooltip: {
        ...tipBox(theme),
        trigger: 'item',
        formatter: (told: unknown) => showTip(tip((told as { seriesIndex: number }).seriesIndex)),
      },
      series: slices.map(({ key, value, colour, share }) => ({
        name: key,
        type: 'bar',
        stack: 'all',
        barWidth: 28,
        data: [value],
        itemStyle: { color: colour, borderColor: theme.panel, borderWidth: 1 },
        label: {
          show: (share ?? 0) * width >= LEAST_LABEL,
          color: inkOn(colour),
          formatter: () => (share === null ? '' : percent(Math.round(share * 100) / 100)),
        },
        emphasis: { disabled: true },
      })),
    },
  };
};

function tipOf(slice: Slice | undefined, input: Input): Tip {
  if (slice === undefined) return { title: '', lines: [] };
  return {
    title: slice.name,
    lines: [
      ...partLines(slice, input).filter(({ name }) => name !== 'Cost share'),
      { name: 'Share', text: shareText(slice.share) },
    ],
    notes: partReasons(slice, input),
  };
}

function summarize(slices: readonly Slice[], unit: Unit, metric: string): string {
  const parts = slices.map(({ name, value, share }) => `${name} ${exact(value, unit)}, ${shareText(share)}`);
  return `${metric}: ${parts.join('; ')}.`;
}
