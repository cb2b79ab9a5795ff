import { describe, expect, it } from 'vitest';
import { readPlace } from './address.svelte';
import { filterParameters, hasBefore, windowParameters } from './window';

const NOW = Date.parse('2026-11-20T16:00:00Z');

describe('the window', () => {
  it('ends at the moment that holds for all panels', () => {
    expect(windowParameters(readPlace('#/costs?range=24h'), NOW)).toEqual([
      ['since', '2026-11-19T16:00:00.000Z'],
      ['until', '2026-11-20T16:00:00.000Z'],
    ]);
    expect(windowParameters(readPlace('#/costs?range=2w&tz=UTC'), NOW)[0]).toEqual([
      'since',
      '2026-11-06T16:00:00.000Z',
    ]);
    expect(windowParameters(readPlace('#/costs?range=all'), NOW)).toEqual([['range', 'all']]);
  });

  it('hands own days over as they are', () => {
    const place = readPlace('#/costs?since=2026-11-01&until=2026-11-08&tz=Europe%2FBerlin');
    expect(windowParameters(place, NOW)).toEqual([
      ['since', '2026-11-01'],
      ['until', '2026-11-08'],
      ['tz', 'Europe/Berlin'],
    ]);
  });

  it.each([
    ['#/costs?range=7d', true],
    ['#/costs?range=all', false],
    ['#/costs?since=2026-11-01', true],
    ['#/costs?until=2026-11-08', false],
    ['#/costs?since=2026-11-01&until=2026-11-08', true],
    ['#/costs?since=2026-11-20&until=2026-11-21', true],
    ['#/costs?since=2026-11-21&until=2026-11-28', false],
    ['#/costs?since=2026-11-20T15%3A00%3A00Z', true],
    ['#/costs?since=2026-11-20T17%3A00%3A00Z', false],
  ])('has a time before it, or not: %s', (hash, has) => expect(hasBefore(readPlace(hash), NOW)).toBe(has));
});

describe('the filters', () => {
  it('has those of the page before those of a panel, and limits under their own name', () => {
    const place = readPlace('#/costs?agent=codex&agent=null&limit=five_hour');
    expect(filterParameters(place, { agent: 'claude_code', tool: 'Bash' })).toEqual([
      ['tool', 'Bash'],
      ['agent', 'codex'],
      ['agent', 'null'],
      ['plan_limit', 'five_hour'],
    ]);
  });
});
