/** What began when, as a sheet. */

import type { Sheet } from '../../lib/answers';
import type { TimeMarkers } from './answers';
import { column } from './columns';

export const MARKER_KINDS: Readonly<Record<string, string>> = {
  agent_release: 'release',
  model: 'model',
  price: 'price',
};

export function markersSheet(answer: TimeMarkers): Sheet {
  return {
    columns: [column('at', 'When'), column('kind', 'Kind'), column('text', 'What')],
    rows: answer.markers.map(({ at, kind, text }) => [at, MARKER_KINDS[kind] ?? kind, text]),
    reasons: {},
  };
}

/** Nothing began, and nothing had to be left out. */
export function noMarkers(answer: TimeMarkers): boolean {
  return !answer.markers.length && !Object.keys(answer.reasons).length;
}
