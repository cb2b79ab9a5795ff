/** Nested areas, as large as their figure. A click leaves the outermost part out, so that the rest is seen better. */

import { decoded } from '../lib/address.svelte';
import { exact, format, formatMetric, formatName, type Unit } from '../lib/format';
import { addsUp, sumKnown } from './adding';
import { inkOn, mix } from './colours';
import type { Draw, Drawing, Input } from './drawing';
import { numeric, unitOf } from './series';
import { showTip, tellTip, tipBox, type Tip } from './tooltip';

const MOST_TOP = 24;
const MOST_BELOW = 12;
const HIDE = 'hide';
const LEAST_FIGURE = 3000; // square pixels: smaller tiles have no room for their figure
const LEAST_NAME = 6500;
const LEAST_WIDTH = 50;

export interface Tile {
  /** How the address names it; empty for what is summed and cannot be left out. */
  readonly key: string;
  readonly name: string;
  readonly value: number;
  readonly children: readonly Tile[];
}

/** What the address hides, by key. */
export function readHidden(more: Readonly<Record<string, string>>): string[] {
  const parts = (more[HIDE] ?? '').split(',').filter((part) => part !== '');
  return [...new Set(parts.map(decoded))];
}

/** The address's own state with these left out, and nothing else changed. */
export function hiding(keys: readonly string[], more: Readonly<Record<string, string>>): Record<string, string> {
  const rest = Object.fromEntries(Object.entries(more).filter(([name]) => name !== HIDE));
  return keys.length ? { ...rest, [HIDE]: keys.map(encodeURIComponent).join(',') } : rest;
}

/** The outermost parts with what they consist of, the largest first; what is 0, below or unknown has no area. */
export function readTiles({ answer, panel }: Pick<Input, 'answer' | 'panel'>): Tile[] {
  const places = panel.by.map((dimension) => answer.columns.indexOf(dimension));
  const at = answer.columns.indexOf(panel.metrics[0] ?? '');
  return grow(
    answer.rows.filter((row) => (numeric(row[at]) ?? 0) > 0),
    places,
    panel.by,
    at,
  );
}

type Row = Input['answer']['rows'][number];

function grow(rows: readonly Row[], places: readonly number[], by: readonly string[], at: number): Tile[] {
  const [place, ...deeper] = places;
  if (place === undefined) return [];
  const groups = new Map<string, { name: string; rows: Row[] }>();
  for (const row of rows) {
    const raw = row[place] ?? null;
    const key = raw === null || raw === '' ? 'null' : String(raw);
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { name: formatName(raw, by[0]), rows: [row] });
  }
  return [...groups]
    .map(([key, group]) => ({
      key,
      name: group.name,
      value: sumKnown(group.rows.map((row) => numeric(row[at]))) ?? 0,
      children: grow(group.rows, deeper, by.slice(1), at),
    }))
    .sort((one, two) => two.value - one.value);
}

/** The largest, and the others as one. */
function most(tiles: readonly Tile[], count: number): Tile[] {
  if (tiles.length <= count) return [...tiles];
  const rest = tiles.slice(count - 1);
  const value = sumKnown(rest.map((tile) => tile.value)) ?? 0;
  return [...tiles.slice(0, count - 1), { key: '', name: `${rest.length} others`, value, children: [] }];
}

interface Placed extends Tile {
  readonly path: readonly string[];
  readonly top: string;
  readonly colour: string;
}

export const drawTreemap: Draw = (input) => {
  const { panel, theme, more, width } = input;
  const metric = panel.metrics[0] ?? '';
  const unit = unitOf(input.answer, metric);
  const hidden = new Set(readHidden(more));
  const all = readTiles(input);
  const cut = Math.max(0, input.answer.total_rows - input.answer.rows.length);
  const sum = sumKnown(all.map(({ value }) => value));
  // What a limit cut off is a part of the whole, too; parts of what does not add up are none.
  const whole = addsUp(metric, input.metrics) ? (cut ? numeric(input.overlays.whole?.rows[0]?.[0]) : sum) : null;
  const tops = most(
    all.filter(({ key }) => !hidden.has(key)),
    MOST_TOP,
  );
  const shown = sumKnown(tops.map(({ value }) => value)) ?? 1;
  const height = width < 420 ? 300 : 320;
  const placed: Placed[] = [];
  const colourOf = (tile: Tile, at: number) =>
    tile.key === 'null'
      ? theme.soft
      : tile.key === ''
        ? theme.rest
        : (theme.series[at % theme.series.length] ?? theme.rest);
  const node = (tile: Tile, path: readonly string[], top: string, colour: string): Record<string, unknown> => {
    const here = [...path, tile.name];
    const at = placed.push({ ...tile, path: here, top, colour }) - 1;
    const below = tile.children.length > 1 || path.length ? most(tile.children, MOST_BELOW) : tile.children;
    return {
      id: String(at),
      name: tile.name,
      value: tile.value,
      itemStyle: { color: colour },
      label: { color: inkOn(colour) },
      // Its name stands above what it consists of, on the colour of the panel.
      ...(below.length
        ? { children: below.map((one, place) => node(one, here, top, shade(colour, place, theme.panel))) }
        : {}),
    };
  };
  const data = tops.map((tile, at) => node(tile, [], tile.key, colourOf(tile, at)));
  const tip = (at: number): Tip => tipOf(placed[at], unit, formatMetric(metric), whole);
  const change = (at: number): ReturnType<NonNullable<Drawing['follow']>> => {
    const top = placed[at]?.top;
    if (!top || tops.length < 2) return null;
    return { more: hiding([...hidden, top], more) };
  };
  return {
    height,
    points: placed.length,
    summary: summarize(tops, unit, formatMetric(metric)),
    tell: (at) => tellTip(tip(at)),
    aim: (at) => ({ seriesIndex: 0, dataIndex: at + 1 }), // ECharts counts the whole as the first
    follow: change,
    pick: ({ data }) => change(Number((data as { id?: string }).id ?? -1)),
    ...(cut ? { notes: [{ text: cut === 1 ? '1 more is not shown.' : `${cut} more are not shown.` }] } : {}),
    option: {
      animation: false,
      tooltip: {
        ...tipBox(theme),
        trigger: 'item',
        formatter: (told: unknown) => {
          const at = Number((told as { data?: { id?: string } }).data?.id ?? -1);
          return at < 0 ? '' : showTip(tip(at));
        },
      },
      series: [
        {
          type: 'treemap',
          data,
          left: 0,
          right: 0,
          top: 0,
          bottom: 0,
          roam: false,
          nodeClick: false,
          breadcrumb: { show: false },
          cursor: tops.length < 2 ? 'default' : 'pointer',
          label: {
            show: true,
            overflow: 'truncate',
            ellipsis: '…',
            formatter: ({ name, value }: { name: string; value: number }) => {
              const area = (value / shown) * width * height;
              return area < LEAST_FIGURE
                ? ''
                : area < LEAST_NAME
                  ? format(value, unit)
                  : `${name}\n${format(value, unit)}`;
            },
            lineHeight: 16,
          },
          upperLabel: {
            show: panel.by.length > 1,
            height: 20,
            color: theme.ink,
            fontWeight: 600,
            overflow: 'truncate',
            formatter: ({ name, value }: { name: string; value: number }) =>
              name ? `${name}  ${format(value, unit)}` : '',
          },
          itemStyle: { borderColor: theme.panel, borderWidth: 1, gapWidth: 1 },
          levels: [
            { itemStyle: { borderWidth: 0, gapWidth: 4 }, upperLabel: { show: false } },
            { itemStyle: { borderColor: theme.panel, borderWidth: 0, gapWidth: 1 } },
            { itemStyle: { borderColor: theme.panel, borderWidth: 0, gapWidth: 1 } },
          ],
          emphasis: {
            itemStyle: { borderColor: theme.ink },
            upperLabel: { show: panel.by.length > 1, color: theme.ink },
          },
          // A figure that is cut off is another figure: rather none.
          labelLayout: ({ rect }: { rect: { width: number; height: number } }) =>
            rect.width < LEAST_WIDTH || rect.height < 18 ? { x: -1000, y: -1000 } : {},
          visibleMin: 30,
        },
      ],
    },
  };
};

/** Neighbours of one colour differ a little. */
function shade(colour: string, at: number, ground: string): string {
  return mix(colour, ground, [0, 0.18, 0.34, 0.48][at % 4] ?? 0);
}

function tipOf(tile: Placed | undefined, unit: Unit, metric: string, whole: number | null): Tip {
  if (tile === undefined) return { title: '', lines: [] };
  return {
    title: tile.path.join(' › '),
    lines: [
      { name: metric, text: exact(tile.value, unit) },
      ...(whole !== null && whole > 0 ? [{ name: 'of all', text: format(tile.value / whole, 'ratio') }] : []),
    ],
  };
}

function summarize(tops: readonly Tile[], unit: Unit, metric: string): string {
  const parts = tops.slice(0, 5).map(({ name, value }) => `${name} ${exact(value, unit)}`);
  return `${metric}: ${parts.join(', ')}${tops.length > 5 ? `, and ${tops.length - 5} more` : ''}.`;
}
