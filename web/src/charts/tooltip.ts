/** A tool tip as elements: what is stored is text in it, never markup, and no style attribute is needed. */

export interface Line {
  readonly name: string;
  readonly text: string;
  readonly colour?: string | undefined;
}

export function tooltip(title: string, lines: readonly Line[], note = ''): HTMLElement {
  const box = document.createElement('div');
  box.className = 'tip';
  const head = document.createElement('strong');
  head.textContent = title;
  box.append(head);
  const list = document.createElement('dl');
  for (const { name, text, colour } of lines) {
    const term = document.createElement('dt');
    if (colour) {
      const swatch = document.createElement('i');
      swatch.style.background = colour;
      term.append(swatch);
    }
    term.append(name);
    const value = document.createElement('dd');
    value.textContent = text;
    list.append(term, value);
  }
  box.append(list);
  if (note) {
    const small = document.createElement('small');
    small.textContent = note;
    box.append(small);
  }
  return box;
}
