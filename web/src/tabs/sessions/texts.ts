/** The cells of a session as text, made once for each session that is held. */

import { exact, format, formatMoment, formatName, UNKNOWN } from '../../lib/format';
import type { Session } from './columns';

export interface Texts {
  readonly started: string;
  readonly project: string;
  readonly models: string;
  readonly allModels: string;
  readonly duration: string;
  readonly prompts: string;
  readonly requests: string;
  readonly tokens: string;
  readonly exactTokens: string;
  readonly cost: string;
  readonly exactCost: string;
  readonly calls: string;
  readonly failed: string;
  readonly added: string;
  readonly removed: string;
  readonly commits: string;
  readonly score: string;
}

const made = new WeakMap<Session, { zone: string | undefined; texts: Texts }>();

export function textsOf(session: Session, zone: string | undefined): Texts {
  const known = made.get(session);
  if (known && known.zone === zone) return known.texts;
  const texts = write(session, zone);
  made.set(session, { zone, texts });
  return texts;
}

/** Of ten, as everywhere on the page. */
export function scoreText(score: number | null): string {
  return format(score, 'mean');
}

function write(session: Session, zone: string | undefined): Texts {
  const more = session.models.length - 1;
  return {
    started: formatMoment(session.started_at, zone),
    project: formatName(session.project, 'project'),
    models: `${session.models[0] ?? UNKNOWN}${more > 0 ? ` +${more}` : ''}`,
    allModels: session.models.join(', '),
    duration: format(session.duration_seconds, 'seconds'),
    prompts: format(session.prompts, 'count'),
    requests: format(session.requests, 'count'),
    tokens: format(session.total_tokens, 'tokens'),
    exactTokens: exact(session.total_tokens, 'tokens'),
    cost: format(session.cost_usd, 'usd'),
    exactCost: exact(session.cost_usd, 'usd'),
    calls: format(session.tool_calls, 'count'),
    failed: format(session.tool_errors, 'count'),
    added: format(session.lines_added, 'lines'),
    removed: format(session.lines_removed, 'lines'),
    commits: format(session.commits, 'count'),
    score: scoreText(session.score),
  };
}
