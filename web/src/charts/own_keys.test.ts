import LRU from 'zrender/lib/core/LRU.js';
import { describe, expect, it } from 'vitest';
import './own_keys';

const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

describe('widths of texts', () => {
  it('are remembered of each text, also of one that is named like what every object has', () => {
    const widths = new LRU<number>(3);
    for (const round of [1, 2]) {
      for (const name of NAMES) {
        expect(widths.get(name)).toBeUndefined();
        widths.put(name, name.length * round);
        expect(widths.get(name)).toBe(name.length * round);
      }
      widths.clear();
    }
    const few = new LRU<number>(3);
    for (const name of NAMES) few.put(name, 1);
    expect(NAMES.filter((name) => few.get(name) === 1)).toEqual(NAMES.slice(-3)); // those used last
  });

  it('leave all objects as they are', () => {
    const widths = new LRU<number>(3);
    for (const name of [...NAMES, ...NAMES]) widths.get(name);
    for (const one of [Object.prototype, Object, Object.prototype.toString])
      expect([Object.keys(one), 'next' in one, 'prev' in one]).toEqual([[], false, false]);
  });
});
