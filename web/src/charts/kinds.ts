/** Which function draws which kind of chart, or which component shows it where a drawing is not all. */

import type { Component } from 'svelte';
import type { MetricAbout } from '../lib/about.svelte';
import type { PanelAbout } from '../lib/answers';
import { addsUp } from './adding';
import { drawBars } from './bars';
import type { Draw, Input } from './drawing';
import { drawHeatmap } from './heatmap';
import { drawHistogram } from './histogram';
import RankedTable from './RankedTable.svelte';
import Share from './Share.svelte';
import { drawTimeseries } from './timeseries';
import Treemap from './Treemap.svelte';

/** What a component is given: it makes its own charts of it. */
export interface KindProps {
  input: Omit<Input, 'theme' | 'width' | 'off'>;
  label: string;
  picture?: (() => string) | null;
}

export type Kind = { readonly draw: Draw } | { readonly component: Component<KindProps, object, 'picture'> };

export const KINDS: Readonly<Record<string, Kind>> = {
  bars: { draw: drawBars },
  heatmap: { draw: drawHeatmap },
  histogram: { draw: drawHistogram },
  share: { component: Share },
  table: { component: RankedTable },
  timeseries: { draw: drawTimeseries },
  treemap: { component: Treemap },
};

/** Figures of a panel of which one can be chosen to be drawn; parts of a whole only where they add up. */
export function choicesOf(panel: PanelAbout, metrics: ReadonlyMap<string, MetricAbout>): readonly string[] {
  const plain = panel.metrics.filter((metric) => !metric.endsWith('_share')); // another form of the first one
  const isSplit = panel.chart === 'timeseries' && panel.by.length > 0;
  if (isSplit || ['bars', 'heatmap', 'histogram'].includes(panel.chart)) return plain;
  if (['share', 'treemap'].includes(panel.chart)) return plain.filter((metric) => addsUp(metric, metrics));
  return [];
}
