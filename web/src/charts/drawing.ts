/** What each kind of chart is given, and what it makes of it. One file per kind; `kinds.ts` lists them. */

import type { EChartsCoreOption } from 'echarts/core';
import type { MetricAbout } from '../lib/about.svelte';
import type { Place } from '../lib/address.svelte';
import type { Answer, PanelAbout } from '../lib/answers';
import type { Theme } from './theme';

export interface Input {
  readonly answer: Answer;
  readonly panel: PanelAbout;
  readonly theme: Theme;
  readonly metrics: ReadonlyMap<string, MetricAbout>;
  /** Width of the chart in CSS pixels: what is narrow shows fewer labels. */
  readonly width: number;
  /** What the address says of the chart, such as what is hidden. */
  readonly more: Readonly<Record<string, string>>;
  /** Answers of `forecast` and `markers`, where the panel draws them too. */
  readonly overlays: Readonly<Record<string, unknown>>;
}

export interface Drawing {
  readonly option: EChartsCoreOption;
  /** One sentence for who cannot see it. */
  readonly summary: string;
  /** Height in CSS pixels; the kind's usual one if left out. */
  readonly height?: number;
  /** How many points the arrow keys step through, and which series each tool tip is of. */
  readonly points?: number;
  /** Where a click on something leads: a change of the address; null for nowhere. */
  readonly pick?: (clicked: {
    name: string;
    seriesName: string;
    dataIndex: number;
    data: unknown;
  }) => Partial<Place> | null;
}

export type Draw = (input: Input) => Drawing;
