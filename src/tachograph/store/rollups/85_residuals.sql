-- counters and the residual rows of running totals that name no session (`session.id` switched off; Codex): what they say
-- beyond all request rows of the same agent, day and model. Grain: one row per agent, day, model and user (and way).
-- Rebuild: with the rest (`rebuild()`). Runs after the other rows are written, for the days that were touched.
-- A counter may be exported after midnight: rows of the last ten minutes before a day make up for its counters too.
-- What was erased still makes up for what counters counted of it (erased_usage): it must not come back as a rest.
-- A row that does not say its user itself (transcripts know none; it has its session's) makes up for anybody's counters, the
-- users taken in order. So does what only a plugin counted: it calls everybody by an id of its own. erase.py asks the same.
-- A counter that counts the prompt with its cache, and none that counts the cache (older GenAI metrics), is held against
-- all that the rows show of prompts.
-- The working tables have the long form of 45_residuals.sql.

delete from requests where starts_with(bucket, '^') and date_trunc('day', occurred_at) in (select day from touched_days)
  and bucket not in (select bucket from archived);

delete from counters where starts_with(bucket, '^') and date_trunc('day', last_at) in (select day from touched_days)
  and bucket not in (select bucket from archived);

create or replace temp table counted as
select *, source as way, coalesce(user_id, '') as person, date_trunc('day', occurred_at) as day,
    max(measure = 'input_total') over ways as has_total, max(measure = 'output_visible') over ways as has_visible,
    max(measure = 'cache_read_tokens') over ways as has_read, max(measure = 'cache_write_tokens') over ways as has_write
from counter_points
where session_id is null and seq <= getvariable('upto')
  and occurred_at >= (select min(day) from touched_days) and occurred_at < (select max(day) + interval 1 day from touched_days)
  and date_trunc('day', occurred_at) in (select day from touched_days)
  and '^' || agent || '^' || strftime(occurred_at, '%Y-%m-%d') not in (select bucket from archived)
window ways as (partition by agent, date_trunc('day', occurred_at), model, user_id, source);

create or replace temp table shown as
with
    explaining as (
        select agent, occurred_at,
            case when (seen_event or seen_console or seen_span or seen_sdk or seen_counter and not seen_hook)
                and (bucket, user_id) not in (select (bucket, user_id) from hook_sessions where user_id is not null)
                then user_id end as user_id, model,
            1 as n, input_tokens, output_tokens, reasoning_tokens, cache_read_tokens,
            cache_write_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_search_requests, cost_nanousd
        from requests where outcome in ('ok', 'residual') and not starts_with(bucket, '^')
        union all by name
        select * exclude (requests), requests as n from erased_usage
    ),
    near as (
        select r.*, t.day, coalesce(r.model, '') as plain_model, coalesce(r.user_id, '') as person
        from explaining r join (select distinct day from touched_days) t
            on r.occurred_at >= t.day - interval 10 minute and r.occurred_at < t.day + interval 1 day
    )
select agent, day, plain_model as model, person, sum(n)::bigint as requests, m.measure, sum(m.value)::bigint as value
from near, unnest([
    {'measure': 'input_tokens', 'value': input_tokens}, {'measure': 'output_tokens', 'value': output_tokens},
    {'measure': 'reasoning_tokens', 'value': reasoning_tokens},
    {'measure': 'cache_read_tokens', 'value': cache_read_tokens},
    {'measure': 'cache_write_tokens', 'value': cache_write_tokens},
    {'measure': 'cache_write_5m_tokens', 'value': cache_write_5m_tokens},
    {'measure': 'cache_write_1h_tokens', 'value': cache_write_1h_tokens},
    {'measure': 'web_search_requests', 'value': web_search_requests},
    {'measure': 'cost_nanousd', 'value': coalesce(cost_nanousd, 0)},
    {'measure': 'input_and_read', 'value': input_tokens + cache_read_tokens},
    {'measure': 'input_and_write', 'value': input_tokens + cache_write_tokens},
    {'measure': 'input_and_both', 'value': input_tokens + cache_read_tokens + cache_write_tokens}
]) as u(m)
group by all;

create or replace temp table held as
with
    alike as (
        select agent, day, model, person, way, value,
            case measure when 'input_total' then 'input_tokens' when 'output_visible' then 'output_tokens'
                else measure end as measure
        from counted
        union all by name
        select agent, day, model, person, way, -value as value, 'input_tokens' as measure
        from counted where has_total and measure in ('cache_read_tokens', 'cache_write_tokens')
        union all by name
        select agent, day, model, person, way, value, 'output_tokens' as measure
        from counted where has_visible and measure = 'reasoning_tokens'
    ),
    blind as (  -- what the way's input holds besides
        select agent, day, model, person, way, 'input_tokens' as measure,
            case when not max(has_read) and not max(has_write) then 'input_and_both'
                when not max(has_read) then 'input_and_read' when not max(has_write) then 'input_and_write'
                else 'input_tokens' end as against
        from counted where has_total group by 1, 2, 3, 4, 5
    ),
    whole as (
        select agent, day, model, person, way, a.measure, coalesce(any_value(against), a.measure) as against,
            greatest(0, sum(value))::bigint as counted
        from alike a left join blind using (agent, day, model, person, way, measure) group by 1, 2, 3, 4, 5, 6
    )
select w.* exclude (against), coalesce(s.value, 0) as shown, coalesce(s.requests, 0) + coalesce(n.requests, 0) as requests,
    coalesce(n.value, 0) as free
from whole w
left join shown s on s.agent = w.agent and s.day = w.day and s.model = w.model and s.person = w.person
    and s.measure = w.against
left join (from shown where person = '') n on w.person <> '' and n.agent = w.agent and n.day = w.day and n.model = w.model
    and n.measure = w.against;

insert into counters by name
with
    times as (
        select agent, day, model, person, way, min(occurred_at) as first_at, max(occurred_at) as last_at
        from counted group by 1, 2, 3, 4, 5
    ),
    wide as (
        select agent, day, model, person, way,
            max(counted) filter (where measure = 'input_tokens') as input_tokens,
            max(counted) filter (where measure = 'output_tokens') as output_tokens,
            max(counted) filter (where measure = 'reasoning_tokens') as reasoning_tokens,
            max(counted) filter (where measure = 'cache_read_tokens') as cache_read_tokens,
            max(counted) filter (where measure = 'cache_write_tokens') as cache_write_tokens,
            max(counted) filter (where measure = 'cache_write_5m_tokens') as cache_write_5m_tokens,
            max(counted) filter (where measure = 'cache_write_1h_tokens') as cache_write_1h_tokens,
            max(counted) filter (where measure = 'web_search_requests') as web_search_requests,
            max(counted) filter (where measure = 'cost_nanousd') as cost_nanousd
        from held group by 1, 2, 3, 4, 5
    ),
    beside as (
        select agent, day, model, person, max(requests) as shown_requests,
            coalesce(max(value) filter (where measure = 'input_tokens'), 0)::bigint as shown_input_tokens,
            coalesce(max(value) filter (where measure = 'output_tokens'), 0)::bigint as shown_output_tokens,
            coalesce(max(value) filter (where measure = 'reasoning_tokens'), 0)::bigint as shown_reasoning_tokens,
            coalesce(max(value) filter (where measure = 'cache_read_tokens'), 0)::bigint as shown_cache_read_tokens,
            coalesce(max(value) filter (where measure = 'cache_write_tokens'), 0)::bigint as shown_cache_write_tokens,
            coalesce(max(value) filter (where measure = 'cache_write_5m_tokens'), 0)::bigint as shown_cache_write_5m_tokens,
            coalesce(max(value) filter (where measure = 'cache_write_1h_tokens'), 0)::bigint as shown_cache_write_1h_tokens,
            coalesce(max(value) filter (where measure = 'web_search_requests'), 0)::bigint as shown_web_search_requests,
            coalesce(max(value) filter (where measure = 'cost_nanousd'), 0)::bigint as shown_cost_nanousd
        from (select agent, day, model, person, way, max(requests) as requests, measure, max(shown + free) as value
            from held group by all)
        group by 1, 2, 3, 4
    )
select '^' || agent || '^' || strftime(day, '%Y-%m-%d') as bucket, agent, nullif(person, '') as user_id,
    nullif(model, '') as model, way, t.* exclude (agent, day, model, person, way), w.* exclude (agent, day, model, person, way),
    b.* exclude (agent, day, model, person)
from wide w join times t using (agent, day, model, person, way) join beside b using (agent, day, model, person);

insert into requests by name
with
    beyond as (  -- what the users have in excess of their own rows, by way; then the largest way
        select agent, day, model, person, measure, way, greatest(0, counted - shown) as excess, free,
            1000 * requests as rounding
        from held
    ),
    largest as (
        select agent, day, model, person, measure, max(excess) as excess, max(free) as free, max(rounding) as rounding
        from beyond group by all
    ),
    laid as (
        select agent, day, model, person, measure,
            case when measure = 'cost_nanousd' and sum(excess) over upto - free <= rounding then 0
                else greatest(0, least(excess, sum(excess) over upto - free)) end::bigint as value
        from largest
        window upto as (
            partition by agent, day, model, measure order by person rows between unbounded preceding and current row
        )
    ),
    wide as (
        select agent, day, model, person,
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
    who as (
        select agent, day, model, person, max(occurred_at) as occurred_at, arg_min(organization_id, event_id) as organization_id,
            arg_min(project, event_id) as project, arg_min(repository, event_id) as repository,
            arg_min(agent_version, event_id) as agent_version, arg_min(entrypoint, event_id) as entrypoint,
            bool_or(measure = 'cost_nanousd') as is_costed
        from counted group by 1, 2, 3, 4
    )
select
    'c:' || agent || ':' || person || ':' || model || ':' || strftime(day, '%Y-%m-%d') as request_key,
    '^' || agent || '^' || strftime(day, '%Y-%m-%d') as bucket, agent, 'residual' as outcome, occurred_at,
    nullif(person, '') as user_id, organization_id, project, repository, agent_version, entrypoint,
    nullif(model, '') as model, input_tokens, output_tokens, least(reasoning_tokens, output_tokens) as reasoning_tokens,
    cache_read_tokens, cache_write_tokens, least(cache_write_5m_tokens, cache_write_tokens) as cache_write_5m_tokens,
    least(cache_write_1h_tokens, cache_write_tokens - least(cache_write_5m_tokens, cache_write_tokens))
        as cache_write_1h_tokens,
    web_search_requests, case when is_costed then cost_nanousd end as cost_nanousd, 'counter' as cost_basis,
    false as auxiliary, false as seen_event, false as seen_console, false as seen_span, false as seen_transcript,
    true as seen_counter, false as seen_hook, false as seen_sdk, false as for_retry
from wide join who using (agent, day, model, person)
where input_tokens + output_tokens + cache_read_tokens + cache_write_tokens + web_search_requests + cost_nanousd > 0;
