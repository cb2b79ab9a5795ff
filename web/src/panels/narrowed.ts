/** A panel under the filters of the page: with the metrics that they can narrow, or why there is none. */

import type { PanelAbout } from '../lib/answers';
import { narrowed } from '../lib/narrow';

export interface NarrowedPanel {
  readonly panel: PanelAbout;
  /** Of metrics that are left out. */
  readonly notes: readonly string[];
  /** Why it cannot be shown at all; empty where it can. */
  readonly why: string;
}

/** A table does without a column; any other panel is about its first metric. */
export function narrowedPanel(
  panel: PanelAbout,
  filters: readonly string[],
  metrics: Parameters<typeof narrowed>[2],
): NarrowedPanel {
  const { asked, leftOut } = narrowed(panel.metrics, filters, metrics);
  if (!leftOut.length) return { panel, notes: [], why: '' };
  const isShown = panel.chart === 'table' ? asked.length > 0 : asked[0] === panel.metrics[0];
  return isShown
    ? { panel: { ...panel, metrics: [...asked] }, notes: leftOut, why: '' }
    : { panel, notes: [], why: leftOut[0] ?? '' };
}
