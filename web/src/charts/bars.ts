/** Ranked bars: names on the left, figures in a column on the right, others summed at the end. */

import { format, formatMetric } from '../lib/format';
import type { Draw, Note } from './drawing';
import { toSessions } from './leads';
import { widest } from './measure';
import { hiddenRows, partLines, partReasons, readParts, whyUnknown, type Part } from './parts';
import { unitOf } from './series';
import type { Theme } from './theme';
import { axisTip, tellTip, type Tip } from './tooltip';

const MOST_BARS = 30;
const ROW = 26;
export const drawBars: Draw = (input) => {
  const { answer, panel, theme, width, filters = {} } = input;
  const metric = panel.metrics[0] ?? '';
  const dimension = panel.by[0] ?? '';
  const unit = unitOf(answer, metric);
  const parts = readParts(input, MOST_BARS);
  const texts = parts.map(({ value }) => format(value, unit));
  const nameWidth = Math.min(widest(parts.map(({ name }) => name)) + 2, width * 0.42, 260);
  const valueWidth = widest(texts, 12, 600) + 8;
  const tip = (at: number): Tip => tipOf(parts[at], input);
  const lead = (at: number) => {
    const part = parts[at];
    return part && part.kind !== 'others' ? toSessions({ filters }, dimension, part.raw, metric) : null;
  };
  const canFollow = parts.some((_, at) => lead(at) !== null);
  const axis = {
    type: 'category',
    inverse: true,
    axisTick: { show: false },
    axisPointer: { label: { show: false } },
  };
  return {
    height: Math.max(parts.length, 2) * ROW + 12,
    points: parts.length,
    along: 'y',
    summary: summarize(parts, texts, formatMetric(metric)),
    tell: (at) => tellTip(tip(at)),
    ...(canFollow ? { follow: lead } : {}),
    notes: notesOf(input, parts),
    option: {
      animation: false,
      grid: { left: 0, right: 0, top: 4, bottom: 4, outerBoundsMode: 'same' },
      xAxis: { type: 'value', show: false, ...ends(parts) },
      yAxis: [
        {
          ...axis,
          data: parts.map(({ name }) => name),
          axisLine: { show: parts.some(({ value }) => (value ?? 0) < 0), lineStyle: { color: theme.line } },
          axisLabel: {
            color: theme.ink,
            width: nameWidth,
            overflow: 'truncate',
            ellipsis: '…',
            interval: 0,
            onZero: false,
          },
        },
        {
          ...axis,
          position: 'right',
          data: texts,
          axisLine: { show: false },
          axisLabel: { color: theme.ink, align: 'right', margin: valueWidth, interval: 0, fontWeight: 600 },
        },
      ],
      tooltip: axisTip(theme, { type: 'shadow', axis: 'y' }, tip),
      series: [
        {
          type: 'bar',
          barMaxWidth: 16,
          barMinHeight: 2,
          cursor: canFollow ? 'pointer' : 'default',
          emphasis: { disabled: true },
          data: parts.map(({ value, kind }) => ({
            // 0 has no bar, however short; and others, that are more than any, would make all bars short.
            value: kind === 'others' && !fits(value, parts) ? null : value || null,
            itemStyle: { color: colourOf(kind, value, theme), borderRadius: 2 },
          })),
        },
      ],
    },
  };
};

function tipOf(part: Part | undefined, input: Parameters<Draw>[0]): Tip {
  if (part === undefined) return { title: '', lines: [] };
  return { title: part.name, lines: partLines(part, input), notes: partReasons(part, input) };
}

/** The unknown and the others are grey; what is below 0 has another colour, and lies on the other side. */
function colourOf(kind: Part['kind'], value: number | null, theme: Theme): string {
  if (kind !== 'known') return theme.rest;
  return (value ?? 0) < 0 ? (theme.series[1] ?? theme.bad) : (theme.series[0] ?? theme.mark);
}

/** A little room beyond the longest bar, before its figure; both sides where there are two. */
function ends(parts: readonly Part[]): { min?: number; max?: number } {
  const [low, high] = extent(parts);
  return { min: low, max: high === low ? low + 1 : high + (high - low) * 0.03 };
}

/** The ends of the bars of single parts. */
function extent(parts: readonly Part[]): [number, number] {
  const values = parts.filter(({ kind }) => kind !== 'others').map(({ value }) => value ?? 0);
  return [Math.min(0, ...values), Math.max(0, ...values)];
}

function fits(value: number | null, parts: readonly Part[]): boolean {
  const [low, high] = extent(parts);
  return value !== null && value >= low && value <= high;
}

function notesOf(input: Parameters<Draw>[0], parts: readonly Part[]): Note[] {
  const hidden = hiddenRows(input.answer, parts);
  const untold = whyUnknown(input.panel, parts);
  if (untold) return [{ text: untold }];
  if (!hidden) return [];
  return [{ text: hidden === 1 ? '1 more is not shown.' : `${hidden} more are not shown.` }];
}

function summarize(parts: readonly Part[], texts: readonly string[], metric: string): string {
  const first = parts.slice(0, 3).map(({ name }, at) => `${name} ${texts[at]}`);
  const rest = parts.length > 3 ? `, and ${parts.length - 3} more bars` : '';
  return `${metric}: ${first.join(', ')}${rest}.`;
}
