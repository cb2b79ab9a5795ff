/** The month's money, in words and as a sheet. */

import type { Sheet } from '../../lib/answers';
import { formatDay, formatName } from '../../lib/format';
import type { Budget } from './answers';
import { column } from './columns';

/** Every day of the month that is over or running. */
export function budgetSheet(answer: Budget): Sheet {
  return {
    columns: [
      column('day', 'Day'),
      column('cost_microusd', 'Cost', 'microusd'),
      column('month_microusd', 'Of the month up to that day', 'microusd'),
    ],
    rows: answer.daily.map(({ day, cost_microusd, month_microusd }) => [day, cost_microusd, month_microusd]),
    reasons: {},
  };
}

export interface BudgetWords {
  /** What is the case, first. */
  readonly headline: string;
  /** When it is crossed, or why nobody knows. */
  readonly crossing: string;
  readonly tone: 'good' | 'bad' | 'plain';
}

/** What the bar shows, said: colour is never the only sign. */
export function budgetWords(answer: Budget): BudgetWords {
  if (answer.budget_microusd === null) {
    return { headline: 'No budget is set', crossing: '', tone: 'plain' };
  }
  if (answer.is_crossed) {
    const on = answer.crossed_on ? ` on ${formatDay(answer.crossed_on)}` : '';
    return { headline: `The budget was crossed${on}`, crossing: '', tone: 'bad' };
  }
  const month = formatName(answer.month, 'month');
  if (answer.crossing_expected_on) {
    const { crossing_earliest_on: first, crossing_latest_on: last } = answer;
    const between =
      first && last
        ? `, in four cases of five between ${formatDay(first)} and ${formatDay(last)}`
        : first
          ? `, perhaps from ${formatDay(first)} on, perhaps not this month`
          : '';
    return {
      headline: `It will be crossed on ${formatDay(answer.crossing_expected_on)}`,
      crossing: `By the forecast${between}.`,
      tone: 'bad',
    };
  }
  if (answer.crossing_reason) {
    return { headline: `Within the budget so far`, crossing: sentence(answer.crossing_reason), tone: 'plain' };
  }
  const perhaps = answer.crossing_earliest_on ? ` It may be, from ${formatDay(answer.crossing_earliest_on)} on.` : '';
  return {
    headline: `Within the budget of ${month}`,
    crossing: `It is not expected to be crossed this month.${perhaps}`,
    tone: perhaps ? 'plain' : 'good',
  };
}

/** With a capital and a full stop. */
export function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

/** A share of the bar's length, which ends at the largest of what it shows; 0 to 1. */
export function barShares(answer: Budget): { spent: number; projected: number; budget: number } {
  const budget = answer.budget_microusd ?? 0;
  const projected = answer.projected.value ?? 0;
  const most = Math.max(budget, projected, answer.spent_microusd, 1);
  return { spent: answer.spent_microusd / most, projected: projected / most, budget: budget / most };
}
