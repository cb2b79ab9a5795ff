/** A chart as a picture that says what it is: its title above, its legend and remarks below. */

import type { Drawing, LegendEntry } from './drawing';
import type { Theme } from './theme';

const RATIO = 2; // as many pixels as the chart was rendered with
const EDGE = 12;
const LINE = 18;
const FONT = '13px system-ui, sans-serif';

/** A PNG as a data URL. `chart` has RATIO pixels for each of the page. */
export function compose(
  chart: HTMLCanvasElement,
  title: string,
  drawing: Drawing,
  theme: Theme,
  off: ReadonlySet<string>,
): string {
  const width = chart.width / RATIO;
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d');
  if (pen === null) return chart.toDataURL('image/png');
  pen.font = FONT;
  const entries = flow(
    pen,
    (drawing.legend ?? []).filter(({ key }) => !off.has(key)),
    width,
  );
  const notes = (drawing.notes ?? []).flatMap(({ sign, text }) => wrap(pen, sign ? `${sign} ${text}` : text, width));
  const top = EDGE + LINE + 6;
  const legendHeight = entries.length ? ((entries.at(-1)?.row ?? 0) + 1) * LINE + 6 : 0;
  canvas.width = (width + 2 * EDGE) * RATIO;
  canvas.height = (top + legendHeight + chart.height / RATIO + notes.length * LINE + EDGE) * RATIO;
  pen.scale(RATIO, RATIO);
  pen.fillStyle = theme.panel;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.textBaseline = 'middle';
  pen.fillStyle = theme.ink;
  pen.font = `600 15px system-ui, sans-serif`;
  pen.fillText(clip(pen, title, width), EDGE, EDGE + LINE / 2);
  pen.font = FONT;
  for (const { x, row, colour, isLine, text } of entries) {
    const y = top + row * LINE + LINE / 2;
    pen.fillStyle = colour;
    if (isLine) [0, 6].forEach((from) => pen.fillRect(EDGE + x + from, y - 1, 4, 2));
    else pen.fillRect(EDGE + x, y - 5, 10, 10);
    pen.fillStyle = theme.ink;
    pen.fillText(text, EDGE + x + 15, y);
  }
  pen.drawImage(chart, EDGE, top + legendHeight, width, chart.height / RATIO);
  pen.fillStyle = theme.soft;
  notes.forEach((text, row) =>
    pen.fillText(text, EDGE, top + legendHeight + chart.height / RATIO + row * LINE + LINE / 2),
  );
  return canvas.toDataURL('image/png');
}

interface Entry {
  readonly x: number;
  readonly row: number;
  readonly colour: string;
  readonly isLine: boolean;
  readonly text: string;
}

/** The legend from left to right, in as many rows as it takes. */
function flow(pen: CanvasRenderingContext2D, legend: readonly LegendEntry[], width: number): Entry[] {
  let [x, row] = [0, 0];
  return legend.map(({ name, text, colour, stroke }) => {
    const shown = clip(pen, text ? `${name}  ${text}` : name, width - 30);
    const length = pen.measureText(shown).width + 30;
    if (x > 0 && x + length > width) [x, row] = [0, row + 1];
    const entry = { x, row, colour, isLine: stroke !== undefined, text: shown };
    x += length;
    return entry;
  });
}

function clip(pen: CanvasRenderingContext2D, text: string, width: number): string {
  if (pen.measureText(text).width <= width) return text;
  let length = text.length;
  while (length > 1 && pen.measureText(`${text.slice(0, length)}…`).width > width) length -= 1;
  return `${text.slice(0, length)}…`;
}

function wrap(pen: CanvasRenderingContext2D, text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line ? `${line} ${word}` : word;
    if (line && pen.measureText(longer).width > width) {
      lines.push(clip(pen, line, width));
      line = word;
    } else line = longer;
  }
  return line ? [...lines, clip(pen, line, width)] : lines;
}
