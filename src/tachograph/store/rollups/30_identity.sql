-- sightings: which row of the ledger each event is about; a working table of one settling.
-- Grain: one row per event about an API request, a tool call or a prompt; row_key names the row.
-- A request is known by its message id, else by its request id; a request id seen with a message is that message's.
-- Tool calls and prompts are known by their ids. What has no id is paired in 31_pairing.sql.

create or replace temp table messages as
select agent, request_id, min(message_id) as message_id from work
where kind = 'api.request' and outcome = 'ok' and request_id is not null and message_id is not null
group by all;

create or replace temp table sightings as
select
    w.event_id, w.agent, w.family, w.owner, w.class_rank, w.occurred_at,
    case w.kind when 'prompt' then 'prompt' when 'tool.call' then 'tool' when 'tool.decision' then 'tool' else 'request' end
        as fact,
    case when w.kind = 'tool.decision' then w.class || ' decision' else w.class end as class,
    case
        when w.kind = 'prompt' then 'p:' || w.prompt_id
        when w.kind in ('tool.call', 'tool.decision') then 't:' || w.tool_use_id
        when w.outcome = 'retried' then 'x:' || w.event_id
        when w.outcome = 'error' then 'e:' || w.request_id
        else coalesce('m:' || w.message_id, 'm:' || m.message_id, 'r:' || w.request_id)
    end as row_key,
    -- What two sightings without an id must have in common to be taken for the same thing; `loosely` is the second try.
    case
        when w.kind = 'prompt' then case w.prompt_origin when 'agent' then 'agent' else 'person' end
        when w.kind in ('tool.call', 'tool.decision') then
            case when w.tool_name like 'mcp\_%' escape '\' then 'mcp' else coalesce(w.tool_name, '') end
            || case when w.decision = 'reject' then ' rejected' when w.success then ' ok' when w.success is false then ' failed'
                else '' end
        when w.outcome = 'ok' then 'ok ' || coalesce(w.model, '')
        else 'error'
    end as likeness,
    case
        when w.kind = 'prompt' then ''
        when w.kind in ('tool.call', 'tool.decision') then
            case when w.tool_name like 'mcp\_%' escape '\' then 'mcp' else coalesce(w.tool_name, '') end
        when w.outcome = 'ok' then 'ok ' || coalesce(w.model, '')
        else 'error'
    end as loosely,
    case when w.outcome = 'ok' then coalesce(w.input_tokens, 0) else 0 end as input_tokens,
    case when w.outcome = 'ok' then coalesce(w.output_tokens, 0) else 0 end as output_tokens,
    case when w.outcome = 'ok' then coalesce(w.cache_read_tokens, 0) else 0 end as cache_read_tokens,
    case when w.outcome = 'ok' then coalesce(w.cache_write_tokens, 0) else 0 end as cache_write_tokens
from work w left join messages m
    on w.outcome = 'ok' and w.message_id is null and m.agent = w.agent and m.request_id = w.request_id
where w.kind in ('api.request', 'api.error', 'prompt', 'tool.call', 'tool.decision') and w.source <> 'otel_metric';
