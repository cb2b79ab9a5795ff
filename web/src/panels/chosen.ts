/** What was chosen over a panel, as the address has it: `split=cost-by-day.agent,tokens-over-time.model`. */

import type { PanelAbout } from '../lib/answers';

/** Which figure is drawn; what a panel is split by. */
export type Choosing = 'figure' | 'split';

/** A panel that is not split at all. */
export const WHOLE = 'none';

type More = Readonly<Record<string, string>>;

/** What was chosen of what is offered; empty where nothing was, or what is not offered here. */
export function chosenIn(more: More, what: Choosing, title: string, offered: readonly string[]): string {
  const found = read(more, what).find(([panel]) => panel === shortTitle(title))?.[1] ?? '';
  return offered.includes(found) ? found : '';
}

/** The address's own state with this chosen, and nothing else changed; empty takes the choice away. */
export function choosing(more: More, what: Choosing, title: string, chosen: string): Record<string, string> {
  const others = read(more, what).filter(([panel]) => panel !== shortTitle(title));
  const all = chosen ? [...others, [shortTitle(title), chosen] as const] : others;
  const rest = Object.fromEntries(Object.entries(more).filter(([name]) => name !== what));
  return all.length ? { ...rest, [what]: all.map((pair) => pair.join('.')).join(',') } : rest;
}

/** What a panel can be split by, what it begins with among it; none where there is nothing to choose. */
export function splitsOf({ split, by }: Pick<PanelAbout, 'split' | 'by'>): readonly string[] {
  const all = by.length ? split : [WHOLE, ...split];
  return all.length > 1 ? all : [];
}

/** The panel as it was chosen to be. Its words on why there is nothing are about what it begins with. */
export function splitPanel(panel: PanelAbout, chosen: string, label: (dimension: string) => string): PanelAbout {
  if (!chosen || chosen === (panel.by[0] ?? WHOLE)) return panel;
  if (chosen === WHOLE) return { ...panel, by: [] };
  return { ...panel, by: [chosen], empty: `Nothing in this window says of which ${label(chosen)} it is.` };
}

function read(more: More, what: Choosing): (readonly [string, string])[] {
  return (more[what] ?? '').split(',').flatMap((pair) => {
    const [panel, chosen] = pair.split('.');
    return panel && chosen ? [[panel, chosen] as const] : [];
  });
}

/** A title in letters and digits only, so that an address can be read. */
function shortTitle(title: string): string {
  return title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-');
}
