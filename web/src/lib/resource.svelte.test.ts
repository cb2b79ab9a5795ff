import { flushSync } from 'svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { live } from './live.svelte';
import { follow, ONCE, questionOf, Resource } from './resource.svelte';

const answer = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });

describe('a question', () => {
  it('is the same a moment later, and another with another length, filter or day', () => {
    const now = '/api/v1/query?metrics=a&since=2026-11-13T10:00:00.000Z&until=2026-11-20T10:00:00.000Z';
    const later = '/api/v1/query?metrics=a&since=2026-11-13T11:00:00.000Z&until=2026-11-20T11:00:00.000Z';
    const longer = '/api/v1/query?metrics=a&since=2026-11-12T11:00:00.000Z&until=2026-11-20T11:00:00.000Z';
    expect(questionOf(later)).toBe(questionOf(now));
    expect(questionOf(longer)).not.toBe(questionOf(now));
    expect(questionOf(`${now}&agent=codex`)).not.toBe(questionOf(now));
    expect(questionOf('/a?since=2026-11-01&until=2026-11-02')).not.toBe(
      questionOf('/a?since=2026-11-02&until=2026-11-03'),
    );
  });
});

describe('an answer', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('stays, marked as stale, when the same question fails', async () => {
    const fetched = vi
      .fn()
      .mockResolvedValueOnce(answer({ rows: [1] }))
      .mockRejectedValueOnce(new TypeError('down'));
    vi.stubGlobal('fetch', fetched);
    const resource = new Resource<unknown>();
    await resource.load('/api/v1/query?metrics=a');
    await resource.load('/api/v1/query?metrics=a');
    expect(resource.state).toBe('stale');
    expect(resource.data).toEqual({ rows: [1] });
  });

  it('goes when another question fails: it would pass for its answer', async () => {
    const fetched = vi
      .fn()
      .mockResolvedValueOnce(answer({ rows: [1] }))
      .mockResolvedValueOnce(answer({ error: { code: 'x', message: 'no such filter', hint: '' } }, 422));
    vi.stubGlobal('fetch', fetched);
    const resource = new Resource<unknown>();
    await resource.load('/api/v1/query?metrics=a');
    await resource.load('/api/v1/query?metrics=a&hour_of_day=7');
    expect(resource.state).toBe('error');
    expect(resource.data).toBeNull();
    expect(resource.problem?.message).toBe('no such filter');
  });
});

describe('following an address', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('asks for another text or when something came in, and for nothing else', async () => {
    const fetched = vi.fn(async () => answer({}));
    vi.stubGlobal('fetch', fetched);
    const asks = (times: number) => vi.waitFor(() => expect(fetched).toHaveBeenCalledTimes(times));
    let place = $state.raw({ filter: 'a', open: '' });
    const stop = $effect.root(() => {
      follow<unknown>(() => `/api/v1/query?agent=${place.filter}`);
      follow<unknown>(() => '/api/v1/policy', ONCE);
    });
    await asks(2);
    place = { filter: 'a', open: 'explain' }; // a dialog: nothing new is asked
    flushSync();
    place = { filter: 'b', open: 'explain' };
    flushSync();
    await asks(3);
    live.refresh();
    flushSync();
    await asks(4);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(fetched).toHaveBeenCalledTimes(4);
    stop();
  });

  it('has no answer any more once nothing is asked', async () => {
    vi.stubGlobal('fetch', async () => answer({ rows: [1] }));
    let url = $state.raw<string | null>('/api/v1/query?metrics=a&compare=previous');
    let whole: Resource<unknown> | undefined;
    const stop = $effect.root(() => {
      whole = follow<unknown>(() => url);
    });
    await vi.waitFor(() => expect(whole?.data).toEqual({ rows: [1] }));
    url = null;
    flushSync();
    expect([whole?.data, whole?.answered, whole?.state]).toEqual([null, '', 'loading']);
    stop();
  });
});
