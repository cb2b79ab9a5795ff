/** Which remarks about the owner's own dashboards belong to which tab. */

import type { DashboardAbout } from '../lib/answers';
import type { components } from '../lib/schema';

export type Trouble = components['schemas']['DashboardProblem'];

/** Of the tab's own file; on the overview of all files that make no tab: there is no other place for them. */
export function noticesFor(
  dashboard: Pick<DashboardAbout, 'name' | 'file' | 'notes'>,
  problems: readonly Trouble[],
  dashboards: readonly Pick<DashboardAbout, 'file'>[],
): string[] {
  const shown = new Set(dashboards.map(({ file }) => file).filter(Boolean));
  const mine = problems.filter(({ file }) =>
    dashboard.file ? file === dashboard.file : dashboard.name === 'overview' && !shown.has(file),
  );
  return [...mine.map((trouble) => inWords(trouble, dashboard.file)), ...(dashboard.notes ?? [])];
}

function inWords({ file, panel, what, hint }: Trouble, of: string): string {
  const about = panel ? `The panel “${panel}”` : of ? 'The file' : `The file ${file}`;
  return `${about}${/^[a-z]/.test(what) ? ' ' : ': '}${what}${hint ? `: ${hint}` : ''}.`;
}
