-- told_sessions: the report of a plugin that counts, of each session. Working table of one settling; run only if there are any.
-- Grain: one row per agent and session. A resumed session is reported again with larger figures, which replace: what is signed
-- with a known key before what anybody could have sent, the native form before the original's, then the one that ends last,
-- then the larger, whichever came in first.

create or replace temp table told_sessions as
with
    told as (
        select e.event_id, e.agent, e.bucket, e.occurred_at, e.attributes, attr(e.attributes, 'exit_reason') as exit_reason, e.active_seconds, e.lines_added, e.lines_removed,
            row_number() over (
                partition by e.agent, e.bucket
                order by coalesce(attr(e.attributes, 'integrity') = 'keyed', false) desc,
                    coalesce(attr(e.attributes, 'payload_form') = 'native', false) desc, e.occurred_at desc,
                    coalesce(try_cast(attr(e.attributes, 'responses_counted') as bigint), 0) desc,
                    coalesce(try_cast(attr(e.attributes, 'assistant_messages') as bigint), 0) desc,
                    coalesce(try_cast(attr(e.attributes, 'tool_calls_counted') as bigint), 0) desc,
                    e.event_id
            ) as place
        from events e join work w using (event_id)
        where e.kind = 'session.summary' and e.seq >= getvariable('from_seq') and e.seq <= getvariable('upto')
    )
select * exclude (place) from told where place = 1;
