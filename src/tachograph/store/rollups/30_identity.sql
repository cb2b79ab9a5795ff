-- keyed: every event about an API request, a tool call or a prompt, with the row of the ledger it is about.
-- Working table and view of one settling. Grain: one row per event.
-- A request is known by its message id, else by its request id; a request id seen with a message is that message's.
-- Tool calls and prompts are known by their ids. What has no id gets its row in 31_pairing.sql (table pairs).

create or replace temp table messages as
select agent, request_id, min(message_id) as message_id from work
where kind = 'api.request' and outcome = 'ok' and request_id is not null and message_id is not null
  and exists (select 1 from work where kind = 'api.request' and message_id is null)
group by all;

create or replace temp table pairs (event_id uuid, row_key varchar);

create or replace temp view keyed as
select
    w.*,
    case w.kind when 'prompt' then 'prompt' when 'tool.call' then 'tool' when 'tool.decision' then 'tool' else 'request' end
        as fact,
    coalesce(
        case
            when w.kind = 'prompt' then 'p:' || w.prompt_id
            when w.kind in ('tool.call', 'tool.decision') then 't:' || w.tool_use_id
            when w.outcome = 'retried' then 'x:' || w.event_id
            when w.outcome = 'error' then 'e:' || w.request_id
            else coalesce('m:' || w.message_id, 'm:' || m.message_id, 'r:' || w.request_id)
        end,
        pairs.row_key
    ) as row_key
from work w
left join messages m on w.outcome = 'ok' and w.message_id is null and m.agent = w.agent and m.request_id = w.request_id
left join pairs on pairs.event_id = w.event_id
where (w.kind in ('api.request', 'api.error', 'prompt', 'tool.call', 'tool.decision') or w.outcome = 'retried')
  and w.source <> 'otel_metric';
