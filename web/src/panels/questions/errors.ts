/** What failed, as a sheet and in words. */

import type { Sheet } from '../../lib/answers';
import { formatName } from '../../lib/format';
import type { ErrorClass, Errors } from './answers';
import { column } from './columns';

export function errorsSheet(answer: Errors): Sheet {
  return {
    columns: [
      column('what', 'What'),
      column('kind', 'Kind'),
      column('error_class', 'Class'),
      column('status_code', 'Status'),
      column('count', 'Failures', 'count'),
      column('ratio', 'Of all of its sort', 'ratio'),
      column('sessions', 'Sessions', 'count'),
      column('first_ever_at', 'First seen'),
      column('last_at', 'Last seen'),
      column('names', 'Most with'),
    ],
    rows: answer.classes.map((one) => [
      one.what === 'tool' ? 'tool call' : 'request',
      KINDS[one.kind],
      one.error_class,
      one.status_code,
      one.count,
      one.ratio,
      one.sessions,
      one.first_ever_at,
      one.last_at,
      mostWith(one),
    ]),
    reasons: answer.reasons,
  };
}

export const KINDS: Readonly<Record<ErrorClass['kind'], string>> = {
  rate_limit: 'rate limit',
  network: 'network',
  auth: 'not authorized',
  tool_failure: 'tool failed',
  permission: 'not permitted',
  validation: 'not valid',
  interruption: 'interrupted',
  server: "service's fault",
  other: 'other',
};

/** What sort of thing failed, and how; without repeating what the class says already. */
export function sortOf(one: Pick<ErrorClass, 'what' | 'kind' | 'error_class'>): string {
  const what = one.what === 'tool' ? 'tool call' : 'request';
  return one.error_class === null ? what : `${what}, ${KINDS[one.kind] ?? one.kind}`;
}

/** The class as its source names it, with its status; the kind where the source names none. */
export function className({ error_class, status_code, kind }: ErrorClass): string {
  return [error_class ?? KINDS[kind] ?? kind, ...(status_code === null ? [] : [status_code])].join(' ');
}

/** Tools or models that had most of them. */
export function mostWith({ tools, models }: Pick<ErrorClass, 'tools' | 'models'>): string {
  return [...tools, ...models].map(({ name, count }) => `${formatName(name)} ${count}`).join(', ');
}

/** The hours of the day with most tries that hit a limit, the most first; those without any are left out. */
export function hardHours(answer: Errors): { hour: number; hits: number; tries: number }[] {
  return answer.patterns.rate_limits.by_hour
    .map(({ hour, rate_limited, overloaded, tries }) => ({ hour, hits: rate_limited + overloaded, tries }))
    .filter(({ hits }) => hits > 0)
    .sort((one, two) => two.hits - one.hits)
    .slice(0, 3);
}
