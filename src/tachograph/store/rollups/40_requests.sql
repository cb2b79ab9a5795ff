-- requests: the ledger. Grain: one row per API request, failed one, or rest that only a counter saw.
-- Rebuild: rollups/*.sql in order with every bucket touched (`rebuild()`).
--
-- Where sources differ (docs/decisions/ledger.md):
--   tokens            the largest per class: a source may report early or not at all, none reports too much
--   cost              reported before priced before none; a report of zero tokens that others saw does not count, and
--                     where nobody says how many tokens there were, nobody can say the cost: unpriced
--   time              the earliest transcript record's, else the earliest of the others
--   session           OTel's before the transcript's: a fork rewrites the transcript's
--   who and where     the row's own, else the session's (35_who.sql)
--   everything else   the first that says it, in the order OTel event, console, span, hook, transcript

create or replace temp table new_requests as
with
    seen as materialized (
        select *, coalesce(input_tokens, 0) + coalesce(output_tokens, 0) + coalesce(cache_read_tokens, 0)
            + coalesce(cache_write_tokens, 0) as all_tokens
        from keyed where fact = 'request'
    ),
    shared as (select agent, row_key from seen group by 1, 2 having count(*) > 1),
    several as (
        select *, row_number() over (partition by agent, row_key order by class_rank, occurred_at, event_id) as place
        from seen semi join shared using (agent, row_key)
    ),
    merged as (
        select
            row_key as request_key, agent,
            coalesce(arg_min(owner, place) filter (where not starts_with(owner, '~')), arg_min(owner, place)) as bucket,
            arg_min(outcome, place) as outcome,
            coalesce(min(occurred_at) filter (where class in ('transcript', 'ledger')), min(occurred_at))
                as occurred_at,
            min(message_id) as message_id,
            arg_min(prompt_id, place) as prompt_id,
            arg_min(request_id, place) as request_id,
            arg_min(user_id, place) as user_id,
            arg_min(organization_id, place) as organization_id,
            arg_min(project, place) as project,
            arg_min(repository, place) as repository,
            arg_min(agent_version, place) as agent_version,
            arg_min(entrypoint, place) as entrypoint,
            arg_min(model, place) as model,
            arg_min(model_requested, place) as model_requested,
            arg_min(query_source, place) as query_source,
            arg_min(effort, place) as effort,
            arg_min(speed, place) as speed,
            arg_min(service_tier, place) as service_tier,
            arg_min(subagent, place) as subagent,
            arg_min(skill, place) as skill,
            arg_min(plugin, place) as plugin,
            arg_min(mcp_server, place) as mcp_server,
            max(input_tokens) as input_tokens,
            max(output_tokens) as output_tokens,
            max(reasoning_tokens) as reasoning_tokens,
            max(cache_read_tokens) as cache_read_tokens,
            max(cache_write_tokens) as cache_write_tokens,
            max(cache_write_5m_tokens) as cache_write_5m_tokens,
            max(cache_write_1h_tokens) as cache_write_1h_tokens,
            max(web_search_requests) as web_search_requests,
            max(cost_nanousd) filter (where cost_basis = 'reported' and all_tokens > 0) as reported,
            max(cost_nanousd) filter (where cost_basis = 'priced' and (all_tokens > 0 or cost_nanousd > 0)) as priced,
            max(cost_nanousd) filter (where all_tokens = 0 and cost_basis = 'reported') as hollow,
            max(all_tokens) as all_tokens,
            arg_min(duration_ms, place) as duration_ms,
            arg_min(ttft_ms, place) as ttft_ms,
            max(attempts) as attempts,
            arg_min(status_code, place) as status_code,
            arg_min(error_class, place) as error_class,
            bool_or(class = 'event') as seen_event,
            bool_or(class = 'console') as seen_console,
            bool_or(class = 'span') as seen_span,
            bool_or(class in ('transcript', 'ledger')) as seen_transcript,
            bool_or(class = 'hook') as seen_hook,
            bool_or(class = 'sdk') as seen_sdk
        from several group by row_key, agent
        union all by name
        -- most rows were seen once, and need none of that
        select
            row_key as request_key, agent, owner as bucket, outcome, occurred_at, message_id,
            prompt_id, request_id, user_id, organization_id, project, repository, agent_version, entrypoint,
            model, model_requested, query_source, effort, speed, service_tier, subagent, skill,
            plugin, mcp_server,
            input_tokens, output_tokens, reasoning_tokens, cache_read_tokens, cache_write_tokens,
            cache_write_5m_tokens, cache_write_1h_tokens, web_search_requests,
            case when cost_basis = 'reported' and all_tokens > 0 then cost_nanousd end as reported,
            case when cost_basis = 'priced' and (all_tokens > 0 or cost_nanousd > 0) then cost_nanousd end as priced,
            case when all_tokens = 0 and cost_basis = 'reported' then cost_nanousd end as hollow, all_tokens,
            duration_ms, ttft_ms, attempts, status_code, error_class, class = 'event' as seen_event,
            class = 'console' as seen_console, class = 'span' as seen_span,
            class in ('transcript', 'ledger') as seen_transcript,
            class = 'hook' as seen_hook, class = 'sdk' as seen_sdk
        from seen anti join shared using (agent, row_key)
    )
select
    request_key, bucket, m.agent, outcome, occurred_at,
    case when not starts_with(bucket, '~') then split_part(bucket, '#', 1) end as session_id,
    prompt_id, request_id, message_id, coalesce(m.user_id, o.user_id) as user_id,
    coalesce(m.organization_id, o.organization_id) as organization_id, coalesce(m.project, o.project) as project,
    coalesce(m.repository, o.repository) as repository, coalesce(m.agent_version, o.agent_version) as agent_version,
    coalesce(m.entrypoint, o.entrypoint) as entrypoint,
    model, model_requested, query_source, effort, speed, service_tier, subagent, skill, plugin, mcp_server,
    coalesce(input_tokens, 0) as input_tokens, coalesce(output_tokens, 0) as output_tokens,
    coalesce(reasoning_tokens, 0) as reasoning_tokens, coalesce(cache_read_tokens, 0) as cache_read_tokens,
    greatest(coalesce(cache_write_tokens, 0), coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0))
        as cache_write_tokens,
    coalesce(cache_write_5m_tokens, 0) as cache_write_5m_tokens, coalesce(cache_write_1h_tokens, 0) as cache_write_1h_tokens,
    coalesce(web_search_requests, 0) as web_search_requests,
    case when outcome <> 'ok' then 0 when all_tokens = 0 then coalesce(hollow, priced)
        else coalesce(reported, priced) end as cost_nanousd,
    case when outcome <> 'ok' or hollow is not null and all_tokens = 0 or reported is not null then 'reported'
        when priced is not null then 'priced' else 'unpriced' end as cost_basis,
    outcome = 'ok' and not seen_transcript and bucket in (select owner from work where class in ('transcript', 'ledger'))
        as auxiliary,
    duration_ms, ttft_ms, attempts, status_code, error_class,
    seen_event, seen_console, seen_span, seen_transcript, false as seen_counter, seen_hook, seen_sdk,
    false as for_retry  -- 62_retries.sql
from merged m left join whose o using (bucket);
