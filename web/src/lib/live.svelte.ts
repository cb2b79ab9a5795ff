/** What comes in, as it comes: one stream for the whole page, that says when figures have to be asked for again. */

import { clock, pace } from './api';

const MOST_PATIENCE_MS = 30_000;
const AT_LEAST_EVERY_MS = 5 * 60_000; // "the last 24 hours" moves on, also when nothing comes in
const QUARTER_MS = 15 * 60_000; // days begin on a quarter of an hour, in every time zone
const HIDDEN_FOR_MS = 60_000; // a page that nobody sees leaves its connection to others

class Live {
  /** Grows whenever what is shown may be out of date; the moment of that, in ms since 1970, is what windows end with. */
  generation = $state(0);
  moment = $state(Date.now());
  connected = $state(false);
  /** When the server last told something, in ms since 1970; null before the first time. */
  heardAt = $state<number | null>(null);
  /** When the last record came in while the page was open, in ms since 1970; null before the first. */
  recordAt = $state<number | null>(null);
  /** Records that came in while the page was open. */
  records = $state(0);

  #stream: EventSource | null = null;
  #patience = 1000;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #due: ReturnType<typeof setTimeout> | undefined;
  #hidden: ReturnType<typeof setTimeout> | undefined;
  #lastAt = 0;
  #missed = false; // something came in while nobody looked

  start(): void {
    this.#listen();
    this.#watchClock();
    document.addEventListener('visibilitychange', () => this.#seen(document.visibilityState === 'visible'));
  }

  /** Ask for everything again, at once. */
  refresh(): void {
    clearTimeout(this.#due);
    this.#due = undefined;
    this.#lastAt = performance.now();
    this.#missed = false;
    this.moment = Date.now() + clock.ahead;
    this.generation += 1;
  }

  /** The same, and do not wait for the stream's next try. */
  tryNow(): void {
    if (!this.connected) this.#listen();
    this.refresh();
  }

  #listen(): void {
    clearTimeout(this.#retry);
    this.#stream?.close();
    const stream = new EventSource('/api/live');
    this.#stream = stream;
    const heard = () => {
      this.connected = true;
      this.heardAt = Date.now();
      this.#patience = 1000;
    };
    stream.addEventListener('start', () => {
      const again = this.heardAt !== null;
      heard();
      if (again || this.#missed) this.#soon(); // what came in between was missed
    });
    stream.addEventListener('records', (event: MessageEvent<string>) => {
      heard();
      this.recordAt = this.heardAt;
      this.records += countRecords(event.data);
    });
    for (const kind of ['settled', 'reset']) {
      stream.addEventListener(kind, () => {
        heard();
        this.#soon();
      });
    }
    stream.onerror = () => {
      this.connected = false;
      if (this.#missed) this.#soon(); // the stream may be refused to one more page, while questions are answered
      if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      this.#retry = setTimeout(() => this.#listen(), this.#patience);
      this.#patience = Math.min(this.#patience * 2, MOST_PATIENCE_MS);
    };
  }

  /** Soon, but no more often than the answers take: a slow store is not asked without pause. */
  #soon(): void {
    if (this.#due !== undefined) return;
    if (document.visibilityState !== 'visible') {
      this.#missed = true;
      return;
    }
    const pause = Math.max(1000, 4 * pace.slowest) - (performance.now() - this.#lastAt);
    this.#due = setTimeout(() => this.refresh(), Math.max(0, pause));
  }

  #seen(visible: boolean): void {
    clearTimeout(this.#hidden);
    if (!visible) {
      this.#hidden = setTimeout(() => {
        clearTimeout(this.#retry); // also a try that is due would connect again, unseen
        this.#stream?.close();
        this.#stream = null;
        this.#missed = true;
      }, HIDDEN_FOR_MS);
      return;
    }
    // Who has to connect again asks once it is told from where on it listens: asked before, it would ask twice.
    if (this.#stream === null) this.#listen();
    else if (this.#missed) this.refresh();
  }

  #watchClock(): void {
    setInterval(() => {
      // By the time of day: the other clock may stand still while the machine sleeps.
      const now = Date.now() + clock.ahead;
      const isOld = Math.abs(now - this.moment) > AT_LEAST_EVERY_MS;
      const isNewDay = Math.floor(now / QUARTER_MS) !== Math.floor(this.moment / QUARTER_MS);
      if ((isOld || isNewDay) && document.visibilityState === 'visible') this.refresh();
    }, 30_000);
  }
}

export const live = new Live();

function countRecords(data: string): number {
  try {
    return (JSON.parse(data) as { records: unknown[] }).records.length;
  } catch {
    return 0;
  }
}
