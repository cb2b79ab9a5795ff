import { afterEach, describe, expect, it, vi } from 'vitest';
import { Problem } from './api';
import { PageKey, takeKey, type Surroundings } from './page_key.svelte';

describe('a key in the address', () => {
  it.each([
    ['#/?key=K', 'K', '#/'],
    ['#/setup?key=K', 'K', '#/setup'],
    ['#/costs?range=30d&key=a%2Bb&agent=codex', 'a+b', '#/costs?range=30d&agent=codex'],
    ['#/costs?key=&range=30d', '', '#/costs?range=30d'],
    ['#/?key=A&key=B', 'A', '#/'],
  ])('leaves it, and nothing else does: %s', (hash, key, rest) => expect(takeKey(hash)).toEqual({ key, rest }));

  it.each(['', '#/', '#/costs?range=30d', '#/costs?keys=K', '#/tools?tool=key%3DK', '#/key/key'])(
    'is not seen where there is none: %s',
    (hash) => expect(takeKey(hash)).toBeNull(),
  );
});

/** A window whose address, history and memory can be looked at. */
function around(hash: string, kept: Record<string, string> = {}, order: string[] = []) {
  const listeners: (() => void)[] = [];
  const location = { hash, pathname: '/', search: '' };
  const made = {
    location,
    history: {
      replaceState: (_: unknown, __: string, url: string) => {
        order.push(`address ${url}`);
        location.hash = url.slice(url.indexOf('#'));
      },
    },
    sessionStorage: {
      getItem: (name: string) => kept[name] ?? null,
      setItem: (name: string, value: string) => (kept[name] = value),
      removeItem: (name: string) => delete kept[name],
    },
    addEventListener: (_: string, listener: () => void) => listeners.push(listener),
  };
  return {
    window: made as unknown as Surroundings,
    kept,
    order,
    goTo: (next: string) => {
      location.hash = next;
      listeners.forEach((listener) => listener());
    },
  };
}

function answering(order: string[], ...answers: [body: unknown, status: number][]) {
  const fetched = vi.fn((url: string, options: RequestInit) => {
    order.push(`${options.method} ${url} ${String(options.body)}`);
    const [body, status] = answers.shift() ?? [{}, 500];
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  });
  vi.stubGlobal('fetch', fetched);
  return fetched;
}

const refusal = (code: string) => ({ error: { code, message: 'no', hint: '' } });
const STORED = 'tachograph-page-token';

describe('the right to change something', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('leaves the address before the key is handed in, and is kept for this tab', async () => {
    const place = around('#/?key=K');
    answering(place.order, [{ token: 'T', expires_in_s: 1 }, 200]);
    const key = new PageKey(place.window);
    expect(key.pending).toBe(true);
    await vi.waitFor(() => expect(key.token).toBe('T'));
    expect(place.order).toEqual(['address /#/', 'POST /api/v1/page-keys/redeem {"key":"K"}']);
    expect(place.kept).toEqual({ [STORED]: 'T' });
    expect(key.pending).toBe(false);
    expect(key.problem).toBeNull();
  });

  it('is there again after a reload, without asking', () => {
    const fetched = answering([]);
    expect(new PageKey(around('#/costs', { [STORED]: 'T' }).window).token).toBe('T');
    expect(fetched).not.toHaveBeenCalled();
  });

  it('is got by an address that is pasted into an open page', async () => {
    const place = around('#/costs');
    answering(place.order, [{ token: 'T' }, 200]);
    const key = new PageKey(place.window);
    place.goTo('#/setup?key=K');
    await vi.waitFor(() => expect(key.token).toBe('T'));
    expect(place.order[0]).toBe('address /#/setup');
  });

  it.each([
    [401, 'page_key_refused', 'tachograph open'],
    [429, 'too_many_guesses', 'Wait a minute'],
  ])('is refused in plain words (%i)', async (status, code, todo) => {
    const place = around('#/?key=K');
    answering(place.order, [refusal(code), status]);
    const key = new PageKey(place.window);
    await vi.waitFor(() => expect(key.problem).not.toBeNull());
    expect(key.token).toBeNull();
    expect(key.problem?.hint).toContain(todo);
    expect(place.window.location.hash).toBe('#/');
    expect(JSON.stringify(key.problem)).not.toContain('"K"');
  });

  it('goes with a 401, here and in what is kept, and says how to get another', async () => {
    const place = around('#/', { [STORED]: 'T' });
    const fetched = answering(place.order, [refusal('token_needed'), 401]);
    const key = new PageKey(place.window);
    await expect(key.change('/api/v1/consent', {})).rejects.toBeInstanceOf(Problem);
    expect(fetched.mock.calls[0]?.[1].headers).toMatchObject({ Authorization: 'Bearer T' });
    expect(key.token).toBeNull();
    expect(place.kept).toEqual({});
    expect(key.problem?.hint).toContain('tachograph open');
  });

  it.each([400, 403, 500])('stays with a %i', async (status) => {
    const place = around('#/', { [STORED]: 'T' });
    answering(place.order, [refusal('x'), status]);
    const key = new PageKey(place.window);
    await expect(key.change('/api/v1/setup/otel', {})).rejects.toBeInstanceOf(Problem);
    expect(key.token).toBe('T');
  });

  it('is not taken away by an older answer once there is a newer one', () => {
    const key = new PageKey(around('#/', { [STORED]: 'new' }).window);
    key.refused(new Problem('no', { status: 401 }), 'old');
    expect(key.token).toBe('new');
  });

  it('holds until a reload where a browser keeps nothing', async () => {
    const place = around('#/?key=K');
    answering(place.order, [{ token: 'T' }, 200]);
    const closed = Object.defineProperty({ ...place.window }, 'sessionStorage', {
      get: () => {
        throw new DOMException('no', 'SecurityError');
      },
    });
    const key = new PageKey(closed);
    await vi.waitFor(() => expect(key.token).toBe('T'));
    expect(key.problem).toBeNull();
  });
});
