/** What holds about privacy: which preset, clear names or pseudonyms, and what every page has to say of it. */

import { untrack } from 'svelte';
import { live } from './live.svelte';
import { Resource } from './resource.svelte';
import type { components } from './schema';

export type PrivacyState = components['schemas']['PrivacyState'];

const EVERY_MS = 30_000; // a command in a terminal may change it, and nothing tells of that

class Privacy extends Resource<PrivacyState> {
  #begun = false;

  /** Ask now, whenever something came in, and twice a minute while somebody looks. Call while a component is set up. */
  start(): void {
    if (this.#begun) return;
    this.#begun = true;
    $effect(() => {
      if (live.generation >= 0) untrack(() => this.again());
    });
    $effect(() => {
      const seen = () => document.visibilityState === 'visible' && this.again();
      const timer = setInterval(seen, EVERY_MS);
      document.addEventListener('visibilitychange', seen);
      return () => {
        this.#begun = false;
        clearInterval(timer);
        document.removeEventListener('visibilitychange', seen);
      };
    });
  }

  again(): void {
    void this.load('/api/v1/privacy/policy');
  }
}

export const privacy = new Privacy();
