-- work: every event of the touched buckets, each with its family and owner; a working table of one settling.
-- Grain: one row per event. The owner is the bucket an event counts for: its own, unless 21_owners.sql says otherwise.

create or replace temp table work as
select
    e.event_id, e.seq, e.occurred_at, e.kind, e.agent, e.source, e.bucket, t.family, e.bucket as owner,
    case e.source
        when 'otel_log' then 'event' when 'console' then 'console' when 'otel_span' then 'span'
        when 'transcript' then case when e.name = 'token_usage' then 'ledger' else 'transcript' end  -- Qwen Code's ledger
        when 'otel_metric' then 'metric' when 'sdk' then 'sdk' else 'hook'
    end as class,
    case e.source
        when 'otel_log' then 0 when 'console' then 1 when 'otel_metric' then 2 when 'otel_span' then 3
        when 'transcript' then case when e.name = 'token_usage' then 6 else 5 end else 4
    end as class_rank,
    replace(e.model, '[1m]', '') as model,
    e.user_id, e.organization_id, e.project, e.repository, e.agent_version, e.entrypoint,
    e.prompt_id, e.request_id, e.message_id, e.tool_use_id,
    e.model_requested, e.query_source, e.effort, e.speed, e.service_tier, e.subagent, e.skill, e.plugin, e.mcp_server,
    e.input_tokens, e.output_tokens, e.reasoning_tokens, e.cache_read_tokens,
    greatest(e.cache_write_tokens, coalesce(e.cache_write_5m_tokens, 0) + coalesce(e.cache_write_1h_tokens, 0))
        as cache_write_tokens,
    e.cache_write_5m_tokens, e.cache_write_1h_tokens, e.web_search_requests,
    e.cost_nanousd, e.cost_basis, e.duration_ms, e.ttft_ms, e.attempts, e.status_code, e.error_class, e.success,
    e.prompt_origin, e.tool_name, e.decision, e.decision_source,
    e.lines_added, e.lines_removed, e.quantity, e.counter, e.active_seconds, e.feature,
    case when e.kind in ('feature.use', 'prompt') then coalesce(e.feature_name, attr(e.attributes, 'command')) end as used_name,
    case when e.kind = 'feature.use' then attr(e.attributes, 'trigger') end as trigger,
    case when e.kind = 'usage.counter' then attr(e.attributes, 'lineage') end as lineage,
    -- the text is looked at before it is read as JSON, because most of it says neither
    case when e.kind in ('tool.call', 'code.change') and contains(e.attributes, '"file":') then attr(e.attributes, 'file') end
        as file,
    case when e.kind = 'code.change' and contains(e.attributes, '"language":') then attr(e.attributes, 'language') end
        as language,
    case when e.kind = 'session.activity' then attr(e.attributes, 'active_by') end as active_by,
    case
        when e.kind = 'api.error' and attr(e.attributes, 'status') = 'retried' then 'retried'
        when e.kind = 'api.error' then 'error'
        when e.kind = 'agent.notice' and e.feature = 'api_retry' and attr(e.attributes, 'status') = 'retried' then 'retried'
        when e.kind = 'api.request' and e.success is false
            and coalesce(e.input_tokens, 0) + coalesce(e.output_tokens, 0) + coalesce(e.cache_read_tokens, 0) = 0
            then 'error'
        when e.kind = 'api.request' then 'ok'
    end as outcome
from events e join touched t on t.bucket = e.bucket
where e.seq >= getvariable('from_seq') and e.seq <= getvariable('upto');

-- What forks copied: filled by 21_owners.sql.
create or replace temp table places (event_id uuid, bucket varchar);

create or replace temp table shadows (bucket varchar, occurred_at timestamp, event_id uuid);
