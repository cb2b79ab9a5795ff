-- tool_calls and prompts: what the order of things in a session says of them (61_order.sql, 62_retries.sql). Grain: one row per
-- tool call, one per prompt. Rebuild: with the rest (`rebuild()`).
--   is_retry      see 62_retries.sql
--   read_before   (edits with a known file, in a session) a call of class read or edit that did not fail and was not rejected
--                 had that file before, in this session or in what it was forked from
--   is_one_shot   (turns in which an edit ran) no edit failed, none was rejected, and none comes after a shell call that came
--                 after an edit

create or replace temp table first_touches as
with
    touching as (
        from new_tool_calls where file is not null and tool_class in ('read', 'edit') and not is_error
            and decision is distinct from 'reject'
    ),
    held as (
        select bucket, file, occurred_at, tool_key from touching
        union all
        select p.bucket, t.file, t.occurred_at, t.tool_key
        from places p join work w using (event_id) join touching t on t.agent = w.agent and t.tool_use_id = w.tool_use_id
        where w.kind = 'tool.call'
    )
select bucket, file, min((occurred_at, tool_key)) as first_one from held group by 1, 2;

update new_tool_calls c set read_before = true
from first_touches f where not c.read_before and f.bucket = c.bucket and f.file = c.file and f.first_one < (c.occurred_at, c.tool_key);

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
