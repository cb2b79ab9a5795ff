-- tool_calls: one row per tool call, also a rejected one. Rebuild: with the rest (`rebuild()`).
-- A call is an error if it ran and failed; a rejected call did not run. The transcript knows the tool's real name and
-- whether a rejection was one, so there it comes first; for the rest the order is that of 40_requests.sql.
-- What the calls before one say of it is put in by 62_retries.sql and 63_turns.sql.

create or replace temp table new_tool_calls as
with
    seen as materialized (from keyed where fact = 'tool'),
    shared as (select agent, row_key from seen group by 1, 2 having count(*) > 1),
    several as (
        select *, row_number() over (partition by agent, row_key order by class_rank, kind, occurred_at, event_id) as place
        from seen semi join shared using (agent, row_key)
    ),
    merged as (
        select
            row_key as tool_key, agent,
            coalesce(arg_min(owner, place) filter (where not starts_with(owner, '~')), arg_min(owner, place)) as bucket,
            coalesce(min(occurred_at) filter (where class = 'transcript'), min(occurred_at)) as occurred_at,
            arg_min(prompt_id, place) as prompt_id, arg_min(request_id, place) as request_id,
            min(tool_use_id) as tool_use_id, arg_min(user_id, place) as user_id,
            arg_min(organization_id, place) as organization_id, arg_min(project, place) as project,
            arg_min(repository, place) as repository, arg_min(agent_version, place) as agent_version,
            arg_min(entrypoint, place) as entrypoint,
            coalesce(
                arg_min(tool_name, place) filter (where class = 'transcript'),
                arg_min(tool_name, place) filter (where tool_name <> 'mcp_tool'), arg_min(tool_name, place)
            ) as tool_name,
            arg_min(mcp_server, place) as mcp_server, arg_min(subagent, place) as subagent,
            case when bool_or(decision = 'reject') then 'reject' else arg_min(decision, place) end as decision,
            coalesce(arg_min(decision_source, place) filter (where kind = 'tool.decision'), arg_min(decision_source, place))
                as decision_source,
            arg_min(success, place) filter (where kind = 'tool.call') as success,
            arg_min(error_class, place) as error_class, arg_min(file, place) as file,
            arg_min(duration_ms, place) filter (where kind = 'tool.call') as duration_ms,
            bool_or(class in ('event', 'console')) as seen_event, bool_or(class = 'span') as seen_span,
            bool_or(class = 'transcript') as seen_transcript, bool_or(class in ('hook', 'sdk')) as seen_hook
        from several group by row_key, agent
        union all by name
        -- most rows were seen once
        select
            row_key as tool_key, agent, owner as bucket, occurred_at, prompt_id, request_id, tool_use_id, user_id,
            organization_id, project, repository, agent_version, entrypoint, tool_name, mcp_server, subagent, decision,
            decision_source, case when kind = 'tool.call' then success end as success, error_class, file,
            case when kind = 'tool.call' then duration_ms end as duration_ms,
            class in ('event', 'console') as seen_event, class = 'span' as seen_span,
            class = 'transcript' as seen_transcript, class in ('hook', 'sdk') as seen_hook
        from seen anti join shared using (agent, row_key)
    )
select
    tool_key, bucket, m.agent, occurred_at, case when not starts_with(bucket, '~') then split_part(bucket, '#', 1) end as session_id,
    prompt_id, request_id, tool_use_id, coalesce(m.user_id, o.user_id) as user_id,
    coalesce(m.organization_id, o.organization_id) as organization_id, coalesce(m.project, o.project) as project,
    coalesce(m.repository, o.repository) as repository, coalesce(m.agent_version, o.agent_version) as agent_version,
    coalesce(m.entrypoint, o.entrypoint) as entrypoint,
    m.tool_name, mcp_server, subagent, decision, decision_source, success,
    coalesce(success is false and decision is distinct from 'reject', false) as is_error,
    error_class, duration_ms, seen_event, seen_span, seen_transcript, seen_hook, file,
    case when mcp_server is not null or starts_with(m.tool_name, 'mcp__') then 'mcp' else coalesce(k.tool_class, 'other') end
        as tool_class,
    false as is_retry,
    case when k.tool_class = 'edit' and mcp_server is null and file is not null and not starts_with(bucket, '~') then false end
        as read_before
from merged m left join whose o using (bucket) left join tool_classes k on k.tool_name = lower(m.tool_name);
