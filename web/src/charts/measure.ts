/** How wide text is on a chart. */

export const FONT = 'system-ui, sans-serif';
const WIDE = 0.66; // of the size, for a letter, where nothing can be measured

let pen: CanvasRenderingContext2D | null | undefined;

/** In CSS pixels, at the size and weight of a chart's labels. */
function textWidth(text: string, size = 12, weight = 400): number {
  if (pen === undefined)
    pen = typeof CanvasRenderingContext2D === 'undefined' ? null : document.createElement('canvas').getContext('2d');
  if (!pen) return text.length * size * WIDE;
  pen.font = `${weight} ${size}px ${FONT}`;
  return pen.measureText(text.slice(0, 200)).width;
}

/** The widest of them. */
export function widest(texts: readonly string[], size = 12, weight = 400): number {
  return Math.ceil(texts.reduce((most, text) => Math.max(most, textWidth(text, size, weight)), 0));
}
