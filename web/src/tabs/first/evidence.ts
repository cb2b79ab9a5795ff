/** Where the evidence of a sentence is, as a change of the address that was asked. */

import type { Place } from '../../lib/address.svelte';
import type { components } from '../../lib/schema';

export type Sentence = components['schemas']['Highlights']['sentences'][number];

/** The change that leads there: its filters narrow those that are set, its days stand in for the range; null: nothing to open. */
export function evidencePlace(sentence: Sentence, place: Place): Partial<Place> | null {
  const { evidence } = sentence;
  if (evidence === null) return null;
  const filters: Record<string, readonly string[]> = { ...place.filters };
  for (const [name, values] of Object.entries(evidence.filters)) filters[name] = values.map((value) => value ?? 'null');
  const days = evidence.since || evidence.until ? { range: '', since: evidence.since, until: evidence.until } : {};
  return { tab: evidence.tab, item: null, filters, ...days, more: { panel: evidence.panel } };
}
