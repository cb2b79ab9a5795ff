import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tick } from 'svelte';
import { address } from '../lib/address.svelte';
import type { PanelAbout } from '../lib/answers';
import { drawBars } from './bars';
import Chart from './Chart.svelte';
import { crosshair } from './crosshair.svelte';
import { answerOf, HOSTILE, inputOf } from './handmade';
import RankedTable from './RankedTable.svelte';
import Share from './Share.svelte';
import { drawTimeseries } from './timeseries';
import Treemap from './Treemap.svelte';

const made = vi.hoisted(() => ({
  alive: 0,
  all: 0,
  options: [] as Record<string, unknown>[],
  actions: [] as Record<string, unknown>[],
  moves: [] as Record<string, (at: { offsetX: number; offsetY: number }) => void>[],
}));

vi.mock('./engine', () => ({
  init: () => {
    made.alive += 1;
    made.all += 1;
    const moves: (typeof made.moves)[number] = {};
    made.moves.push(moves);
    return {
      on: () => {},
      getZr: () => ({
        on: (kind: string, call: (typeof moves)[string]) => (moves[kind] = call),
        setCursorStyle: () => {},
      }),
      resize: () => {},
      setOption: (option: Record<string, unknown>) => made.options.push(option),
      dispatchAction: (action: Record<string, unknown>) => made.actions.push(action),
      convertToPixel: (_: unknown, at: number) => at * 10,
      convertFromPixel: (_: unknown, at: number) => Math.floor(at / 10),
      getWidth: () => 600,
      getHeight: () => 200,
      dispose: () => (made.alive -= 1),
    };
  },
}));

let watchers = 0;

beforeEach(() => {
  Object.assign(made, { alive: 0, all: 0, options: [], actions: [], moves: [] });
  vi.stubGlobal('matchMedia', () => ({
    addEventListener: () => (watchers += 1),
    removeEventListener: () => (watchers -= 1),
  }));
  vi.stubGlobal(
    'ResizeObserver',
    class {
      constructor(private readonly seen: (entries: unknown[]) => void) {}
      observe() {
        watchers += 1;
        this.seen([{ contentRect: { width: 600 } }]);
      }
      disconnect() {
        watchers -= 1;
      }
    },
  );
  location.hash = '#/costs?range=30d&agent=codex';
  dispatchEvent(new HashChangeEvent('hashchange'));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const rows = [
  ['a', 12.5, 3],
  [null, 1, null],
  [HOSTILE[0] ?? '', 2, 1],
] as (string | number | null)[][];
const input = (chart: PanelAbout['chart']) =>
  inputOf(
    answerOf(['project'], ['cost_usd', 'sessions'], rows),
    { chart, by: ['project'], metrics: ['cost_usd', 'sessions'] },
    { filters: address.place.filters },
  ) as never;

/** The engine is loaded lazily. */
async function loaded(before = 0) {
  await vi.waitFor(() => expect(made.all).toBeGreaterThan(before), { interval: 1 });
  await tick();
}

describe('a chart', () => {
  it('leaves nothing behind, however often it comes and goes', async () => {
    const before = watchers;
    for (let times = 0; times < 200; times += 1) {
      const count = made.all;
      const { unmount } = render(Chart, { draw: drawBars, input: input('bars'), label: 'Bars' });
      if (times % 2) await loaded(count); // the others are gone before the engine is there
      unmount();
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(made.all).toBeGreaterThanOrEqual(100);
    expect(made.alive).toBe(0);
    expect(watchers).toBe(before);
  });

  it('is stepped through by keys, tells each point, and is followed by Enter', async () => {
    render(Chart, { draw: drawBars, input: input('bars'), label: 'Top projects' });
    await loaded();
    const chart = screen.getByRole('application');
    expect(chart.getAttribute('aria-label')).toMatch(/^Top projects\. Cost: a \$12\.50, unknown \$1\.00/);
    const told = () => document.querySelector('[aria-live]')?.textContent;
    await fireEvent.keyDown(chart, { key: 'ArrowDown' });
    expect(told()).toBe('a: Cost $12.50, Sessions 3');
    await fireEvent.keyDown(chart, { key: 'End' });
    expect(told()).toBe(`${HOSTILE[0]}: Cost $2.00, Sessions 1`);
    await fireEvent.keyDown(chart, { key: 'ArrowDown' });
    expect(told()).toBe(`${HOSTILE[0]}: Cost $2.00, Sessions 1`); // there is no further one
    await fireEvent.keyDown(chart, { key: 'ArrowUp' });
    expect(told()).toBe('unknown: Cost $1.00, Sessions –');
    expect(made.actions.at(-1)).toMatchObject({ type: 'showTip', y: 10 });
    await fireEvent.keyDown(chart, { key: 'Enter' });
    expect(location.hash).toBe('#/sessions?range=30d&agent=codex&project=null&order=-cost_usd');
    await fireEvent.keyDown(chart, { key: 'Escape' });
    expect(told()).toBe('');
  });
});

it('a chart whose points are not as far apart as their numbers shows the one that it tells', async () => {
  const times = [0, 50, 7_000];
  const draw = () => ({
    option: {},
    summary: '',
    points: times.length,
    along: 'x' as const,
    where: (at: number) => times[at] ?? 0,
    tell: (at: number) => `after ${times[at]} ms`,
  });
  render(Chart, { draw, input: input('bars'), label: 'Cost of a session' });
  await loaded();
  await fireEvent.keyDown(screen.getByRole('application'), { key: 'End' });
  expect(document.querySelector('[aria-live]')?.textContent).toBe('after 7000 ms');
  expect(made.actions.at(-1)).toMatchObject({ type: 'showTip', x: 70_000 });
});

describe('charts over time', () => {
  const course = (pieces: readonly string[], grain = 'day') =>
    inputOf(
      answerOf(
        [grain],
        ['cost_usd'],
        pieces.map((piece, at) => [piece, at]),
      ),
      { chart: 'timeseries', grain },
    ) as never;
  const days = ['2026-11-01', '2026-11-02', '2026-11-03'];
  const hours = ['22', '23'].map((hour) => `2026-11-02T${hour}:00:00+00:00`);
  const lines = () =>
    [...document.querySelectorAll<HTMLElement>('.holder')].map((holder) => {
      const line = holder.querySelector<HTMLElement>('.there');
      return line && [line.style.left, line.style.width];
    });
  const shown = async () => {
    for (const input of [course(days), course(days.slice(1)), course(hours, 'hour')])
      render(Chart, { draw: drawTimeseries, input, label: 'Cost' });
    render(Chart, { draw: drawBars, input: input('bars'), label: 'Bars' });
    await vi.waitFor(() => expect(made.all).toBe(4), { interval: 1 });
    await tick();
  };

  it('mark the moment that one of them is pointed at, and no others do', async () => {
    await shown();
    expect(lines()).toEqual([null, null, null, null]);
    made.moves[0]?.['mousemove']?.({ offsetX: 15, offsetY: 5 });
    await tick();
    // The pointed one has its own sign; the day is a band over the hours that it has in another chart.
    expect(lines()).toEqual([null, ['0px', '0px'], ['-5px', '20px'], null]);
    const was = crosshair.at;
    made.moves[0]?.['mousemove']?.({ offsetX: 17, offsetY: 5 });
    expect(crosshair.at).toBe(was); // still the same day: nobody is told
    made.moves[2]?.['mousemove']?.({ offsetX: 15, offsetY: 5 });
    await tick();
    expect(lines()).toEqual([['10px', '0px'], ['0px', '0px'], null, null]);
    made.moves[0]?.['globalout']?.({ offsetX: 0, offsetY: 0 }); // late: another one is pointed at by now
    await tick();
    expect(lines()[1]).not.toBeNull();
    made.moves[3]?.['mousemove']?.({ offsetX: 5, offsetY: 5 }); // has no time to tell
    made.moves[2]?.['globalout']?.({ offsetX: 0, offsetY: 0 });
    await tick();
    expect(lines()).toEqual([null, null, null, null]);
  });

  it('do so for who steps through them by keys, and tell only the one that has the focus', async () => {
    await shown();
    const [first] = screen.getAllByRole('application');
    await fireEvent.keyDown(first as HTMLElement, { key: 'End' });
    expect(lines()).toEqual([null, ['10px', '0px'], null, null]);
    const told = [...document.querySelectorAll('[aria-live]')].map(({ textContent }) => textContent);
    expect(told).toEqual(['Tue 3 Nov: Cost $2.00', '', '', '']);
    const tips = made.actions.length;
    await fireEvent.keyDown(first as HTMLElement, { key: 'ArrowLeft' });
    expect(made.actions.length).toBe(tips + 1); // one tool tip, not one in each
    await fireEvent.keyDown(first as HTMLElement, { key: 'Escape' });
    expect(lines()).toEqual([null, null, null, null]);
  });

  it('forget a moment when a finger taps elsewhere, and when its chart goes', async () => {
    await shown();
    made.moves[0]?.['mousemove']?.({ offsetX: 15, offsetY: 5 });
    await tick();
    await fireEvent.pointerDown(screen.getAllByRole('application')[0] as HTMLElement);
    expect(crosshair.at).not.toBeNull();
    await fireEvent.pointerDown(document.body);
    expect(crosshair.at).toBeNull();
    made.moves[0]?.['mousemove']?.({ offsetX: 15, offsetY: 5 });
    cleanup();
    expect(crosshair.at).toBeNull();
  });
});

describe('shares', () => {
  it('are listed with every figure, as links to what they are made of', async () => {
    render(Share, { input: input('share'), label: 'Share' });
    await loaded();
    const items = screen.getAllByRole('listitem');
    expect(items.map((item) => item.querySelector('data')?.value)).toEqual(['12.5', '1', '2']);
    expect(items.map((item) => item.querySelector('.share')?.textContent)).toEqual(['80.6 %', '6.5 %', '12.9 %']);
    expect(
      within(items[0] as HTMLElement)
        .getByRole('link')
        .getAttribute('href'),
    ).toBe('#/sessions?range=30d&agent=codex&project=a&order=-cost_usd');
    expect(document.querySelector('img')).toBeNull();
  });
});

describe('the treemap', () => {
  it('leaves out and brings back by buttons, and says how much is shown', async () => {
    const shown = render(Treemap, { input: input('treemap'), label: 'Map' });
    await loaded();
    await fireEvent.click(screen.getByTitle('a, $12.50: leave it out'));
    expect(location.hash).toBe('#/costs?range=30d&agent=codex&hide=a');
    shown.unmount();
    render(Treemap, { input: { ...(input('treemap') as object), more: { hide: 'a' } } as never, label: 'Map' });
    expect(document.querySelector('.chips')?.textContent).toContain('Shown $3.00 of $15.50');
    dispatchEvent(new HashChangeEvent('hashchange'));
    await fireEvent.click(screen.getByTitle('a, $12.50: bring it back'));
    expect(location.hash).toBe('#/costs?range=30d&agent=codex');
  });
});

describe('a table', () => {
  it('is ordered by its heads and leads to sessions', async () => {
    render(RankedTable, { input: input('table'), label: 'Projects' });
    const names = () => screen.getAllByRole('rowheader').map((cell) => cell.textContent?.trim());
    expect(names()).toEqual(['a', HOSTILE[0], 'unknown']);
    const [project, cost, sessions] = screen.getAllByRole('columnheader');
    expect(cost?.getAttribute('aria-sort')).toBe('descending');
    await fireEvent.click(within(sessions as HTMLElement).getByRole('button'));
    expect(sessions?.getAttribute('aria-sort')).toBe('descending');
    expect(cost?.getAttribute('aria-sort')).toBe('none');
    await fireEvent.click(within(sessions as HTMLElement).getByRole('button'));
    expect(names()).toEqual([HOSTILE[0], 'a', 'unknown']); // unknown stays last
    await fireEvent.click(within(project as HTMLElement).getByRole('button'));
    expect(names()[0]).toBe(HOSTILE[0]);
    expect(screen.getByRole('link', { name: 'unknown' }).getAttribute('href')).toContain('project=null');
    expect([...document.querySelectorAll('td data')].map((cell) => (cell as HTMLDataElement).value)).toContain('');
  });
});
