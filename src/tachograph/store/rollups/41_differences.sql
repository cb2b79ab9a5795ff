-- differences: what a source said of a request that others saw too, where it is not what the ledger says.
-- Grain: one row per request and source; only where they differ. Rebuild: with 40_requests.sql. Run only if a request was
-- seen by several. The ledger's figures less these are the source's own: what it would have counted alone.

create or replace temp table new_differences as
with
    several as materialized (
        select agent, request_key, bucket, occurred_at, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
            coalesce(cost_nanousd, 0) as cost_nanousd
        from new_requests
        where outcome = 'ok' and seen_event::int + seen_console::int + seen_span::int + seen_transcript::int
            + seen_hook::int + seen_sdk::int > 1
    ),
    told as (
        select agent, row_key as request_key,
            case class when 'event' then 'otel_log' when 'span' then 'otel_span' else class end as source,
            coalesce(max(input_tokens), 0) as input_tokens, coalesce(max(output_tokens), 0) as output_tokens,
            coalesce(max(cache_read_tokens), 0) as cache_read_tokens,
            coalesce(max(cache_write_tokens), 0) as cache_write_tokens, coalesce(max(cost_nanousd), 0) as cost_nanousd
        from keyed semi join several on several.agent = keyed.agent and several.request_key = keyed.row_key
        where fact = 'request' group by 1, 2, 3
    )
select r.bucket, r.agent, r.request_key, r.occurred_at, t.source,
    (r.input_tokens - t.input_tokens)::bigint as input_tokens,
    (r.output_tokens - t.output_tokens)::bigint as output_tokens,
    (r.cache_read_tokens - t.cache_read_tokens)::bigint as cache_read_tokens,
    (r.cache_write_tokens - t.cache_write_tokens)::bigint as cache_write_tokens,
    (r.cost_nanousd - t.cost_nanousd)::bigint as cost_nanousd
from several r join told t using (agent, request_key)
where (r.input_tokens, r.output_tokens, r.cache_read_tokens, r.cache_write_tokens, r.cost_nanousd)
    <> (t.input_tokens, t.output_tokens, t.cache_read_tokens, t.cache_write_tokens, t.cost_nanousd);
