-- pairs: the rows that events without an id are about (Claude Code up to 2.1.72 over OTel; some transcripts).
-- Run only if there are any. Grain: one row per such event. Within a family, the n-th sighting of one source that is alike in model and all token counts
-- (tool and outcome; kind of prompt) is taken for the n-th row that this source has not reported yet. Second try: a
-- request reported with no tokens at all (2.0.76 after a failed stream) pairs by model alone, a tool call by tool alone.
-- What is left becomes a row of its own, the n-th of one source together with the n-th of another.

create or replace temp table sightings as
select
    event_id, agent, family, fact, class_rank, occurred_at, row_key,
    case when kind = 'tool.decision' then class || ' decision' else class end as class,
    -- What two sightings must have in common to be taken for the same thing; `loosely` is the second try.
    case
        when fact = 'prompt' then case prompt_origin when 'agent' then 'agent' else 'person' end
        when fact = 'tool' then
            case when tool_name like 'mcp\_%' escape '\' then 'mcp' else coalesce(tool_name, '') end
            || case when decision = 'reject' then ' rejected' when success then ' ok' when success is false then ' failed'
                else '' end
        when outcome = 'ok' then 'ok ' || coalesce(model, '')
        else outcome
    end as likeness,
    case
        when fact = 'prompt' then ''
        when fact = 'tool' then case when tool_name like 'mcp\_%' escape '\' then 'mcp' else coalesce(tool_name, '') end
        when outcome = 'ok' then 'ok ' || coalesce(model, '')
        else outcome
    end as loosely,
    case when outcome = 'ok' then coalesce(input_tokens, 0) else 0 end as input_tokens,
    case when outcome = 'ok' then coalesce(output_tokens, 0) else 0 end as output_tokens,
    case when outcome = 'ok' then coalesce(cache_read_tokens, 0) else 0 end as cache_read_tokens,
    case when outcome = 'ok' then coalesce(cache_write_tokens, 0) else 0 end as cache_write_tokens
from keyed
where family in (select family from keyed where row_key is null);

create or replace temp table loose as
select *, input_tokens + output_tokens + cache_read_tokens + cache_write_tokens as all_tokens,
    row_number() over (
        partition by fact, agent, family, class, likeness, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens
        order by occurred_at, event_id
    ) as n
from sightings where row_key is null;

create or replace temp table known as
with
    rows_ as (
        select fact, agent, family, row_key,
            -- a sighting that knows how a call ended comes before one that does not
            arg_min(likeness, (likeness = loosely, class_rank, occurred_at, event_id)) as likeness,
            arg_min(loosely, (class_rank, occurred_at, event_id)) as loosely,
            max(input_tokens) as input_tokens, max(output_tokens) as output_tokens,
            max(cache_read_tokens) as cache_read_tokens, max(cache_write_tokens) as cache_write_tokens,
            min(occurred_at) as occurred_at, list(distinct class) as classes
        from sightings where row_key is not null and not starts_with(row_key, 'x:') group by all
    ),
    wanted as (select distinct fact, agent, family, class from loose)
select r.*, w.class, row_number() over (
        partition by fact, agent, family, class, likeness, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens
        order by occurred_at, row_key
    ) as n
from rows_ r join wanted w using (fact, agent, family)
where not list_contains(r.classes, w.class)
  -- a call whose decision came with its id has a result with its id, or none
  and not (w.class = 'event' and list_contains(r.classes, 'event decision'));

create or replace temp table paired as
select l.event_id, l.class, k.row_key from loose l join known k using (
    fact, agent, family, class, likeness, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, n
);

create or replace temp table paired_loosely as
with
    l as (
        select *, row_number() over (
            partition by fact, agent, family, class, loosely order by likeness like '% rejected', occurred_at, event_id
        ) as m
        from loose
        where event_id not in (select event_id from paired) and (fact <> 'request' or all_tokens = 0)
    ),
    k as (
        select *, row_number() over (
            partition by fact, agent, family, class, loosely order by likeness like '% rejected', occurred_at, row_key
        ) as m
        from known where not exists (select 1 from paired p where p.row_key = known.row_key and p.class = known.class)
    )
select l.event_id, k.row_key from l join k using (fact, agent, family, class, loosely, m)
where not (l.likeness like '% ok' and k.likeness like '% rejected');  -- what was refused did not work

-- Third try: the same numbers under another model's name, for a chat may name the model that was asked and telemetry the
-- one that answered (Gemini CLI). Only where the numbers are too large to meet by chance.
create or replace temp table paired_by_numbers as
with
    l as (
        select *, row_number() over (
            partition by agent, family, class, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens
            order by occurred_at, event_id
        ) as m
        from loose where fact = 'request' and likeness like 'ok %' and all_tokens >= 1000
          and event_id not in (select event_id from paired) and event_id not in (select event_id from paired_loosely)
    ),
    k as (
        select *, row_number() over (
            partition by agent, family, class, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens
            order by occurred_at, row_key
        ) as m
        from known where fact = 'request' and likeness like 'ok %'
          and not exists (select 1 from paired p where p.row_key = known.row_key and p.class = known.class)
    )
select l.event_id, k.row_key from l join k using (
    agent, family, class, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, m
);

create or replace temp table alone as
with
    rest as (
        -- Only a transcript knows an agent's prompt from a person's, so that the kind of prompt tells nothing here.
        select *, case when fact = 'prompt' or (fact = 'tool' and likeness not like '% rejected') then loosely
            else likeness end as alike
        from loose
        where event_id not in (select event_id from paired) and event_id not in (select event_id from paired_loosely)
          and event_id not in (select event_id from paired_by_numbers)
    ),
    numbered as (
        select *, row_number() over (
            partition by fact, agent, family, class, alike, input_tokens, output_tokens, cache_read_tokens,
                cache_write_tokens
            order by occurred_at, event_id
        ) as m
        from rest
    )
select event_id, 'x:' || min(event_id) over (
        partition by fact, agent, family, alike, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, m
    ) as row_key
from numbered;

insert into pairs
select event_id, row_key from paired
union all select event_id, row_key from paired_loosely
union all select event_id, row_key from paired_by_numbers
union all select event_id, row_key from alone;
