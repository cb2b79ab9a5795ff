/** The rows of an answer that is split by one dimension: ranked parts, and what was cut off. */

import type { Answer, PanelAbout } from '../lib/answers';
import { change, exact, formatMetric, formatName, percent, type Unit } from '../lib/format';
import { live } from '../lib/live.svelte';
import { isOver } from '../lib/window';
import { addsUp, settled, sumKnown } from './adding';
import type { Input } from './drawing';
import { numeric, unitOf } from './series';
import type { Line } from './tooltip';

export interface Part {
  readonly key: string;
  readonly name: string;
  readonly kind: 'known' | 'unknown' | 'others';
  /** The dimension's value as it is; null is not known. */
  readonly raw: string | number | boolean | null;
  readonly value: number | null;
  /** Of the panel's metrics, in their order; of others only the first is known. */
  readonly figures: readonly (number | null)[];
  readonly before: number | null;
}

/** At most `most` parts as the answer orders them, and one of all others where the figure adds up. */
export function readParts(input: Pick<Input, 'answer' | 'panel' | 'metrics' | 'overlays'>, most: number): Part[] {
  const { answer, panel, metrics, overlays } = input;
  const dimension = panel.by[0] ?? '';
  const metric = panel.metrics[0] ?? '';
  const nameAt = answer.columns.indexOf(dimension);
  const places = panel.metrics.map((name) => answer.columns.indexOf(name));
  const all = answer.rows.map((row, at): Part => {
    const raw = row[nameAt] ?? null;
    const figures = places.map((place) => numeric(row[place]));
    return {
      key: raw === null ? 'null' : `=${String(raw)}`,
      name: formatName(raw, dimension),
      kind: raw === null || raw === '' ? 'unknown' : 'known',
      raw,
      value: figures[0] ?? null,
      figures,
      before: numeric(answer.previous?.rows[at]?.[(places[0] ?? 0) - panel.by.length]),
    };
  });
  const shown = all.slice(0, most);
  const others = addsUp(metric, metrics) ? othersOf(answer, all, shown, numeric(overlays.whole?.rows[0]?.[0])) : null;
  return others ? [...shown, others] : shown;
}

/** What the parts beyond those come to: from the whole, or from the rows where the answer has all. */
function othersOf(answer: Answer, all: readonly Part[], shown: readonly Part[], whole: number | null): Part | null {
  const count = answer.total_rows - shown.length;
  if (count <= 0) return null;
  const known = sumKnown(shown.map(({ value }) => value)) ?? 0;
  const isAll = answer.total_rows === all.length;
  const value = isAll
    ? sumKnown(all.slice(shown.length).map((part) => part.value))
    : whole === null
      ? null
      : settled(whole - known);
  if (value === null) return null;
  return {
    key: 'others',
    name: count === 1 ? '1 other' : `${count} others`,
    kind: 'others',
    raw: null,
    value,
    figures: [value],
    before: null,
  };
}

/** How many rows there are beyond those shown. */
export function hiddenRows(answer: Answer, parts: readonly Part[]): number {
  return parts.some(({ kind }) => kind === 'others') ? 0 : Math.max(0, answer.total_rows - parts.length);
}

/** All metrics of a part, exact, and how the first one was before. */
export function partLines(part: Part, { answer, panel, now }: Pick<Input, 'answer' | 'panel' | 'now'>): Line[] {
  const lines = part.figures.map((value, at) => {
    const metric = panel.metrics[at] ?? '';
    return { name: formatMetric(metric), text: exact(value, unitOf(answer, metric)) };
  });
  if (!answer.previous || part.kind === 'others') return lines;
  const unit: Unit = unitOf(answer, panel.metrics[0] ?? '');
  const over = isOver(answer.window, now ?? live.moment);
  const changed = change(part.value, part.before, 'neither');
  return [
    ...lines,
    {
      name: over ? 'in the window before' : 'so far in the window before',
      text: `${exact(part.before, unit)}${changed ? ` (${changed.text})` : ''}`,
    },
  ];
}

/** Why figures are unknown, of a part in which some are. */
export function partReasons(part: Part, { answer, panel }: Pick<Input, 'answer' | 'panel'>): string[] {
  return panel.metrics
    .filter((metric, at) => part.figures[at] === null && answer.reasons[metric])
    .map((metric) => `${formatMetric(metric)}: ${answer.reasons[metric]}`);
}

/** A part of the sum as a share; null where shares would say nothing. */
export function shareOf(value: number | null, sum: number): number | null {
  return value === null || sum <= 0 || value < 0 ? null : value / sum;
}

export function shareText(share: number | null): string {
  return share === null ? '' : percent(share);
}

/** What not every source tells. */
const TOLD_BY_SOME = new Set([
  ...['user', 'organization', 'project', 'repository', 'skill', 'subagent', 'plugin', 'mcp_server'],
  ...['feature_name', 'language', 'error_class', 'decision', 'decision_source'],
]);

/** The panel's own words on why there is nothing but the unknown; empty where there is more. */
export function whyUnknown(panel: PanelAbout, parts: readonly { readonly kind: string }[]): string {
  const isUnknown = parts.length > 0 && parts.every(({ kind }) => kind === 'unknown');
  return isUnknown && TOLD_BY_SOME.has(panel.by[0] ?? '') ? panel.empty : '';
}
