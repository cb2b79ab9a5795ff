-- requests, the residual rows of counters that name no session (`session.id` switched off; Codex): what they say beyond
-- all request rows of the same agent, day and model. Grain: one row per agent, day, model and user.
-- Rebuild: with the rest (`rebuild()`). Runs after the other rows are written, for the days that were touched.
-- A counter may be exported after midnight: rows of the last ten minutes before a day make up for its counters too.
-- A row without a user (transcripts know none) makes up for anybody's counters, the users taken in order.

delete from requests where starts_with(bucket, '^') and date_trunc('day', occurred_at) in (select day from touched_days);

insert into requests by name
with
    points as (
        select e.*, date_trunc('day', e.occurred_at) as day, replace(coalesce(e.model, ''), '[1m]', '') as plain_model,
            coalesce(e.user_id, '') as person, min(e.source = 'console') over (partition by e.agent) as best
        from events e
        where e.kind = 'usage.counter' and e.session_id is null and e.seq <= getvariable('upto')
          and e.occurred_at >= (select min(day) from touched_days)
          and e.occurred_at < (select max(day) + interval 1 day from touched_days)
          and date_trunc('day', e.occurred_at) in (select day from touched_days)
    ),
    counted as (
        select agent, day, plain_model as model, person, max(occurred_at) as occurred_at,
            arg_min(organization_id, event_id) as organization_id, arg_min(project, event_id) as project,
            arg_min(repository, event_id) as repository, arg_min(agent_version, event_id) as agent_version,
            arg_min(entrypoint, event_id) as entrypoint,
            coalesce(sum(coalesce(quantity, input_tokens)) filter (where counter = 'input'), 0)::bigint as input_tokens,
            coalesce(sum(coalesce(quantity, output_tokens)) filter (where counter = 'output'), 0)::bigint as output_tokens,
            coalesce(sum(coalesce(quantity, cache_read_tokens)) filter (where counter = 'cache_read'), 0)::bigint
                as cache_read_tokens,
            coalesce(sum(coalesce(quantity, cache_write_tokens)) filter (where counter = 'cache_write'), 0)::bigint
                as cache_write_tokens,
            coalesce(sum(cost_nanousd) filter (where counter = 'cost'), 0)::bigint as cost_nanousd
        from points where (source = 'console') = best group by all
    ),
    shown as (
        select agent, t.day, coalesce(model, '') as model, coalesce(user_id, '') as person,
            count(*) as requests, sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens,
            sum(cache_read_tokens)::bigint as cache_read_tokens, sum(cache_write_tokens)::bigint as cache_write_tokens,
            coalesce(sum(cost_nanousd), 0)::bigint as cost_nanousd
        from requests join (select distinct day from touched_days) t
            on occurred_at >= t.day - interval 10 minute and occurred_at < t.day + interval 1 day
        where outcome in ('ok', 'residual') and not starts_with(bucket, '^') group by all
    ),
    beyond as (
        select c.* exclude (input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_nanousd),
            greatest(0, c.input_tokens - coalesce(s.input_tokens, 0)) as input_tokens,
            greatest(0, c.output_tokens - coalesce(s.output_tokens, 0)) as output_tokens,
            greatest(0, c.cache_read_tokens - coalesce(s.cache_read_tokens, 0)) as cache_read_tokens,
            greatest(0, c.cache_write_tokens - coalesce(s.cache_write_tokens, 0)) as cache_write_tokens,
            greatest(0, c.cost_nanousd - coalesce(s.cost_nanousd, 0)) as cost_nanousd,
            1000 * (coalesce(s.requests, 0) + coalesce(n.requests, 0)) as rounding,
            coalesce(n.input_tokens, 0) as free_input, coalesce(n.output_tokens, 0) as free_output,
            coalesce(n.cache_read_tokens, 0) as free_read, coalesce(n.cache_write_tokens, 0) as free_write,
            coalesce(n.cost_nanousd, 0) as free_cost
        from counted c
        left join shown s using (agent, day, model, person)
        left join (from shown where person = '') n
            on c.person <> '' and n.agent = c.agent and n.day = c.day and n.model = c.model
    ),
    laid as (
        select * exclude (input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_nanousd),
            greatest(0, least(input_tokens, sum(input_tokens) over upto - free_input))::bigint as input_tokens,
            greatest(0, least(output_tokens, sum(output_tokens) over upto - free_output))::bigint as output_tokens,
            greatest(0, least(cache_read_tokens, sum(cache_read_tokens) over upto - free_read))::bigint as cache_read_tokens,
            greatest(0, least(cache_write_tokens, sum(cache_write_tokens) over upto - free_write))::bigint
                as cache_write_tokens,
            case when sum(cost_nanousd) over upto - free_cost > rounding
                then greatest(0, least(cost_nanousd, sum(cost_nanousd) over upto - free_cost))::bigint else 0 end
                as cost_nanousd
        from beyond
        window upto as (partition by agent, day, model order by person rows between unbounded preceding and current row)
    ),
    made as (
        select
            'c:' || agent || ':' || person || ':' || model || ':' || strftime(day, '%Y-%m-%d') as request_key,
            '^' || agent || '^' || strftime(day, '%Y-%m-%d') as bucket, agent, 'residual' as outcome, occurred_at,
            nullif(person, '') as user_id, organization_id, project, repository, agent_version, entrypoint,
            nullif(model, '') as model, input_tokens, output_tokens, 0::bigint as reasoning_tokens, cache_read_tokens,
            cache_write_tokens, 0::bigint as cache_write_5m_tokens, 0::bigint as cache_write_1h_tokens,
            0::bigint as web_search_requests, cost_nanousd, 'counter' as cost_basis, false as auxiliary,
            false as seen_event, false as seen_console, false as seen_span, false as seen_transcript,
            true as seen_counter, false as seen_hook, false as seen_sdk
        from laid where input_tokens + output_tokens + cache_read_tokens + cache_write_tokens + cost_nanousd > 0
    )
from made;
