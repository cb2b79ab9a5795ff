/** What a list of sessions shows of each: which columns fit, and what a file of them holds. */

import type { Cell, Sheet } from '../../lib/answers';
import type { components } from '../../lib/schema';

export type Session = components['schemas']['SessionListed'];

export interface ColumnAbout {
  readonly id: string;
  readonly label: string;
  /** By what the server orders it; null where it cannot. */
  readonly order: string | null;
  /** At least so wide, in rem. */
  readonly rem: number;
  /** Takes what is left over, in this share. */
  readonly grows: number;
  readonly number: boolean;
  /** The lower, the later it goes when there is little room. */
  readonly place: number;
}

const about = (
  id: string,
  label: string,
  order: string | null,
  rem: number,
  place: number,
  { grows = 0, number = true } = {},
): ColumnAbout => ({ id, label, order, rem, place, grows, number });

/** In the order in which they stand. */
export const COLUMNS: readonly ColumnAbout[] = [
  about('started', 'Started', 'started_at', 10, 0, { number: false }),
  about('agent', 'Agent', null, 7, 4, { number: false }),
  about('project', 'Project', null, 8, 2, { number: false, grows: 3 }),
  about('models', 'Models', null, 7.5, 8, { number: false, grows: 3 }),
  about('duration', 'Duration', 'duration_seconds', 6.5, 3),
  about('prompts', 'Prompts', 'prompts', 5.25, 10),
  about('requests', 'Requests', 'requests', 5.75, 9),
  about('tokens', 'Tokens', 'total_tokens', 5, 5),
  about('cost', 'Cost', 'cost_usd', 5.25, 1),
  about('tools', 'Tools', 'tool_calls', 8.5, 6),
  about('lines', 'Lines', 'lines_changed', 6.75, 7),
  about('commits', 'Commits', 'commits', 5.5, 11),
  about('score', 'Score', 'score', 4, 12),
];

/** Below this width, in rem, a session is a card and not a line. */
export const CARDS_BELOW = 34;

/** The columns that fit, those that matter most first to stay. */
export function columnsFor(rem: number): ColumnAbout[] {
  let left = rem;
  const kept = new Set<string>();
  for (const column of [...COLUMNS].sort((one, two) => one.place - two.place)) {
    left -= column.rem;
    if (left < 0) break;
    kept.add(column.id);
  }
  return COLUMNS.filter(({ id }) => kept.has(id));
}

/** What `running` takes beside the time of a session's start, in rem; while none runs the room is the other columns'. */
export const BADGE_REM = 5.25;

/** For `grid-template-columns`; `badge` is the room for what stands beside the start, in rem. */
export function tracksOf(columns: readonly ColumnAbout[], badge = 0): string {
  const grow = columns.some(({ grows }) => grows > 0);
  return columns
    .map(
      ({ id, rem, grows }, at) =>
        `minmax(${rem + (id === 'started' ? badge : 0)}rem, ${grows || (!grow && at === 0 ? 1 : 0.25)}fr)`,
    )
    .join(' ');
}

/** Falling first, as who orders by cost looks for the most; a second time turns it round. */
export function nextOrder(now: string, order: string): string {
  return now === `-${order}` ? order : `-${order}`;
}

/** For `aria-sort`. */
export function sortedBy(now: string, order: string | null): 'ascending' | 'descending' | undefined {
  if (order === null || now.replace(/^-/, '') !== order) return undefined;
  return now.startsWith('-') ? 'descending' : 'ascending';
}

const FIELDS = [
  'id',
  'started_at',
  'ended_at',
  'agent',
  'agent_version',
  'entrypoint',
  'project',
  'repository',
  'user',
  'organization',
  'models',
  'duration_seconds',
  'active_seconds',
  'prompts',
  'requests',
  'subagent_requests',
  'api_errors',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'total_tokens',
  'cost_usd',
  'unpriced_requests',
  'tool_calls',
  'tool_errors',
  'tool_retries',
  'edits',
  'files_changed',
  'lines_added',
  'lines_removed',
  'commits',
  'pull_requests',
  'compactions',
  'exit_reason',
  'score',
] as const;

/** All that is told of sessions, a row each. */
export function sheetOfSessions(sessions: readonly Session[]): Sheet {
  return {
    columns: FIELDS.map((name) => ({ name, label: name, unit: null })),
    rows: sessions.map((session) =>
      FIELDS.map((name): Cell => {
        const value: Cell | string[] = session[name];
        return Array.isArray(value) ? value.join(' ') : value;
      }),
    ),
    reasons: {},
  };
}
