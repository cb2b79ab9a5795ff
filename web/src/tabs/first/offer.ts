/** Whether the switches of Claude Code are offered on the overview: once, and never again after a "not now". */

import { isPresent, type SetupState } from '../setup/wording';

const REMEMBERED = 'tachograph-offer-declined';

type Kept = Pick<Storage, 'getItem' | 'setItem'>;

/** Claude Code is here, does not send here, and nobody said "not now". */
export function isOffered(setup: SetupState, isDeclined: boolean): boolean {
  if (setup.demo || isDeclined) return false;
  const { state } = setup.claude_code.otel;
  const agent = setup.agents.find(({ agent }) => agent === 'claude_code');
  return agent !== undefined && isPresent(agent) && (state === 'off' || state === 'elsewhere');
}

/** Nothing has come in of any agent. */
export function isEmptyHome(setup: SetupState): boolean {
  return setup.agents.every(({ records }) => records === 0);
}

export function wasDeclined(kept: () => Kept): boolean {
  try {
    return kept().getItem(REMEMBERED) !== null;
  } catch {
    return false; // a browser that keeps nothing
  }
}

export function decline(kept: () => Kept): void {
  try {
    kept().setItem(REMEMBERED, '1');
  } catch {
    // it is gone until the page is reloaded
  }
}
