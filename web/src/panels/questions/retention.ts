/** Who comes back, week by week, as a sheet and as a table of shares. */

import type { Sheet } from '../../lib/answers';
import type { Retention } from './answers';
import { column } from './columns';

/** A row for each cohort and week. */
export function retentionSheet(answer: Retention): Sheet {
  return {
    columns: [
      column('week', 'First week'),
      column('people', 'People', 'count'),
      column('after', 'Weeks after'),
      column('active', 'Active', 'count'),
      column('share', 'Share', 'ratio'),
      column('is_complete', 'Week is over'),
    ],
    rows: answer.cohorts.flatMap((cohort) =>
      cohort.weeks.map((week) => [
        cohort.week,
        cohort.people,
        week.after,
        week.people,
        week.share,
        week.is_complete ? 'yes' : 'no',
      ]),
    ),
    reasons: {},
  };
}

export interface CohortRow {
  readonly week: string;
  readonly people: number;
  /** By weeks after the first; null where there is no such week yet. */
  readonly cells: readonly ({ readonly share: number; readonly people: number; readonly isComplete: boolean } | null)[];
}

/** Cohorts as rows of equal length, the newest first, so that what is nearest is seen first. */
export function cohortRows(answer: Retention): CohortRow[] {
  const most = Math.max(0, ...answer.cohorts.flatMap(({ weeks }) => weeks.map(({ after }) => after)));
  return answer.cohorts
    .map(({ week, people, weeks }) => {
      const cells = Array.from({ length: most + 1 }, () => null as CohortRow['cells'][number]);
      for (const { after, share, people: active, is_complete } of weeks)
        cells[after] = { share, people: active, isComplete: is_complete };
      return { week, people, cells };
    })
    .reverse();
}
