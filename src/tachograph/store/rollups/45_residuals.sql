-- requests, the residual rows: usage that the agent's counters saw and no request row shows.
-- Grain: one row per bucket, model and day. Rebuild: with 40_requests.sql.
-- A request counts for every session it was seen in: a fork's copy must not leave its parent's counter unexplained.
-- Compared per bucket and model over all its days, because a counter may be exported after midnight; what is missing is
-- laid on the last days first, never more than the counter says of a day. Costs that differ by less than a micro-dollar
-- per request are rounding, not usage. The counters of one way in (OTLP before console) are taken, never the sum of two.

create or replace temp table new_residuals as
with
    points as (
        select *, min(class_rank) over (partition by agent, owner) as best from work
        where kind = 'usage.counter' and not starts_with(owner, '~')  -- counters that name no session: 85_residuals.sql
    ),
    counted as (
        select
            agent, owner as bucket, coalesce(model, '') as model, date_trunc('day', occurred_at) as day,
            max(occurred_at) as occurred_at,
            arg_min(user_id, event_id) as user_id, arg_min(organization_id, event_id) as organization_id,
            arg_min(project, event_id) as project, arg_min(repository, event_id) as repository,
            arg_min(agent_version, event_id) as agent_version, arg_min(entrypoint, event_id) as entrypoint,
            coalesce(sum(coalesce(quantity, input_tokens)) filter (where counter = 'input'), 0)::bigint as input_tokens,
            coalesce(sum(coalesce(quantity, output_tokens)) filter (where counter = 'output'), 0)::bigint as output_tokens,
            coalesce(sum(coalesce(quantity, cache_read_tokens)) filter (where counter = 'cache_read'), 0)::bigint
                as cache_read_tokens,
            coalesce(sum(coalesce(quantity, cache_write_tokens)) filter (where counter = 'cache_write'), 0)::bigint
                as cache_write_tokens,
            coalesce(sum(cost_nanousd) filter (where counter = 'cost'), 0)::bigint as cost_nanousd
        from points where class_rank = best group by agent, owner, coalesce(model, ''), date_trunc('day', occurred_at)
    ),
    related as (select bucket from touched where family in (select family from touched group by 1 having count(*) > 1)),
    shown_in as (
        select agent, bucket, request_key from new_requests where bucket not in (select bucket from related)
        union all (
            select agent, bucket, request_key from new_requests where bucket in (select bucket from related)
            union
            select agent, bucket, row_key from keyed where fact = 'request' and bucket in (select bucket from related)
            union
            select k.agent, p.bucket, k.row_key from keyed k join places p using (event_id) where k.fact = 'request'
        )
    ),
    shown as (
        select i.agent, i.bucket, coalesce(r.model, '') as model, count(*) as requests,
            sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens,
            sum(cache_read_tokens)::bigint as cache_read_tokens, sum(cache_write_tokens)::bigint as cache_write_tokens,
            coalesce(sum(cost_nanousd), 0)::bigint as cost_nanousd
        from shown_in i join new_requests r using (agent, request_key)
        where r.outcome = 'ok' and i.bucket in (select bucket from counted) group by 1, 2, 3
    ),
    missing as (
        select c.agent, c.bucket, c.model,
            greatest(0, sum(c.input_tokens) - coalesce(any_value(s.input_tokens), 0)) as input_tokens,
            greatest(0, sum(c.output_tokens) - coalesce(any_value(s.output_tokens), 0)) as output_tokens,
            greatest(0, sum(c.cache_read_tokens) - coalesce(any_value(s.cache_read_tokens), 0)) as cache_read_tokens,
            greatest(0, sum(c.cache_write_tokens) - coalesce(any_value(s.cache_write_tokens), 0)) as cache_write_tokens,
            greatest(0, sum(c.cost_nanousd) - coalesce(any_value(s.cost_nanousd), 0)) as cost_nanousd,
            1000 * coalesce(any_value(s.requests), 0) as rounding
        from counted c left join shown s using (agent, bucket, model) group by all
    ),
    laid as (
        select c.* exclude (input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_nanousd),
            greatest(0, least(c.input_tokens, m.input_tokens - coalesce(sum(c.input_tokens) over later, 0)))::bigint
                as input_tokens,
            greatest(0, least(c.output_tokens, m.output_tokens - coalesce(sum(c.output_tokens) over later, 0)))::bigint
                as output_tokens,
            greatest(0, least(c.cache_read_tokens,
                m.cache_read_tokens - coalesce(sum(c.cache_read_tokens) over later, 0)))::bigint as cache_read_tokens,
            greatest(0, least(c.cache_write_tokens,
                m.cache_write_tokens - coalesce(sum(c.cache_write_tokens) over later, 0)))::bigint as cache_write_tokens,
            case when m.cost_nanousd > m.rounding then greatest(0, least(c.cost_nanousd,
                m.cost_nanousd - coalesce(sum(c.cost_nanousd) over later, 0)))::bigint else 0 end as cost_nanousd
        from counted c join missing m using (agent, bucket, model)
        window later as (
            partition by c.agent, c.bucket, c.model order by c.day desc rows between unbounded preceding and 1 preceding
        )
    )
select
    'c:' || bucket || ':' || model || ':' || strftime(day, '%Y-%m-%d') as request_key, bucket, agent, 'residual' as outcome,
    occurred_at, bucket as session_id,
    user_id, organization_id, project, repository, agent_version, entrypoint, nullif(model, '') as model,
    input_tokens, output_tokens, 0::bigint as reasoning_tokens, cache_read_tokens, cache_write_tokens,
    0::bigint as cache_write_5m_tokens, 0::bigint as cache_write_1h_tokens, 0::bigint as web_search_requests,
    cost_nanousd, 'counter' as cost_basis, false as auxiliary,
    false as seen_event, false as seen_console, false as seen_span, false as seen_transcript,
    true as seen_counter, false as seen_hook, false as seen_sdk
from laid
where input_tokens + output_tokens + cache_read_tokens + cache_write_tokens + cost_nanousd > 0;

insert into new_requests by name select * from new_residuals;
