-- tool_calls, prompts and requests.for_retry: what follows from the order of things within a session. Grain: one row per tool
-- call, one per prompt. Rebuild: with the rest (`rebuild()`). Runs after 40_requests, 45_residuals, 50_tool_calls and 60_prompts.
--
-- A turn is a prompt of a person or a command, and everything in its bucket up to the next one; what comes before the first
-- belongs together too, but is no prompt's. Things of one moment are ordered by their keys, and a prompt comes before what has
-- its time. A call ran if it is known how it ended and it was not rejected.
--   is_retry      the nearest earlier call of the same tool in the turn that ran has failed; where both files are known, only
--                 calls on the same file are looked at
--   read_before   (edits with a known file, in a session) a call of class read or edit that did not fail and was not rejected
--                 had that file before, in this session or in what it was forked from
--   is_one_shot   (turns in which an edit ran) no edit failed, none was rejected, and none comes after a shell call that came
--                 after an edit
--   for_retry     the request whose answer issued a retry: the one that the call names, else the nearest of the bucket at or
--                 before the call

create or replace temp table turns as
select bucket, occurred_at, arg_max(prompt_key, prompt_key) as prompt_key from asked
where prompt_origin in ('human', 'command') group by 1, 2;

create or replace temp table in_turn as
select c.*, t.occurred_at as turn_at,
    row_number() over (partition by c.bucket, t.occurred_at order by c.occurred_at, c.tool_key, c.agent) as n,
    success is not null and decision is distinct from 'reject' as ran
from called c asof left join turns t on t.bucket = c.bucket and t.occurred_at <= c.occurred_at;

-- Only calls of tools that failed in the turn can be retries.
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

create or replace temp table first_touches as
select bucket, file, min((occurred_at, tool_key)) as first_one
from (
    select bucket, file, occurred_at, tool_key from called
    where file is not null and tool_class in ('read', 'edit') and not is_error and decision is distinct from 'reject'
    union all
    select p.bucket, c.file, c.occurred_at, c.tool_key
    from places p join keyed k using (event_id) join called c on c.agent = k.agent and c.tool_key = k.row_key
    where c.file is not null and c.tool_class in ('read', 'edit') and not c.is_error and c.decision is distinct from 'reject'
) group by 1, 2;

create or replace temp table new_tool_calls as
select c.* exclude (turn_at, n, ran), r.tool_key is not null as is_retry,
    case when c.tool_class = 'edit' and c.file is not null and c.session_id is not null
        then coalesce(f.first_one < (c.occurred_at, c.tool_key), false) end as read_before
from in_turn c left join retried r on r.agent = c.agent and r.tool_key = c.tool_key
left join first_touches f on f.bucket = c.bucket and f.file = c.file;

create or replace temp table new_prompts as
with
    ordered as (
        select bucket, turn_at, n, tool_class, is_error, decision, ran, occurred_at,
            min(case when tool_class = 'edit' then n end) over (partition by bucket, turn_at) as first_edit
        from in_turn where turn_at is not null
    ),
    calls as (
        select bucket, turn_at, max(occurred_at) as last_at, count(*) as tool_calls,
            count(*) filter (where is_error) as tool_errors, count(*) filter (where tool_class = 'edit') as edits,
            case when coalesce(bool_or(ran) filter (where tool_class = 'edit'), false) then
                not bool_or(is_error or decision is not distinct from 'reject') filter (where tool_class = 'edit')
                and not coalesce(
                    max(n) filter (where tool_class = 'edit') > min(n) filter (where tool_class = 'shell' and n > first_edit),
                    false
                ) end as is_one_shot
        from ordered group by 1, 2
    ),
    used as (
        select t.bucket, t.occurred_at as turn_at, max(r.occurred_at) as last_at,
            count(*) filter (where r.outcome = 'ok') as requests, sum(r.cost_nanousd) filter (where r.outcome = 'ok')::bigint
                as cost_nanousd
        from (select bucket, occurred_at, outcome, cost_nanousd from new_requests where outcome <> 'residual') r
        asof join turns t on t.bucket = r.bucket and t.occurred_at <= r.occurred_at
        group by 1, 2
    ),
    own as (
        select t.bucket, t.occurred_at as turn_at, max(a.occurred_at) as last_at
        from (select bucket, occurred_at from asked where prompt_origin = 'agent') a
        asof join turns t on t.bucket = a.bucket and t.occurred_at <= a.occurred_at
        group by 1, 2
    )
select
    a.*,
    case when a.prompt_origin <> 'agent' then greatest(a.occurred_at, c.last_at, u.last_at, o.last_at) end as ended_at,
    case when a.prompt_origin <> 'agent' then coalesce(u.requests, 0) end as requests,
    case when a.prompt_origin <> 'agent' then coalesce(c.tool_calls, 0) end as tool_calls,
    case when a.prompt_origin <> 'agent' then coalesce(c.tool_errors, 0) end as tool_errors,
    case when a.prompt_origin <> 'agent' then coalesce(c.edits, 0) end as edits,
    c.is_one_shot, u.cost_nanousd
from asked a
left join turns t on t.prompt_key = a.prompt_key and t.bucket = a.bucket and a.prompt_origin <> 'agent'
left join calls c on c.bucket = t.bucket and c.turn_at = t.occurred_at
left join used u on u.bucket = t.bucket and u.turn_at = t.occurred_at
left join own o on o.bucket = t.bucket and o.turn_at = t.occurred_at;

create or replace temp table retrying as
with
    calls as (
        select c.agent, c.tool_key, c.bucket, c.occurred_at, c.request_id, min(k.message_id) as message_id
        from retried r join called c using (agent, tool_key)
        left join keyed k on k.agent = c.agent and k.row_key = c.tool_key and k.fact = 'tool'
        group by all
    ),
    named as (
        select c.agent, c.tool_key, r.request_key from calls c join new_requests r
            on r.agent = c.agent and r.outcome = 'ok' and (r.message_id = c.message_id or c.message_id is null and r.request_id = c.request_id)
    ),
    nearest as (
        select c.agent, r.request_key
        from (from calls where (agent, tool_key) not in (select agent, tool_key from named)) c
        asof join (
            select bucket, occurred_at, max(request_key) as request_key from new_requests where outcome = 'ok' group by 1, 2
        ) r on r.bucket = c.bucket and r.occurred_at <= c.occurred_at
    )
select agent, request_key from named union select agent, request_key from nearest;

update new_requests set for_retry = true
from retrying t where t.agent = new_requests.agent and t.request_key = new_requests.request_key;
