/** How the first reading of the histories is told. */

import type { components } from '../../lib/schema';

export type Imports = components['schemas']['Imports'];
export type Month = Imports['months'][number];

export const IMPORT_EVERY_MS = 1000;

const STATES: Readonly<Record<Month['state'], string>> = { done: '✓', running: '…', waiting: '○' };

/** `2026-11: 12 of 40 files`. */
export function monthText(month: Month): string {
  return `${month.month}: ${month.files_done} of ${month.files_total} ${month.files_total === 1 ? 'file' : 'files'}`;
}

/** A sign for how far a month is. */
export function monthSign(month: Month): string {
  return STATES[month.state];
}

/** The newest months one by one; of the older ones only how many files there are, and how many were read. */
export function shownMonths(
  months: readonly Month[],
  most: number,
): { readonly shown: readonly Month[]; readonly older: { months: number; done: number; total: number } | null } {
  const rest = months.slice(most);
  if (rest.length < 2) return { shown: months, older: null };
  const sum = (of: (month: Month) => number) => rest.reduce((all, month) => all + of(month), 0);
  return {
    shown: months.slice(0, most),
    older: { months: rest.length, done: sum((m) => m.files_done), total: sum((m) => m.files_total) },
  };
}

/** What can be relied on already. */
export function weekText(imports: Imports): string {
  if (imports.week_done === null) return '';
  return imports.week_done ? 'The last 7 days are complete.' : 'The last 7 days are not complete yet.';
}

/** Reasons with how often, most first: `permission denied (2)`. */
export function reasonsText(reasons: Readonly<Record<string, number>>): string {
  return Object.entries(reasons)
    .sort(([, one], [, two]) => two - one)
    .map(([reason, count]) => `${reason} (${count})`)
    .join(', ');
}
