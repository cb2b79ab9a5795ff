/** Paints the lanes of a session on a canvas, and finds what is under the pointer. */

import type { Theme } from '../../charts/theme';
import { drawnAt, momentAt, ticksOf, type Bar, type Lane, type Stretch } from './lanes';
import { sinceStart } from './timeline';

const ROW = 13; // pixels of a bar and the space below it
const BAR = 10;
const SPACE = 8; // above and below the bars of a lane
const AXIS = 22;
const LEAST = 2; // pixels of a bar that took no time that anybody told
const NEAR = 4; // pixels beside a bar that still point at it
const PER_TICK = 76;
const DIMMED = 0.2; // of what is not highlighted

export interface PlacedLane extends Lane {
  readonly top: number;
  readonly height: number;
}

export interface Scene {
  readonly lanes: readonly PlacedLane[];
  readonly stretches: readonly Stretch[];
  /** What is shown, in drawn ms. */
  readonly from: number;
  readonly to: number;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
}

export function placeLanes(lanes: readonly Lane[]): PlacedLane[] {
  let top = AXIS;
  return lanes.map((lane) => {
    const placed = { ...lane, top, height: lane.rows * ROW + SPACE };
    top += placed.height;
    return placed;
  });
}

export function sizeOf(lanes: readonly PlacedLane[]): number {
  return lanes.reduce((bottom, lane) => Math.max(bottom, lane.top + lane.height), AXIS + ROW) + 2;
}

/** Left edge and width of a bar, in pixels. */
export function extentOf(bar: Pick<Bar, 'start' | 'end'>, scene: Scene): { x: number; wide: number } {
  const per = scene.width / Math.max(scene.to - scene.from, 1e-9);
  const x = (drawnAt(bar.start, scene.stretches) - scene.from) * per;
  return { x, wide: Math.max((drawnAt(bar.end, scene.stretches) - scene.from) * per - x, LEAST) };
}

/** The bar under a point, or the nearest within a few pixels; null for none. */
export function barAt(scene: Scene, x: number, y: number): Bar | null {
  const lane = scene.lanes.find(({ top, height }) => y >= top && y < top + height);
  if (!lane) return null;
  const row = Math.min(Math.max(Math.floor((y - lane.top - SPACE / 2) / ROW), 0), lane.rows - 1);
  let best: Bar | null = null;
  let distance = NEAR + 1;
  for (const bar of lane.bars) {
    if (bar.row !== row) continue;
    const { x: left, wide } = extentOf(bar, scene);
    const away = Math.max(left - x, x - (left + wide), 0);
    if (away < distance) [best, distance] = [bar, away];
  }
  return best;
}

export interface Marks {
  readonly picked: number;
  /** Places in the timeline that stand out against the others; null: all are alike. */
  readonly light: ReadonlySet<number> | null;
  /** What is being dragged over, in pixels. */
  readonly drag: { readonly from: number; readonly to: number } | null;
}

export function paint(canvas: HTMLCanvasElement, scene: Scene, theme: Theme, marks: Marks): void {
  const { width, height } = scene;
  const sharp = Math.min(devicePixelRatio || 1, 2);
  canvas.width = Math.max(1, Math.round(width * sharp));
  canvas.height = Math.max(1, Math.round(height * sharp));
  const pen = canvas.getContext('2d');
  if (!pen || !width) return;
  pen.scale(sharp, sharp);
  paintPauses(pen, scene, theme);
  paintAxis(pen, scene, theme);
  for (const lane of scene.lanes) {
    pen.fillStyle = theme.line;
    pen.fillRect(0, lane.top + lane.height - 0.5, width, 1);
    const isLit = (bar: Bar): boolean => marks.light === null || marks.light.has(bar.place);
    // What stands out is painted last: where many bars share a pixel it has to be seen.
    const bars = marks.light === null ? lane.bars : [...lane.bars].sort((one, two) => +isLit(one) - +isLit(two));
    for (const bar of bars) {
      pen.globalAlpha = isLit(bar) ? 1 : DIMMED;
      paintBar(pen, bar, lane, scene, theme, bar.place === marks.picked);
    }
    pen.globalAlpha = 1;
  }
  if (marks.drag) {
    pen.globalAlpha = 0.2;
    pen.fillStyle = theme.mark;
    pen.fillRect(Math.min(marks.drag.from, marks.drag.to), 0, Math.abs(marks.drag.to - marks.drag.from), height);
    pen.globalAlpha = 1;
  }
}

function colourOf(bar: Bar, theme: Theme): string {
  if (bar.isBad) return theme.bad;
  const place = { prompt: -1, request: 0, tool_call: 1, compaction: 2, outcome: 7 }[bar.kind];
  return place < 0 ? theme.ink : (theme.series[place] ?? theme.mark);
}

function paintBar(
  pen: CanvasRenderingContext2D,
  bar: Bar,
  lane: PlacedLane,
  scene: Scene,
  theme: Theme,
  isPicked: boolean,
): void {
  const { x, wide } = extentOf(bar, scene);
  if (x + wide < 0 || x > scene.width) return;
  const top = lane.top + SPACE / 2 + bar.row * ROW;
  pen.fillStyle = colourOf(bar, theme);
  pen.fillRect(x, top, wide, BAR);
  if (bar.isBad) {
    // Not by colour alone: what failed has a foot.
    pen.beginPath();
    pen.moveTo(x + wide / 2, top + BAR - 3);
    pen.lineTo(x + wide / 2 - 4, top + BAR + 3);
    pen.lineTo(x + wide / 2 + 4, top + BAR + 3);
    pen.fill();
  }
  if (isPicked) {
    pen.strokeStyle = theme.ink;
    pen.lineWidth = 2;
    pen.strokeRect(x - 2, top - 2, wide + 4, BAR + 4);
  }
}

function paintPauses(pen: CanvasRenderingContext2D, scene: Scene, theme: Theme): void {
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1;
  for (const pause of scene.stretches) {
    if (!pause.isPause || pause.to < scene.from || pause.from > scene.to) continue;
    const per = scene.width / Math.max(scene.to - scene.from, 1e-9);
    const [left, right] = [(pause.from - scene.from) * per, (pause.to - scene.from) * per];
    pen.save();
    pen.beginPath();
    pen.rect(left, AXIS, right - left, scene.height - AXIS);
    pen.clip();
    pen.beginPath();
    for (let at = left - scene.height; at < right; at += 6) {
      pen.moveTo(at, scene.height);
      pen.lineTo(at + scene.height - AXIS, AXIS);
    }
    pen.stroke();
    pen.restore();
  }
}

function paintAxis(pen: CanvasRenderingContext2D, scene: Scene, theme: Theme): void {
  const begin = scene.stretches[0]?.start ?? 0;
  const most = Math.max(2, Math.floor(scene.width / PER_TICK));
  const per = scene.width / Math.max(scene.to - scene.from, 1e-9);
  const ticks = ticksOf(scene.stretches, scene.from, scene.to, most);
  if (!ticks.length) ticks.push(momentAt(scene.from, scene.stretches));
  pen.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  pen.textBaseline = 'top';
  let free = -Infinity;
  for (const tick of ticks) {
    const x = (drawnAt(tick, scene.stretches) - scene.from) * per;
    const text = sinceStart(tick - begin);
    const wide = pen.measureText(text).width;
    const left = Math.min(Math.max(x - wide / 2, 0), scene.width - wide);
    if (left < free || x < -1 || x > scene.width + 1) continue;
    free = left + wide + 10;
    pen.fillStyle = theme.soft;
    pen.fillText(text, left, 3);
    pen.fillStyle = theme.line;
    pen.fillRect(x, 17, 1, scene.height - 17);
  }
}
