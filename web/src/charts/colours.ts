/** Reckoning with colours, as the style sheet's tokens are computed: `rgb(15, 124, 136)` or `#0f7c88`. */

type Rgb = readonly [number, number, number];

function rgbOf(colour: string): Rgb {
  const hex = /^#([0-9a-f]{6})$/i.exec(colour)?.[1];
  if (hex) return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue];
}

/** So much (0 to 1) of the second colour in the first. */
export function mix(one: string, two: string, share: number): string {
  const [from, to] = [rgbOf(one), rgbOf(two)];
  return `rgb(${from.map((value, at) => Math.round(value + ((to[at] ?? 0) - value) * share)).join(', ')})`;
}

/** Contrast of two colours as the Web Content Accessibility Guidelines reckon it: 1 to 21. */
export function contrast(one: string, two: string): number {
  const [high, low] = [luminance(one), luminance(two)].sort((a, b) => b - a) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Black or white, whichever is read better on the colour: at least 4.5 on any. */
export function inkOn(colour: string): string {
  return contrast(colour, '#000000') >= contrast(colour, '#ffffff') ? '#000000' : '#ffffff';
}

function luminance(colour: string): number {
  const [red, green, blue] = rgbOf(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
