/** What each kind of chart is given, and what it makes of it. One file per kind; `kinds.ts` lists them. */

import type { EChartsCoreOption } from 'echarts/core';
import type { MetricAbout } from '../lib/about.svelte';
import type { Place } from '../lib/address.svelte';
import type { Answer, PanelAbout } from '../lib/answers';
import type { Overlays } from './overlays';
import type { Span } from './crosshair.svelte';
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
  /** The page's filters, that what a click leads to keeps. */
  readonly filters?: Place['filters'];
  /** Further answers, where the panel draws them too. */
  readonly overlays: Overlays;
  /** Keys of the legend's entries that are switched off. */
  readonly off?: ReadonlySet<string>;
  /** The moment that counts as now, in ms since 1970; this one if left out. */
  readonly now?: number;
}

export type Stroke = 'solid' | 'dashed' | 'dotted';

/** One of the figures that a course comes to. */
export interface Figure {
  readonly name: string;
  readonly text: string;
  /** With every digit, and what it is of. */
  readonly title: string;
  /** Where it was, in few words. */
  readonly where?: string;
}

export interface LegendEntry {
  /** What `off` names it by. */
  readonly key: string;
  readonly name: string;
  readonly colour: string;
  /** Its figure, such as the sum; empty for none. */
  readonly text: string;
  /** What it comes to, beside `text` where there is room, else in a table. */
  readonly figures?: readonly Figure[];
  /** More about it, for the tool tip. */
  readonly title?: string;
  /** How its line is drawn; without, it is an area. */
  readonly stroke?: Stroke;
  /** It stays, whatever is clicked. */
  readonly isFixed?: boolean;
}

/** A remark below the chart; with the sign that stands for it in the chart. */
export interface Note {
  readonly sign?: string;
  readonly text: string;
}

export interface Drawing {
  readonly option: EChartsCoreOption;
  /** One sentence for who cannot see it. */
  readonly summary: string;
  /** Height in CSS pixels; the kind's usual one if left out. */
  readonly height?: number;
  /** How many points the arrow keys step through. */
  readonly points?: number;
  /** How many points there are in a row, where up and down step by rows. */
  readonly across?: number;
  /** Whole columns (x) or rows (y) are pointed at, not single marks. */
  readonly along?: 'x' | 'y';
  /** Where a point is on its axis, where that is not its number. */
  readonly where?: (at: number) => number;
  /** Of each point the time that it is of: what is pointed at here is marked in other charts, and the other way about. */
  readonly moments?: readonly Span[];
  /** What the tool tip of a point says, as one text. */
  readonly tell?: (at: number) => string;
  /** Which mark a point is; that of the first series if left out. */
  readonly aim?: (at: number) => { seriesIndex: number; dataIndex: number };
  /** Where a point leads, by click or Enter: a change of the address; null for nowhere. */
  readonly follow?: (at: number) => Partial<Place> | null;
  /** Where dragging from one point to another leads. */
  readonly span?: (first: number, last: number) => Partial<Place> | null;
  /** Where a click on a mark leads, where that is not told by its number. */
  readonly pick?: (clicked: {
    name: string;
    seriesName: string;
    dataIndex: number;
    data: unknown;
  }) => Partial<Place> | null;
  readonly legend?: readonly LegendEntry[];
  /** What the means in the legend are of; empty where all is in them. */
  readonly means?: string;
  readonly notes?: readonly Note[];
}

export type Draw = (input: Input) => Drawing;
