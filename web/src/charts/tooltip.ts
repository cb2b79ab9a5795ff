/** A tool tip as elements: what is stored is text in it, never markup, and no style attribute is needed. */

import { wholeName } from '../lib/format';

export interface Line {
  readonly name: string;
  readonly text: string;
  readonly colour?: string | undefined;
}

/** What a tool tip says. */
export interface Tip {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly notes?: readonly string[];
}

export function tooltip(title: string, lines: readonly Line[], ...notes: readonly string[]): HTMLElement {
  const box = document.createElement('div');
  box.className = 'tip';
  const head = document.createElement('strong');
  head.textContent = wholeName(title);
  box.append(head);
  const list = document.createElement('dl');
  for (const { name, text, colour } of lines) {
    const term = document.createElement('dt');
    if (colour) {
      const swatch = document.createElement('i');
      swatch.style.background = colour;
      term.append(swatch);
    }
    term.append(wholeName(name));
    const value = document.createElement('dd');
    value.textContent = text;
    list.append(term, value);
  }
  box.append(list);
  for (const note of notes.filter(Boolean)) {
    const small = document.createElement('small');
    small.textContent = note;
    box.append(small);
  }
  return box;
}

/** The tip as elements. */
export function showTip({ title, lines, notes = [] }: Tip): HTMLElement {
  return tooltip(title, lines, ...notes);
}

/** The tip as one text, for who listens. */
export function tellTip({ title, lines, notes = [] }: Tip): string {
  return [`${title}: ${lines.map(({ name, text }) => `${name} ${text}`).join(', ')}`, ...notes.filter(Boolean)].join(
    '. ',
  );
}

/** How the box of a tool tip looks in the scheme that holds. */
export function tipBox(theme: { raised: string; line: string; ink: string }): Record<string, unknown> {
  return {
    confine: true,
    transitionDuration: 0,
    backgroundColor: theme.raised,
    borderColor: theme.line,
    textStyle: { color: theme.ink },
  };
}

/** The tool tip of a chart whose points lie along one axis: what `tip` says of the point that is pointed at. */
export function axisTip(
  theme: Parameters<typeof tipBox>[0],
  axisPointer: Readonly<Record<string, unknown>>,
  tip: (at: number) => Tip,
): Record<string, unknown> {
  return {
    ...tipBox(theme),
    trigger: 'axis',
    axisPointer,
    formatter: (told: unknown) => showTip(tip((told as { dataIndex: number }[])[0]?.dataIndex ?? 0)),
  };
}
