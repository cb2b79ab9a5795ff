-- counters and the residual rows of requests: usage that running totals saw and no request row shows.
-- Grain: counters, one row per session, model and way in; residual rows, one per session, model and day.
-- Rebuild: with 40_requests.sql. Working tables are in the long form, one row per measure (a token class, or the cost).
--
-- Each way in is held against the rows by itself and the largest rest counts, never the sum of two ways. Compared per
-- session and model over all its days, because a counter may be exported after midnight; what is missing is laid on the
-- last days first, never more than a way says of a day. Costs that differ by less than a micro-dollar per request are
-- rounding, not usage. A request counts for every session it was seen in (a fork's copy must not leave its parent's counter
-- unexplained); but where an agent's own total is known without what a fork inherited, the rows that the session it was forked
-- from shows too do not: whoever they are laid to.

create or replace temp table counted as
with
    exported as (
        select c.event_id, c.occurred_at, c.agent, c.source as way, c.bucket, c.user_id, c.organization_id, c.project,
            c.repository, c.agent_version, c.entrypoint, c.model, c.measure, c.value, null::varchar as base_bucket
        from counter_points c join touched t on t.bucket = c.bucket
        where c.seq >= getvariable('from_seq') and c.seq <= getvariable('upto') and not starts_with(c.bucket, '~')
        union all by name
        from readings
    )
select *, date_trunc('day', occurred_at) as day, max(measure = 'input_total') over ways as has_total,
    max(measure = 'output_visible') over ways as has_visible
from exported
window ways as (partition by agent, bucket, model, way);

-- Agents that count the prompt with its cache, or the output without its reasoning, say so; here all count alike.
create or replace temp table by_day as
select agent, bucket, model, way, measure, day, sum(value)::bigint as value from (
    select agent, bucket, model, way, day, value,
        case measure when 'input_total' then 'input_tokens' when 'output_visible' then 'output_tokens' else measure end
            as measure
    from counted
    union all by name
    select agent, bucket, model, way, day, -value as value, 'input_tokens' as measure
    from counted where has_total and measure in ('cache_read_tokens', 'cache_write_tokens')
    union all by name
    select agent, bucket, model, way, day, value, 'output_tokens' as measure
    from counted where has_visible and measure = 'reasoning_tokens'
) group by all;

create or replace temp table shown as
with
    based as (
        select agent, bucket, model, min(base_bucket) as base_bucket from counted where base_bucket is not null group by 1, 2, 3
    ),
    related as (select bucket from touched where family in (select family from touched group by 1 having count(*) > 1)),
    anywhere as (
        select agent, bucket, request_key from new_requests where bucket not in (select bucket from related)
        union all (
            select agent, bucket, request_key from new_requests where bucket in (select bucket from related)
            union
            select agent, bucket, row_key from keyed where fact = 'request' and bucket in (select bucket from related)
            union
            select k.agent, p.bucket, k.row_key from keyed k join places p using (event_id) where k.fact = 'request'
        )
    )
select i.agent, i.bucket, coalesce(r.model, '') as model, a.bucket is null as is_own, count(*) as requests,
    sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens,
    sum(reasoning_tokens)::bigint as reasoning_tokens, sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_tokens)::bigint as cache_write_tokens, sum(cache_write_5m_tokens)::bigint as cache_write_5m_tokens,
    sum(cache_write_1h_tokens)::bigint as cache_write_1h_tokens, sum(web_search_requests)::bigint as web_search_requests,
    coalesce(sum(cost_nanousd), 0)::bigint as cost_nanousd
from anywhere i join new_requests r using (agent, request_key)
left join based b on b.agent = i.agent and b.bucket = i.bucket and b.model = coalesce(r.model, '')
left join anywhere a on a.agent = i.agent and a.bucket = b.base_bucket and a.request_key = i.request_key
where r.outcome = 'ok' and i.bucket in (select bucket from counted)
group by 1, 2, 3, 4;

-- Each way, and what the rows show that it should have counted: those that may have been (for the rest), and the session's
-- own (to be shown beside it).
create or replace temp table beside as
select w.agent, w.bucket, w.model, w.way, v.only_own, coalesce(sum(s.requests), 0)::bigint as shown_requests,
    coalesce(sum(input_tokens), 0)::bigint as shown_input_tokens,
    coalesce(sum(output_tokens), 0)::bigint as shown_output_tokens,
    coalesce(sum(reasoning_tokens), 0)::bigint as shown_reasoning_tokens,
    coalesce(sum(cache_read_tokens), 0)::bigint as shown_cache_read_tokens,
    coalesce(sum(cache_write_tokens), 0)::bigint as shown_cache_write_tokens,
    coalesce(sum(cache_write_5m_tokens), 0)::bigint as shown_cache_write_5m_tokens,
    coalesce(sum(cache_write_1h_tokens), 0)::bigint as shown_cache_write_1h_tokens,
    coalesce(sum(web_search_requests), 0)::bigint as shown_web_search_requests,
    coalesce(sum(cost_nanousd), 0)::bigint as shown_cost_nanousd
from (
    select agent, bucket, model, way, bool_or(base_bucket is not null) as has_base from counted group by 1, 2, 3, 4
) w cross join (select unnest([true, false]) as only_own) v left join shown s
    on s.agent = w.agent and s.bucket = w.bucket and s.model = w.model and (s.is_own or not (w.has_base or v.only_own))
group by 1, 2, 3, 4, 5;

create or replace temp table held as
with
    whole as (
        select agent, bucket, model, way, measure, greatest(0, sum(value))::bigint as counted from by_day group by all
    ),
    blind as (  -- a way that counts the prompt with its cache and not the cache is held against all of the prompt
        select agent, bucket, model, way, bool_or(measure = 'input_total') as has_total,
            bool_or(measure = 'cache_read_tokens') as has_read, bool_or(measure = 'cache_write_tokens') as has_write
        from counted group by 1, 2, 3, 4
    ),
    against as (
        select w.*, b.shown_requests, map {
                'input_tokens': shown_input_tokens
                    + case when has_total and not has_read then shown_cache_read_tokens else 0 end
                    + case when has_total and not has_write then shown_cache_write_tokens else 0 end,
                'output_tokens': shown_output_tokens,
                'reasoning_tokens': shown_reasoning_tokens,
                'cache_read_tokens': shown_cache_read_tokens,
                'cache_write_tokens': shown_cache_write_tokens,
                'cache_write_5m_tokens': shown_cache_write_5m_tokens,
                'cache_write_1h_tokens': shown_cache_write_1h_tokens,
                'web_search_requests': shown_web_search_requests,
                'cost_nanousd': shown_cost_nanousd
            }[w.measure] as shown
        from whole w join beside b using (agent, bucket, model, way) join blind using (agent, bucket, model, way)
        where not b.only_own
    )
select *, case when measure = 'cost_nanousd' and counted - shown <= 1000 * shown_requests then 0
    else greatest(0, counted - shown) end::bigint as missing
from against;

create or replace temp table new_counters as
with
    times as (
        select agent, bucket, model, way, min(occurred_at) as first_at, max(occurred_at) as last_at,
            arg_min(user_id, event_id) as user_id
        from counted group by 1, 2, 3, 4
    ),
    wide as (
        select agent, bucket, model, way,
            max(counted) filter (where measure = 'input_tokens') as input_tokens,
            max(counted) filter (where measure = 'output_tokens') as output_tokens,
            max(counted) filter (where measure = 'reasoning_tokens') as reasoning_tokens,
            max(counted) filter (where measure = 'cache_read_tokens') as cache_read_tokens,
            max(counted) filter (where measure = 'cache_write_tokens') as cache_write_tokens,
            max(counted) filter (where measure = 'cache_write_5m_tokens') as cache_write_5m_tokens,
            max(counted) filter (where measure = 'cache_write_1h_tokens') as cache_write_1h_tokens,
            max(counted) filter (where measure = 'web_search_requests') as web_search_requests,
            max(counted) filter (where measure = 'cost_nanousd') as cost_nanousd
        from held group by 1, 2, 3, 4
    )
select w.* replace (nullif(model, '') as model), split_part(bucket, '#', 1) as session_id, t.* exclude (agent, bucket, model, way),
    b.* exclude (agent, bucket, model, way, only_own)
from wide w join times t using (agent, bucket, model, way) join beside b using (agent, bucket, model, way)
where b.only_own;

create or replace temp table new_residuals as
with
    named as (
        select agent, bucket, model, day, max(occurred_at) as occurred_at,
            arg_min(user_id, event_id) as user_id, arg_min(organization_id, event_id) as organization_id,
            arg_min(project, event_id) as project, arg_min(repository, event_id) as repository,
            arg_min(agent_version, event_id) as agent_version, arg_min(entrypoint, event_id) as entrypoint
        from counted where value > 0 group by 1, 2, 3, 4
    ),
    missing as (select agent, bucket, model, measure, max(missing) as missing from held group by all having max(missing) > 0),
    days as (select agent, bucket, model, measure, day, greatest(0, max(value)) as value from by_day group by all),
    laid as (
        select d.agent, d.bucket, d.model, d.day, d.measure,
            greatest(0, least(d.value, m.missing - coalesce(sum(d.value) over later, 0)))::bigint as value
        from days d join missing m using (agent, bucket, model, measure)
        window later as (
            partition by d.agent, d.bucket, d.model, d.measure order by d.day desc
            rows between unbounded preceding and 1 preceding
        )
    ),
    wide as (
        select agent, bucket, model, day,
            coalesce(sum(value) filter (where measure = 'input_tokens'), 0)::bigint as input_tokens,
            coalesce(sum(value) filter (where measure = 'output_tokens'), 0)::bigint as output_tokens,
            coalesce(sum(value) filter (where measure = 'reasoning_tokens'), 0)::bigint as reasoning_tokens,
            coalesce(sum(value) filter (where measure = 'cache_read_tokens'), 0)::bigint as cache_read_tokens,
            coalesce(sum(value) filter (where measure = 'cache_write_tokens'), 0)::bigint as cache_write_tokens,
            coalesce(sum(value) filter (where measure = 'cache_write_5m_tokens'), 0)::bigint as cache_write_5m_tokens,
            coalesce(sum(value) filter (where measure = 'cache_write_1h_tokens'), 0)::bigint as cache_write_1h_tokens,
            coalesce(sum(value) filter (where measure = 'web_search_requests'), 0)::bigint as web_search_requests,
            coalesce(sum(value) filter (where measure = 'cost_nanousd'), 0)::bigint as cost_nanousd
        from laid group by 1, 2, 3, 4
    ),
    costed as (select distinct agent, bucket, model from counted where measure = 'cost_nanousd')
select
    'c:' || bucket || ':' || model || ':' || strftime(day, '%Y-%m-%d') as request_key, bucket, w.agent, 'residual' as outcome,
    occurred_at, split_part(bucket, '#', 1) as session_id,
    coalesce(h.user_id, o.user_id) as user_id, coalesce(h.organization_id, o.organization_id) as organization_id,
    coalesce(h.project, o.project) as project, coalesce(h.repository, o.repository) as repository,
    coalesce(h.agent_version, o.agent_version) as agent_version, coalesce(h.entrypoint, o.entrypoint) as entrypoint,
    nullif(model, '') as model,
    input_tokens, output_tokens, least(reasoning_tokens, output_tokens) as reasoning_tokens,
    cache_read_tokens, cache_write_tokens, least(cache_write_5m_tokens, cache_write_tokens) as cache_write_5m_tokens,
    least(cache_write_1h_tokens, cache_write_tokens - least(cache_write_5m_tokens, cache_write_tokens))
        as cache_write_1h_tokens,
    web_search_requests,
    -- No counter of the agent's says what it cost: the price table is asked (settle.py).
    case when (w.agent, bucket, model) in (select agent, bucket, model from costed) then cost_nanousd end as cost_nanousd,
    'counter' as cost_basis, false as auxiliary,
    false as seen_event, false as seen_console, false as seen_span, false as seen_transcript,
    true as seen_counter,
    (w.agent, bucket, model) in (select agent, bucket, model from counted where way = 'hook') as seen_hook, false as seen_sdk,
    false as for_retry
from wide w join named h using (agent, bucket, model, day) left join whose o using (bucket)
where input_tokens + output_tokens + cache_read_tokens + cache_write_tokens + web_search_requests + cost_nanousd > 0;

insert into new_requests by name select * from new_residuals;
