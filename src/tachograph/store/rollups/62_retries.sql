-- retried, and requests.for_retry: tool calls that were made again because they had failed, and the requests that asked for
-- them. Working table of one settling; run only if a call failed. Grain: one row per such call.
-- A call is a retry if the nearest earlier call of the same tool in its turn that ran has failed; where both files are known,
-- only calls on the same file are looked at. The request whose answer issued it is the one that the call names, else the nearest
-- of the bucket at or before the call.

create or replace temp table retried as
with
    suspects as (
        select agent, tool_key, bucket, turn_at, tool_name, file, n, case when ran then 2 * n + is_error::int end as ended
        from in_turn
        where (bucket, coalesce(turn_at, '-infinity'), tool_name) in (
            select bucket, coalesce(turn_at, '-infinity'), tool_name from in_turn where is_error and tool_name is not null
        )
    ),
    earlier as (  -- an odd number is a failure; the largest is the nearest
        select agent, tool_key, file,
            max(ended) over (by_tool rows between unbounded preceding and 1 preceding) as of_tool,
            max(case when file is null then ended end) over (by_tool rows between unbounded preceding and 1 preceding)
                as of_no_file,
            max(ended) over (by_file rows between unbounded preceding and 1 preceding) as of_file
        from suspects
        window by_tool as (partition by bucket, turn_at, tool_name order by n),
            by_file as (partition by bucket, turn_at, tool_name, file order by n)
    )
select agent, tool_key from earlier
where case when file is null then of_tool else greatest(of_no_file, of_file) end % 2 = 1;

create or replace temp table retrying as
with
    calls as (
        select c.agent, c.tool_key, c.bucket, t.family, c.occurred_at, c.request_id, min(w.message_id) as message_id
        from retried join new_tool_calls c using (agent, tool_key) join touched t on t.bucket = c.bucket
        left join work w on w.agent = c.agent and w.tool_use_id = c.tool_use_id and w.kind = 'tool.call'
            and w.message_id is not null
        group by all
    ),
    answers as (  -- of the call's own family: what else is settled now must make no difference
        select r.agent, r.request_key, r.request_id, r.message_id, t.family
        from new_requests r join touched t on t.bucket = r.bucket
        where r.outcome = 'ok' and (r.message_id in (select message_id from calls) or r.request_id in (select request_id from calls))
    ),
    by_message as (
        select c.agent, c.tool_key, a.request_key from calls c join answers a using (agent, family, message_id)
    ),
    by_request as (
        select c.agent, c.tool_key, a.request_key from calls c join answers a using (agent, family, request_id)
        where (c.agent, c.tool_key) not in (select (agent, tool_key) from by_message)
    ),
    nearest as (
        select c.agent, r.request_key
        from (
            from calls where (agent, tool_key) not in (
                select (agent, tool_key) from by_message union all select (agent, tool_key) from by_request
            )
        ) c
        asof join (
            select bucket, occurred_at, max(request_key) as request_key from new_requests where outcome = 'ok' group by 1, 2
        ) r on r.bucket = c.bucket and r.occurred_at <= c.occurred_at
    )
select agent, request_key from by_message
union select agent, request_key from by_request
union select agent, request_key from nearest;

update new_tool_calls set is_retry = true
from retried r where r.agent = new_tool_calls.agent and r.tool_key = new_tool_calls.tool_key;

update new_requests set for_retry = true
from retrying t where t.agent = new_requests.agent and t.request_key = new_requests.request_key;
