-- days: usage per UTC day and what it is split by most. Grain: one row per distinct combination of the columns before n.
-- Rebuild: with the rest (`rebuild()`). Sums of whole numbers: what left `requests` is taken off, what came is added.

create or replace temp table new_days as
with
    changes as (
        select sign, date_trunc('day', occurred_at) as day, agent, user_id, organization_id, model, query_source, outcome,
            cost_basis, auxiliary, seen_event, seen_span, seen_transcript, seen_hook, input_tokens, output_tokens,
            reasoning_tokens, cache_read_tokens, cache_write_tokens, coalesce(cost_nanousd, 0) as cost_nanousd
        from day_changes
    ),
    parts as (
        select day, agent, user_id, organization_id, model, query_source, outcome, cost_basis, auxiliary, seen_event,
            seen_span, seen_transcript, seen_hook, sum(sign) as n, sum(sign * input_tokens) as input_tokens,
            sum(sign * output_tokens) as output_tokens, sum(sign * reasoning_tokens) as reasoning_tokens,
            sum(sign * cache_read_tokens) as cache_read_tokens, sum(sign * cache_write_tokens) as cache_write_tokens,
            sum(sign * cost_nanousd) as cost_nanousd
        from changes group by all
        union all by name
        from days where day in (select day from changes)
    )
select day, agent, user_id, organization_id, model, query_source, outcome, cost_basis, auxiliary, seen_event, seen_span,
    seen_transcript, seen_hook, sum(n)::bigint as n, sum(input_tokens)::bigint as input_tokens,
    sum(output_tokens)::bigint as output_tokens, sum(reasoning_tokens)::bigint as reasoning_tokens,
    sum(cache_read_tokens)::bigint as cache_read_tokens, sum(cache_write_tokens)::bigint as cache_write_tokens,
    sum(cost_nanousd)::bigint as cost_nanousd
from parts group by all;

delete from days where day in (select day from new_days);

insert into days by name from new_days where n > 0;
