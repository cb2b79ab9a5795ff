import { describe, expect, it } from 'vitest';
import type { Entry } from './entries.svelte';
import { isMeant, meantIn, nameOf, nextOf, readHighlight, writeHighlight, type Highlight } from './highlight';

const entry = (told: Partial<Entry>): Entry => ({ at: '2026-11-20T10:00:00Z', status: 'ok', ...told }) as Entry;

const ENTRIES = [
  entry({ kind: 'prompt', name: 'human' }),
  entry({ kind: 'request', name: 'opus', source: 'main', input_tokens: 3, cache_read_tokens: 0 }),
  entry({ kind: 'tool_call', name: 'Bash', status: 'error', error_class: 'exit' }),
  entry({ kind: 'tool_call', name: 'Read' }),
  entry({ kind: 'request', name: 'Bash', source: 'subagent', cache_read_tokens: 9, output_tokens: 1 }),
  entry({ kind: 'request', name: 'opus', status: 'error', error_class: 'exit' }),
  entry({ kind: 'tool_call' }),
  entry({ kind: 'tool_call', name: 'Bash', status: 'rejected' }),
];

const places = (highlight: Highlight) => [...meantIn(ENTRIES, highlight)];

describe('what is highlighted', () => {
  it('is what the row of the table counts', () => {
    expect(places({ field: 'tool', value: 'Bash' })).toEqual([2, 7]); // a request to a model of that name is no tool
    expect(places({ field: 'tool', value: null })).toEqual([6]);
    expect(places({ field: 'model', value: 'opus' })).toEqual([1, 5]);
    expect(places({ field: 'query_source', value: 'subagent' })).toEqual([4]);
    expect(places({ field: 'error_class', value: 'exit' })).toEqual([2, 5]);
    expect(places({ field: 'tokens', value: 'cache_read_tokens' })).toEqual([4]);
    expect(places({ field: 'failed', value: 'tool_errors' })).toEqual([2]); // what a person refused did not fail
    expect(places({ field: 'failed', value: 'api_errors' })).toEqual([5]);
  });

  it('goes into the address and comes back', () => {
    const some: Highlight[] = [
      { field: 'tool', value: 'mcp__a:b' },
      { field: 'tool', value: '' },
      { field: 'model', value: null },
      { field: 'tokens', value: 'output_tokens' },
      { field: 'failed', value: 'api_errors' },
    ];
    for (const one of some) expect(readHighlight(writeHighlight(one))).toEqual(one);
  });

  it('is nothing where an address says something else', () => {
    const others = [undefined, '', 'user:u_1', 'tokens:cost', 'tokens', 'failed:', 'failed:toString', 'failed', ':x'];
    for (const text of others) expect(readHighlight(text)).toBeNull();
    expect(ENTRIES.some((one) => isMeant(one, { field: 'tool', value: 'constructor' }))).toBe(false);
  });

  it('has a name for people, and a next one', () => {
    expect(nameOf({ field: 'tool', value: 'Bash' })).toBe('Tool Bash');
    expect(nameOf({ field: 'tokens', value: 'cache_read_tokens' })).toMatch(/^Cache read/);
    expect(nextOf(new Set([2, 7]), -1)).toBe(2);
    expect(nextOf(new Set([7, 2]), 2)).toBe(7);
    expect(nextOf(new Set([2, 7]), 7)).toBe(2);
    expect(nextOf(new Set(), 7)).toBeNull();
  });
});
