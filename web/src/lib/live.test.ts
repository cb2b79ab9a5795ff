import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** A stream that a test opens and tells things by; one that cannot be reached is closed for good at once. */
class Stream extends EventTarget {
  static readonly CLOSED = 2;
  static made: Stream[] = [];
  static isReachable = true;
  readyState = 0;
  onerror: (() => void) | null = null;

  constructor() {
    super();
    Stream.made.push(this);
    setTimeout(() => {
      if (this.readyState === 2) return;
      this.readyState = Stream.isReachable ? 1 : 2;
      if (Stream.isReachable) this.tell('start');
      else this.onerror?.();
    }, 1);
  }

  tell(kind: string): void {
    if (this.readyState === 1) this.dispatchEvent(new MessageEvent(kind, { data: '{"seq":1}' }));
  }

  close(): void {
    this.readyState = 2;
  }
}

describe('the live stream', () => {
  let shown: ReturnType<typeof vi.spyOn>;
  let listened: ReturnType<typeof vi.spyOn>;

  beforeEach(() => {
    vi.resetModules();
    vi.useFakeTimers({ now: Date.parse('2026-11-20T12:01:00Z') });
    Stream.made = [];
    Stream.isReachable = true;
    vi.stubGlobal('EventSource', Stream);
    shown = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('visible');
    listened = vi.spyOn(document, 'addEventListener');
  });
  afterEach(() => {
    // The page has one stream, for as long as it is open: that of the next test is alone again.
    for (const [kind, listener] of listened.mock.calls)
      document.removeEventListener(kind as string, listener as EventListener);
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  const show = (state: DocumentVisibilityState) => {
    shown.mockReturnValue(state);
    document.dispatchEvent(new Event('visibilitychange'));
  };

  const begin = async () => {
    const { live } = await import('./live.svelte');
    live.start();
    await vi.advanceTimersByTimeAsync(10);
    return live;
  };

  it('is not tried again while nobody looks, and at once when somebody does', async () => {
    Stream.isReachable = false;
    await begin();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(Stream.made.length).toBeGreaterThan(2);
    show('hidden');
    await vi.advanceTimersByTimeAsync(61_000);
    const made = Stream.made.length;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(Stream.made.length).toBe(made);
    show('visible');
    expect(Stream.made.length).toBe(made + 1);
  });

  it('asks for nothing while nobody looks, and once when somebody does', async () => {
    const live = await begin();
    show('hidden');
    await vi.advanceTimersByTimeAsync(8 * 3_600_000);
    expect(live.generation).toBe(0);
    show('visible');
    await vi.advanceTimersByTimeAsync(20_000);
    expect([live.generation, Stream.made.length]).toEqual([1, 2]);
  });

  it('that went on while nobody looked, for less than a minute, asks once where something came in', async () => {
    const live = await begin();
    show('hidden');
    for (let told = 0; told < 20; told += 1) {
      Stream.made[0]?.tell('settled');
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(live.generation).toBe(0);
    show('visible');
    await vi.advanceTimersByTimeAsync(20_000);
    expect([live.generation, Stream.made.length]).toEqual([1, 1]);
    show('hidden');
    show('visible');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(live.generation).toBe(1);
  });

  it('that cannot be had again keeps nobody who looks again from the figures', async () => {
    const live = await begin();
    show('hidden');
    await vi.advanceTimersByTimeAsync(100_000);
    Stream.isReachable = false;
    show('visible');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(live.generation).toBe(1);
  });

  it('asks again soon after midnight, in any time zone, and after the machine slept', async () => {
    vi.setSystemTime(Date.parse('2026-11-20T18:13:00Z')); // in Kathmandu, a new day begins at 18:15
    const live = await begin();
    live.refresh();
    await vi.advanceTimersByTimeAsync(90_000);
    expect(live.generation).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(live.generation).toBe(2);
    vi.setSystemTime(Date.now() + 7 * 3_600_000); // and performance.now() stood still
    await vi.advanceTimersByTimeAsync(31_000);
    expect(live.generation).toBe(3);
  });
});
