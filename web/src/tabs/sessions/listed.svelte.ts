/** The list as it was left: who comes back from a session finds it where it was, and a session knows its neighbours. */

import { address } from '../../lib/address.svelte';
import type { Parameters } from '../../lib/api';
import { live } from '../../lib/live.svelte';
import { filterParameters, windowParameters } from '../../lib/window';
import type { Session } from './columns';
import { fetchSessions } from './download';
import { Pager } from './pager.svelte';

const DEFAULT_ORDER = '-started_at';

class Listed {
  readonly pager = new Pager<Session>(fetchSessions);
  scrolled = $state(0);
  active = $state(0);
  /** What was asked for, but for the moment: a change of it is another list. */
  question = '';
  /** One of its sessions was looked at: the focus comes back to its row. */
  cameFrom = false;
}

export const listed = new Listed();

/** Whether the focus can be taken: nobody put it anywhere since the place was changed. */
export function isFocusFree(): boolean {
  return document.activeElement === document.body || document.activeElement?.id === 'main';
}

/** By what the list of this address is ordered. */
export function orderOf(): string {
  return address.place.more['order'] ?? DEFAULT_ORDER;
}

/** What the list of this address asks the server, now. */
export function scopeOf(): Parameters {
  const search = address.place.more['q']?.trim();
  return [
    ...windowParameters(address.place, live.moment),
    ...filterParameters(address.place),
    ...(search ? [['search', search] as const] : []),
    ...(orderOf() === DEFAULT_ORDER ? [] : [['order', orderOf()] as const]),
  ];
}

/** The same for every moment of one list. */
export function questionOf(): string {
  const { range, since, until, tz, filters, more } = address.place;
  return JSON.stringify([range, since, until, tz, filters, more['q']?.trim() ?? '', orderOf()]);
}
