/** An answer that is asked for again and again while somebody looks. */

import { untrack } from 'svelte';
import { Resource } from './resource.svelte';

export interface Polled<T> extends Resource<T> {
  /** Ask at once, such as after a change. */
  again: () => void;
}

/**
 * Asks `url` whenever it changes, and `pause` ms after each answer; null stops until the next change.
 * A page that nobody sees does not ask. Call while a component is set up.
 */
export function poll<T>(url: () => string | null, pause: (resource: Resource<T>) => number | null): Polled<T> {
  const resource = new Resource<T>() as Polled<T>;
  resource.again = () => {};
  $effect(() => {
    const wanted = url();
    if (wanted === null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const round = async (): Promise<void> => {
      clearTimeout(timer);
      timer = undefined;
      if (document.visibilityState === 'visible') {
        await resource.load(wanted);
        if (isOver || resource.pending) return; // a newer round goes on
      }
      const ms = pause(resource);
      clearTimeout(timer);
      if (ms !== null && document.visibilityState === 'visible') timer = setTimeout(() => void round(), ms);
    };
    const seen = (): void => {
      if (document.visibilityState === 'visible') void round();
    };
    document.addEventListener('visibilitychange', seen);
    untrack(() => {
      resource.again = () => void round();
      void round();
    });
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
      resource.stop();
    };
  });
  return resource;
}
