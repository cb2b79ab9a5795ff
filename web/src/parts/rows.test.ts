import { describe, expect, it } from 'vitest';
import { drawnRows, inSight, mostRows, rowAfter, scrolledTo, tabStop, widened } from './rows';

describe('the rows in sight', () => {
  it('are those of which something can be seen', () => {
    expect(inSight(0, 100, 40, 1000)).toEqual({ first: 0, end: 3 });
    expect(inSight(39, 100, 40, 1000)).toEqual({ first: 0, end: 4 });
    expect(inSight(40, 80, 40, 1000)).toEqual({ first: 1, end: 3 });
  });

  it('never leave the list, however far it is scrolled', () => {
    expect(inSight(1e9, 100, 40, 1000)).toEqual({ first: 999, end: 1000 });
    expect(inSight(-50, 100, 40, 1000)).toEqual({ first: 0, end: 2 });
    expect(inSight(0, 100, 40, 0)).toEqual({ first: 0, end: 0 });
    expect(inSight(400, 100, 40, 0)).toEqual({ first: 0, end: 0 });
  });

  it('stay few however long the list is', () => {
    for (const scrolled of [0, 1234, 200_000, 399_000]) {
      const { first, end } = widened(inSight(scrolled, 800, 40, 10_000), 6, 10_000);
      expect(end - first).toBeLessThanOrEqual(33);
    }
  });

  it('are widened within the list', () => {
    expect(widened({ first: 2, end: 5 }, 6, 7)).toEqual({ first: 0, end: 7 });
    expect(widened({ first: 20, end: 30 }, 6, 100)).toEqual({ first: 14, end: 36 });
  });
});

describe('the focus', () => {
  it('goes where the key says, within the list', () => {
    expect(rowAfter('ArrowDown', 9, 10, 5)).toBe(9);
    expect(rowAfter('ArrowDown', 3, 10, 5)).toBe(4);
    expect(rowAfter('ArrowUp', 0, 10, 5)).toBe(0);
    expect(rowAfter('PageDown', 0, 100, 5)).toBe(4);
    expect(rowAfter('PageUp', 3, 100, 5)).toBe(0);
    expect(rowAfter('Home', 50, 100, 5)).toBe(0);
    expect(rowAfter('End', 50, 100, 5)).toBe(99);
    expect(rowAfter('End', 0, 0, 5)).toBeNull();
    expect(rowAfter('Enter', 0, 10, 5)).toBeNull();
  });

  it('brings its row into sight, and scrolls no more than that', () => {
    expect(scrolledTo(0, 400, 100, 40)).toBe(0);
    expect(scrolledTo(11, 400, 100, 40)).toBe(400);
    expect(scrolledTo(12, 400, 100, 40)).toBe(420);
    expect(scrolledTo(99, 0, 100, 40)).toBe(3900);
  });

  it('keeps its row in the page when that is scrolled away', () => {
    expect(drawnRows({ first: 10, end: 12 }, 3, 100)).toEqual([3, 10, 11]);
    expect(drawnRows({ first: 10, end: 12 }, 50, 100)).toEqual([10, 11, 50]);
    expect(drawnRows({ first: 10, end: 12 }, 11, 100)).toEqual([10, 11]);
    expect(drawnRows({ first: 10, end: 12 }, null, 100)).toEqual([10, 11]);
    expect(drawnRows({ first: 10, end: 12 }, 120, 100)).toEqual([10, 11]);
  });

  it('can always be reached: the active row, else the first in sight', () => {
    expect(tabStop(3, { first: 10, end: 12 }, [3, 10, 11])).toBe(3);
    expect(tabStop(3, { first: 10, end: 12 }, [10, 11])).toBe(10);
  });
});

it('a list has a height that browsers can show', () => expect(mostRows(40) * 40).toBeLessThanOrEqual(12_000_000));
