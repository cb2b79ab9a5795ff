/**
 * Texts that are named like what every object has.
 *
 * What draws for ECharts remembers the widths of texts by the text, in an object that has the prototype of all objects. Asked
 * for `__proto__`, it finds that prototype, takes it for an entry of its list and links it: from then on every object of the
 * page has a `next` and a `prev`. Names of models, tools and people come from outside: here that object has no prototype.
 */

import LRU from 'zrender/lib/core/LRU.js';

interface Held {
  _map: object;
}

const { get, put } = LRU.prototype;

function bare(cache: unknown): void {
  const held = cache as Held;
  if (Object.getPrototypeOf(held._map) !== null) Object.setPrototypeOf(held._map, null);
}

LRU.prototype.get = function (this: LRU<unknown>, key: string | number): unknown {
  bare(this);
  return get.call(this, key);
};

LRU.prototype.put = function (this: LRU<unknown>, key: string | number, value: unknown): unknown {
  bare(this);
  return put.call(this, key, value);
};
