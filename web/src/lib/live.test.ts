import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** A stream that cannot be reached: it is closed for good at once. */
class Closed {
  static readonly CLOSED = 2;
  static made = 0;
  readonly readyState = 2;
  onerror: (() => void) | null = null;

  constructor() {
    Closed.made += 1;
    setTimeout(() => this.onerror?.(), 1);
  }

  addEventListener(): void {}

  close(): void {}
}

describe('the live stream', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('EventSource', Closed);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it('is not tried again while nobody looks, and at once when somebody does', async () => {
    const { live } = await import('./live.svelte');
    const shown = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('visible');
    const show = (state: DocumentVisibilityState) => {
      shown.mockReturnValue(state);
      document.dispatchEvent(new Event('visibilitychange'));
    };
    live.start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(Closed.made).toBeGreaterThan(2);
    show('hidden');
    await vi.advanceTimersByTimeAsync(61_000);
    const made = Closed.made;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(Closed.made).toBe(made);
    show('visible');
    expect(Closed.made).toBe(made + 1);
  });
});
