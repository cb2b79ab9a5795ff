-- readings: the agents' own session totals as increments. Working table of one settling, in the form of counter_points.
-- Grain: one row per session, model, reading and measure. Run only if there are any.
-- A total is never added up: each reading counts what it says more than the one before it in the same lineage. A fork
-- begins with its parent's total, so what it inherited is taken off: the largest reading of another session of the lineage
-- from before it did anything of its own, that is no more than its own first one in any class of any model. Where a fork
-- beside it fits too, by chance, the rest is too small, never twice. Totals of a session that goes on after its records were
-- deleted by age ("…#2") hold what was counted before: they are not read.
-- An agent's own total (way `transcript`) and what a plugin counted (way `hook`) are two ways, each read by itself.

create or replace temp table readings as
with
    told as (
        select agent, bucket, case source when 'hook' then 'hook' else 'transcript' end as way, coalesce(model, '') as model,
            coalesce(lineage, '') as lineage, occurred_at, event_id,
            user_id, organization_id, project, repository, agent_version, entrypoint,
            coalesce(input_tokens, 0) as input_tokens, coalesce(output_tokens, 0) as output_tokens,
            coalesce(cache_read_tokens, 0) as cache_read_tokens, coalesce(cache_write_tokens, 0) as cache_write_tokens,
            coalesce(input_tokens, 0) + coalesce(output_tokens, 0) + coalesce(cache_read_tokens, 0)
                + coalesce(cache_write_tokens, 0) as size,
            map {'input_tokens': input_tokens, 'output_tokens': output_tokens, 'reasoning_tokens': reasoning_tokens,
                 'cache_read_tokens': cache_read_tokens, 'cache_write_tokens': cache_write_tokens,
                 'cache_write_5m_tokens': cache_write_5m_tokens, 'cache_write_1h_tokens': cache_write_1h_tokens,
                 'web_search_requests': web_search_requests, 'cost_nanousd': cost_nanousd} as total
        from work where kind = 'usage.counter' and counter = 'session_total' and not contains(bucket, '#')
    ),
    copied as (  -- also in part: a file may be read while it is being written
        select agent, row_key from keyed left join (select distinct event_id as copy from places) on copy = event_id
        where class = 'transcript' group by 1, 2 having min(bucket) <> max(bucket) or count(copy) > 0
    ),
    began as (
        select owner as bucket, min(occurred_at) as first_at from keyed anti join copied using (agent, row_key)
        where event_id not in (select event_id from places) group by 1  -- copies may have been laid to the fork
    ),
    firsts as (
        select t.agent, t.bucket, t.way, t.model, t.lineage, min(t.size) as size,
            min(coalesce(b.first_at, t.occurred_at)) as first_at
        from told t left join began b using (bucket) where t.lineage <> '' group by 1, 2, 3, 4, 5
    ),
    lows as (  -- the least that a session ever said of all models: a fork's is more than its parent's
        select agent, bucket, way, lineage, min(whole) as low
        from (select agent, bucket, way, lineage, occurred_at, sum(size) as whole from told group by 1, 2, 3, 4, 5)
        group by 1, 2, 3, 4
    ),
    floors as (  -- the least that a session said of each model: what it inherited is no more, in any class
        select agent, bucket, way, lineage, model, min(input_tokens) as input_tokens, min(output_tokens) as output_tokens,
            min(cache_read_tokens) as cache_read_tokens, min(cache_write_tokens) as cache_write_tokens
        from told group by 1, 2, 3, 4, 5
    ),
    candidates as (  -- readings that a session may have begun with
        select f.agent, f.bucket, f.way, f.lineage, o.bucket as other, o.occurred_at, sum(o.size) as size
        from (select distinct agent, bucket, way, lineage, first_at from firsts) f
        join told o on o.agent = f.agent and o.way = f.way and o.lineage = f.lineage and o.bucket <> f.bucket
            and o.occurred_at <= f.first_at
        join lows mine on mine.agent = f.agent and mine.bucket = f.bucket and mine.way = f.way and mine.lineage = f.lineage
        join lows theirs on theirs.agent = o.agent and theirs.bucket = o.bucket and theirs.way = o.way
            and theirs.lineage = o.lineage and theirs.low < mine.low
        left join floors on floors.agent = f.agent and floors.bucket = f.bucket and floors.way = f.way
            and floors.lineage = f.lineage and floors.model = o.model
        group by f.agent, f.bucket, f.way, f.lineage, o.bucket, o.occurred_at
        having bool_and(coalesce(o.input_tokens <= floors.input_tokens and o.output_tokens <= floors.output_tokens
            and o.cache_read_tokens <= floors.cache_read_tokens and o.cache_write_tokens <= floors.cache_write_tokens, false))
    ),
    chosen as (
        select agent, bucket, way, lineage, arg_max(other, (size, occurred_at, other)) as base_bucket,
            arg_max(occurred_at, (size, occurred_at, other)) as base_at
        from candidates
        group by 1, 2, 3, 4
    ),
    bases as (
        select c.agent, c.bucket, c.way, o.model, c.lineage, arg_max(o.total, (o.size, o.event_id)) as base,
            any_value(c.base_bucket) as base_bucket
        from chosen c join told o on o.agent = c.agent and o.bucket = c.base_bucket and o.way = c.way
            and o.lineage = c.lineage and o.occurred_at = c.base_at
        group by 1, 2, 3, 4, 5
    ),
    long as (
        select t.* exclude (total, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens), m.measure, t.total[m.measure] as reading, coalesce(b.base[m.measure], 0) as base,
            b.base_bucket
        from told t
        cross join (
            select unnest(['input_tokens', 'output_tokens', 'reasoning_tokens', 'cache_read_tokens', 'cache_write_tokens',
                    'cache_write_5m_tokens', 'cache_write_1h_tokens', 'web_search_requests', 'cost_nanousd']) as measure
        ) m
        left join bases b using (agent, bucket, way, model, lineage)
    )
select event_id, occurred_at, agent, way, bucket, user_id, organization_id, project, repository,
    agent_version, entrypoint, model, measure, base_bucket,
    greatest(0, reading - greatest(base, coalesce(max(reading) over earlier, 0)))::bigint as value
from long where reading is not null
window earlier as (
    partition by agent, bucket, way, model, lineage, measure order by size, occurred_at, event_id
    rows between unbounded preceding and 1 preceding
);
