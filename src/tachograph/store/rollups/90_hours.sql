-- hours: usage per hour (UTC) and what it is split by most. Grain: one row per distinct combination of the columns before n.
-- Rebuild: with the rest (`rebuild()`). Sums of whole numbers: what left `requests` is taken off, what came is added.

create or replace temp table new_hours as
with
    changes as (
        select * replace (
                coalesce(cost_nanousd, 0) as cost_nanousd,
                case when cost_nanousd is null then 'unpriced' else cost_basis end as cost_basis  -- counters without a price
            ), date_trunc('hour', occurred_at) as hour
        from usage_changes
    ),
    parts as (
        select hour, agent, user_id, organization_id, model, query_source, outcome, cost_basis, auxiliary,
            seen_event, seen_console, seen_span, seen_transcript, seen_hook, seen_sdk,
            sum(sign) as n, sum(sign * input_tokens) as input_tokens, sum(sign * output_tokens) as output_tokens,
            sum(sign * reasoning_tokens) as reasoning_tokens, sum(sign * cache_read_tokens) as cache_read_tokens,
            sum(sign * cache_write_tokens) as cache_write_tokens,
            sum(sign * cache_write_5m_tokens) as cache_write_5m_tokens,
            sum(sign * cache_write_1h_tokens) as cache_write_1h_tokens,
            sum(sign * web_search_requests) as web_search_requests, sum(sign * cost_nanousd) as cost_nanousd
        from changes group by all
        union all by name
        from hours where hour in (select hour from changes)
    )
select hour, agent, user_id, organization_id, model, query_source, outcome, cost_basis, auxiliary,
    seen_event, seen_console, seen_span, seen_transcript, seen_hook, seen_sdk,
    sum(n)::bigint as n, sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens,
    sum(reasoning_tokens)::bigint as reasoning_tokens, sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_tokens)::bigint as cache_write_tokens, sum(cache_write_5m_tokens)::bigint as cache_write_5m_tokens,
    sum(cache_write_1h_tokens)::bigint as cache_write_1h_tokens,
    sum(web_search_requests)::bigint as web_search_requests, sum(cost_nanousd)::bigint as cost_nanousd
from parts group by all;

delete from hours where hour in (select hour from new_hours);

insert into hours by name from new_hours where n > 0;
