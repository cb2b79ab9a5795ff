import { afterEach, describe, expect, it, vi } from 'vitest';

describe('what the server says about itself', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  const answered = async () => new Response(JSON.stringify({ metrics: [], dashboards: [], problems: [] }));

  it('is asked for again when the server can be heard, and only by who has nothing', async () => {
    const fetched = vi.fn(async () => Promise.reject(new TypeError('down')) as Promise<Response>);
    vi.stubGlobal('fetch', fetched);
    const { about } = await import('./about.svelte');
    await about.heard(); // nothing was asked yet
    expect(fetched).not.toHaveBeenCalled();
    await about.load();
    expect([about.ready, about.problem === null]).toEqual([false, false]);
    vi.stubGlobal('fetch', fetched.mockImplementation(answered));
    await about.heard();
    expect([about.ready, about.problem]).toEqual([true, null]);
    const asked = fetched.mock.calls.length;
    await about.heard();
    expect(fetched).toHaveBeenCalledTimes(asked);
  });

  it('is asked for again under another preset: strict has no panels about people', async () => {
    const fetched = vi.fn(answered);
    vi.stubGlobal('fetch', fetched);
    const { about } = await import('./about.svelte');
    await about.under('standard');
    await about.under('standard');
    expect(fetched).not.toHaveBeenCalled();
    await about.under('strict');
    expect(fetched).toHaveBeenCalledTimes(2);
  });
});
