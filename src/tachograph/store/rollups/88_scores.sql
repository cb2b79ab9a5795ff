-- sessions, continued: compactions, how it ended, and the score. Grain: one row per session. Rebuild: with the rest.
--
-- The score of a session, from 0 to 10, is the mean of these parts, each from 0 to 1, weighted as they stand here:
--   outcome      weight 0.4   1 with a commit or a pull request, else one hundredth of the lines added and removed, at most 1
--   reliability  weight 0.2   share of the tool calls that did not fail
--   acceptance   weight 0.2   share of the edits that were decided on or run that were not rejected
--   one_shot     weight 0.2   share of the turns with an edit that needed one attempt (63_turns.sql)
-- What is not known of a session is left out of the mean with its weight. A session without a tool call and without a changed
-- line has no score.
-- score = 10 x (0.4 outcome + 0.2 reliability + 0.2 acceptance + 0.2 one_shot) / (sum of the weights of the known parts)

create or replace temp table new_sessions as
with
    shrunk as (select bucket, count(*) as compactions from new_compactions group by 1),
    ended as (select bucket, min(exit_reason) as exit_reason from told_sessions group by 1),
    parts as (
        select p.*, coalesce(c.compactions, 0) as compactions, e.exit_reason,
            case when commits + pull_requests > 0 then 1.0
                when lines_added + lines_removed > 0 or tool_calls > 0
                    then least(1, (lines_added + lines_removed) / 100) end::double as score_outcome,
            1 - tool_errors / nullif(tool_calls, 0) as score_reliability,
            edits_accepted / nullif(edits_decided, 0) as score_acceptance,
            one_shot_turns / nullif(edit_turns, 0) as score_one_shot
        from plain_sessions p left join shrunk c using (bucket) left join ended e using (bucket)
    )
select *, case when tool_calls > 0 or lines_added + lines_removed > 0 then round(  -- weights in fifths; equal means are equal
    10 * (2 * coalesce(score_outcome, 0) + coalesce(score_reliability, 0) + coalesce(score_acceptance, 0)
        + coalesce(score_one_shot, 0))
    / (2 * (score_outcome is not null)::int + (score_reliability is not null)::int + (score_acceptance is not null)::int
        + (score_one_shot is not null)::int), 9) end as score
from parts;
