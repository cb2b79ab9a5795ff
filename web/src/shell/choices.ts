/** What can be ticked in a filter: the values that there are, and those that are ticked and not there. */

import type { Answer } from '../lib/answers';

export interface Choice {
  readonly value: string | null;
  /** As the address has it: `null` for what is not known. */
  readonly parameter: string;
  readonly sessions: number | null;
  readonly cost: number | null;
  /** Why it cannot be chosen; empty where it can. */
  readonly why: string;
}

/** Rows of a query by one dimension as choices, in their order; what is chosen and not in the window comes first. */
export function choices(answer: Answer, chosen: readonly string[]): Choice[] {
  const [sessions, cost] = ['sessions', 'cost_usd'].map((name) => answer.columns.indexOf(name)) as [number, number];
  const found = answer.rows.map((row) => {
    const cell = row[0] as string | number | null;
    const value = cell === null ? null : String(cell);
    const why = reason(value);
    return {
      value,
      parameter: why ? `${why} ${value}` : (value ?? 'null'), // what cannot be chosen is no other's double
      sessions: sessions < 0 ? null : (row[sessions] as number | null),
      cost: cost < 0 ? null : (row[cost] as number | null),
      why,
    };
  });
  const isAll = answer.total_rows <= answer.rows.length;
  const there = new Set(found.map(({ parameter }) => parameter));
  const missing = [...new Set(chosen)]
    .filter((parameter) => !there.has(parameter))
    .map((parameter) => ({
      value: parameter === 'null' ? null : parameter,
      parameter,
      sessions: isAll && sessions >= 0 ? 0 : null, // it may be among those that the limit cut off
      cost: null,
      why: '',
    }));
  const unique = new Map([...missing, ...found].map((choice) => [choice.parameter, choice]));
  return [...unique.values()];
}

function reason(value: string | null): string {
  if (value?.includes(',')) return 'Its name has a comma in it, which separates values in a filter.';
  if (value === 'null' || value === '') return 'Its name stands for what is not known.';
  return '';
}
