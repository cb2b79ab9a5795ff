-- cost_tracking: one row per API request, and per rest that only counters saw, in the names of an older dashboard server.
-- Both engines run this text. user_email as in session_summaries.

create or replace view cost_tracking as
select
    r.request_key as id, r.session_id as session_id, r.agent as agent, r.user_id as user_id,
    coalesce(nullif(i.clear_name, ''), r.user_id) as user_email, r.organization_id as organization_id,
    r.project as project, r.repository as repository, r.occurred_at as timestamp, r.model as model_name,
    r.input_tokens as input_tokens, r.output_tokens as output_tokens, r.cache_write_tokens as cache_creation_tokens,
    r.cache_read_tokens as cache_read_tokens,
    r.input_tokens + r.output_tokens + r.cache_write_tokens + r.cache_read_tokens as total_tokens,
    r.cost_nanousd / 1e9 as cost_usd, r.cost_basis as cost_basis, r.query_source as query_source, r.duration_ms as duration_ms,
    r.for_retry as for_retry, r.outcome as outcome
from requests r
left join (select pseudonym, min(clear_text) as clear_name from identities group by pseudonym) i on i.pseudonym = r.user_id
where r.outcome in ('ok', 'residual');
