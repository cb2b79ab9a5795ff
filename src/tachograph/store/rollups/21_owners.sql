-- owner of the events that forked sessions hold copies of; run only if there are any. Grain: one row per such event.
-- Among the sessions that hold it, the one whose own running total began lowest comes first, because a fork goes on from
-- its parent's. Where not all of them have one, those that have nothing of their own come first (they are what the others were forked
-- from), the shorter before the longer; then the one whose own events began first: the same whatever was read first.

create or replace temp table places as
select event_id, bucket from event_copies where bucket in (select bucket from touched) and seq <= getvariable('upto')
union
select event_id, session_id from event_copies where bucket in (select bucket from touched) and seq <= getvariable('upto');

create or replace temp table owners as
with
    named as (
        select *, case kind when 'prompt' then prompt_id when 'tool.call' then tool_use_id else message_id end as id from work
        where class = 'transcript' and kind in ('prompt', 'api.request', 'tool.call')  -- not: the session began
    ),
    copied as (  -- also in part: a file may be read while it is being written
        select agent, kind, id from named left join (select distinct event_id as copy from places) on copy = event_id
        where id is not null group by 1, 2, 3 having min(bucket) <> max(bucket) or count(copy) > 0
    ),
    own as (
        select bucket, count(*) as events, min(occurred_at) as first_at from named anti join copied using (agent, kind, id)
        where event_id not in (select event_id from places) group by 1
    ),
    held as (select bucket, count(*) as events from places group by 1),
    -- What the agent's own total said first: a fork's begins with its parent's. Only where every session has one.
    totals as (
        select bucket, min(coalesce(input_tokens, 0) + coalesce(output_tokens, 0) + coalesce(cache_read_tokens, 0)
            + coalesce(cache_write_tokens, 0)) as first_total
        from (
            select bucket, occurred_at, lineage, sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens,
                sum(cache_read_tokens) as cache_read_tokens, sum(cache_write_tokens) as cache_write_tokens
            from work where kind = 'usage.counter' and counter = 'session_total' group by all
        ) group by 1
    ),
    candidates as (
        select held.bucket, held.events + coalesce(own.events, 0) as events, own.first_at, totals.first_total,
            bool_and(totals.first_total is not null) over (partition by touched.family) as all_have_one
        from held join touched using (bucket) left join own using (bucket) left join totals using (bucket)
    ),
    ranked as (
        select bucket, row_number() over (
            order by starts_with(bucket, '~'), case when all_have_one then first_total end, first_at nulls first, events, bucket
        ) as place
        from candidates
    )
select event_id, arg_min(bucket, place) as owner from places join ranked using (bucket) group by 1;

update work set owner = owners.owner from owners where work.event_id = owners.event_id;

-- What was read of a copied thing before it was complete belongs where the complete one does.
update work set owner = whole.owner
from (
    select agent, kind, case kind when 'prompt' then prompt_id when 'tool.call' then tool_use_id else message_id end as id,
        min(owners.owner) as owner
    from work join owners using (event_id) where class = 'transcript' group by 1, 2, 3
) whole
where work.class = 'transcript' and work.agent = whole.agent and work.kind = whole.kind and work.event_id not in (
        select event_id from owners
    )
    and whole.id = case work.kind when 'prompt' then work.prompt_id when 'tool.call' then work.tool_use_id
        when 'api.request' then work.message_id end;

-- A fork in which nothing happened: it was a session, so it counts, on the day of the last thing it copied.
create or replace temp table shadows as
select p.bucket, max(w.occurred_at) as occurred_at, arg_max(w.event_id, (w.occurred_at, w.event_id)) as event_id
from places p join work w using (event_id)
where w.kind in ('prompt', 'api.request', 'tool.call', 'tool.decision') and not starts_with(p.bucket, '~')
group by 1;

delete from shadows
where bucket in (select owner from work where kind in ('prompt', 'api.request', 'tool.call', 'tool.decision', 'usage.counter'));
