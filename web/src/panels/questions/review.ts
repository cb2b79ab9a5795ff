/** Sessions that somebody should look at, as a sheet. */

import type { Sheet } from '../../lib/answers';
import type { Review } from './answers';
import { column } from './columns';

export function reviewSheet(answer: Review): Sheet {
  return {
    columns: [
      column('session', 'Session'),
      column('agent', 'Agent'),
      column('user', 'User'),
      column('project', 'Project'),
      column('started_at', 'Started'),
      column('cost_microusd', 'Cost', 'microusd'),
      column('usual_microusd', 'Usual of that person', 'microusd'),
      column('tool_errors', 'Failed tool calls', 'count'),
      column('api_errors', 'Failed requests', 'count'),
      column('reasons', 'Reasons'),
    ],
    rows: answer.sessions.map((one) => [
      one.session,
      one.agent,
      one.user,
      one.project,
      one.started_at,
      one.cost_microusd,
      one.usual_microusd,
      one.tool_errors,
      one.api_errors,
      one.reasons.map(({ says }) => says).join('; '),
    ]),
    reasons: { usual_microusd: 'too few sessions of that person are known' },
  };
}
