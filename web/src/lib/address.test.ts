import { describe, expect, it } from 'vitest';
import { readPlace, START, writePlace } from './address.svelte';

describe('the address', () => {
  it('starts at the overview of the week', () => {
    expect(readPlace('')).toEqual(START);
    expect(writePlace(START)).toBe('#/overview');
  });

  it.each([
    '#/costs?range=30d&agent=codex&model=a&model=b',
    '#/sessions/s_1%2F2?since=2026-11-01&until=2026-11-08&compare=0',
    '#/overview?range=all&tz=Europe%2FBerlin&project=null',
    '#/tools?tool=mcp__x%26y&panel=Tools',
  ])('is read and written the same: %s', (hash) => expect(writePlace(readPlace(hash))).toBe(hash));

  it('takes what it does not know for a filter, and nonsense for what is usual', () => {
    expect(readPlace('#/costs?range=DROP&hour_of_day=7')).toMatchObject({
      range: '7d',
      filters: { hour_of_day: ['7'] },
    });
    expect(readPlace('#/%E0%A4%A?x=%zz').tab).toBe('%E0%A4%A');
  });
});

it('an address may name what every object has', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
    const place = readPlace(`#/costs?${name}=1&${name}=2`);
    expect(Object.entries(place.filters)).toEqual([[name, ['1', '2']]]);
    expect(writePlace(place)).toBe(`#/costs?${name}=1&${name}=2`);
  }
});
