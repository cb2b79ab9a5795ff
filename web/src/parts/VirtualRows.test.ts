import { cleanup, render } from '@testing-library/svelte';
import { createRawSnippet, tick } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import VirtualRows from './VirtualRows.svelte';

const HEIGHT = 40;

beforeEach(() => {
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe() {}
      disconnect() {}
    },
  );
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(400);
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function list(more: Record<string, unknown> = {}) {
  const row = createRawSnippet<[number]>((index) => ({
    render: () => '<span role="gridcell"></span>',
    setup: (cell) => void (cell.textContent = `row ${index()}`),
  }));
  const made = render(VirtualRows, {
    props: { count: 10_000, height: HEIGHT, label: 'Things', columns: 1, row, ...more },
  });
  const grid = made.getByRole('grid', { name: 'Things' });
  const rows = () => [...grid.querySelectorAll<HTMLElement>('[data-row]')];
  const press = async (key: string) => {
    document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    await tick();
    await tick();
  };
  const scroll = async (to: number) => {
    grid.scrollTop = to;
    grid.dispatchEvent(new Event('scroll'));
    await tick();
  };
  return { ...made, grid, rows, press, scroll };
}

const focused = () => (document.activeElement as HTMLElement).dataset['row'];

describe('a list of ten thousand rows', () => {
  it('has those in sight in the page, and says how many there are', async () => {
    const { grid, rows, scroll } = list();
    await tick();
    expect(rows().length).toBe(16);
    expect(grid.getAttribute('aria-rowcount')).toBe('10000');
    await scroll(5000 * HEIGHT);
    expect(rows().length).toBe(22);
    expect(rows()[6]?.getAttribute('aria-rowindex')).toBe('5001');
    expect(rows()[6]?.textContent).toContain('row 5000');
  });

  it('tells which rows are in sight', async () => {
    const onsight = vi.fn();
    const { scroll } = list({ onsight });
    await tick();
    await scroll(100 * HEIGHT);
    expect(onsight).toHaveBeenLastCalledWith({ first: 100, end: 110 });
  });

  it('has one row that the tab key stops at, wherever it is scrolled', async () => {
    const { rows, scroll } = list();
    const stops = () => rows().filter((row) => row.tabIndex === 0);
    await tick();
    expect(stops().map((row) => row.dataset['row'])).toEqual(['0']);
    await scroll(300 * HEIGHT);
    expect(stops().map((row) => row.dataset['row'])).toEqual(['300']);
  });

  it('moves the focus by keys, also to what is not in the page yet', async () => {
    const { rows, press } = list();
    await tick();
    rows()[0]?.focus();
    await press('ArrowDown');
    expect(focused()).toBe('1');
    await press('PageDown');
    expect(focused()).toBe('10');
    await press('End');
    expect(focused()).toBe('9999');
    await press('ArrowDown');
    expect(focused()).toBe('9999');
    await press('Home');
    expect(focused()).toBe('0');
  });

  it('keeps the focus where it is scrolled away from', async () => {
    const { rows, scroll, press } = list();
    await tick();
    rows()[3]?.focus();
    await tick();
    await scroll(4000 * HEIGHT);
    expect(focused()).toBe('3');
    await press('ArrowDown');
    expect(focused()).toBe('4');
  });

  it('hands on every other key with its row', async () => {
    const onkey = vi.fn();
    const { rows, press } = list({ onkey });
    await tick();
    rows()[2]?.focus();
    await press('Enter');
    expect(onkey).toHaveBeenCalledWith(2, expect.objectContaining({ key: 'Enter' }));
  });

  it('stays at its rows when others come in above', async () => {
    const { component, rows, grid, scroll } = list();
    await tick();
    await scroll(50 * HEIGHT);
    rows()
      .find((row) => row.dataset['row'] === '52')
      ?.focus();
    await (component as unknown as { keep: (rows: number) => Promise<void> }).keep(3);
    expect(grid.scrollTop).toBe(53 * HEIGHT);
    expect(focused()).toBe('55');
  });
});
