-- chosen: the buckets in which something is new, and those that are linked to them now; working tables of one settling.
-- Grain: one row per bucket. A bucket is a session, or agent, user and day for records that name none.
-- Two buckets are kin if they share an identity (a request, message, tool call, prompt, event or the agent's own running
-- total); a family is all that are kin, directly or through others (11_families.sql).
-- What was deleted by age (archived) is no longer made; a session that goes on after that is a bucket of its own, "s_…#2".
-- Variables: settled (highest seq settled so far), upto (highest seq to settle).

create or replace temp table fresh_ids as
select bucket, agent, 'r' as what, request_id as id from events
where seq > getvariable('settled') and seq <= getvariable('upto') and kind in ('api.request', 'api.error')
  and request_id is not null
union all
select bucket, agent, 'm', message_id from events
where seq > getvariable('settled') and seq <= getvariable('upto') and kind = 'api.request' and message_id is not null
union all
select bucket, agent, 't', tool_use_id from events
where seq > getvariable('settled') and seq <= getvariable('upto') and kind in ('tool.call', 'tool.decision')
  and source <> 'otel_metric' and tool_use_id is not null
union all
select bucket, agent, 'p', prompt_id from events
where seq > getvariable('settled') and seq <= getvariable('upto') and kind = 'prompt' and prompt_id is not null;

create or replace temp table fresh as
select bucket, min(seq) as first_seq from events
where seq > getvariable('settled') and seq <= getvariable('upto')
group by 1;

insert into buckets
select bucket, first_seq from fresh where bucket not in (select bucket from buckets);

-- What sessions tell of their outcomes, counters that name no session must not tell again: 70_outcomes.sql.
insert into fresh
select b.bucket, b.first_seq from buckets b
where starts_with(b.bucket, '~') and b.bucket not in (select bucket from fresh) and exists (
    select 1 from (
        select distinct agent, strftime(occurred_at, '%Y-%m-%d') as day from events
        where seq > getvariable('settled') and seq <= getvariable('upto') and source = 'transcript'
          and session_id is not null
          and kind in ('code.change', 'vcs.commit', 'vcs.pull_request', 'session.activity')
    ) e
    where starts_with(b.bucket, '~' || e.agent || '~') and ends_with(b.bucket, '~' || e.day)
);

-- Sessions that share the agent's own running total: a reading cannot be understood without the one it goes on from.
create or replace temp table fresh_lineages as
select distinct bucket, agent, attr(attributes, 'lineage') as lineage from events
where seq > getvariable('settled') and seq <= getvariable('upto') and kind = 'usage.counter' and counter = 'session_total'
  and attr(attributes, 'lineage') is not null;

insert into lineages
select bucket, agent, lineage from fresh_lineages f
where not exists (select 1 from lineages l where l.bucket = f.bucket and l.agent = f.agent and l.lineage = f.lineage);

-- Identities seen under another bucket: among the fresh events, in the ledger, and as copies of stored events.
-- Hashes find candidates fast; equal hashes of different ids would only settle two families together. In the ledger only
-- two days around the fresh events are looked at, which zone maps make cheap: copies keep their times, and two reports of
-- one request are seconds apart.
set variable from_day = (
    select min(occurred_at) - interval 2 day from events where seq > getvariable('settled') and seq <= getvariable('upto')
);

set variable to_day = (
    select max(occurred_at) + interval 2 day from events where seq > getvariable('settled') and seq <= getvariable('upto')
);

create or replace temp table links as
select distinct one as bucket, two as other from (
    select f.bucket as one, g.first_bucket as two
    from fresh_ids f join (
        select hash(agent, what, id) as identity, min(bucket) as first_bucket from fresh_ids
        group by 1 having min(hash(bucket)) <> max(hash(bucket))
    ) g on g.identity = hash(f.agent, f.what, f.id)
    union all
    select f.bucket, r.bucket from fresh_ids f join requests r on f.what = 'r' and f.id = r.request_id and f.agent = r.agent
    where r.occurred_at between getvariable('from_day') and getvariable('to_day')
    union all
    select f.bucket, r.bucket from fresh_ids f join requests r on f.what = 'm' and f.id = r.message_id and f.agent = r.agent
    where r.occurred_at between getvariable('from_day') and getvariable('to_day')
    union all
    select f.bucket, t.bucket from fresh_ids f join tool_calls t on f.what = 't' and f.id = t.tool_use_id and f.agent = t.agent
    where t.occurred_at between getvariable('from_day') and getvariable('to_day')
    union all
    select f.bucket, p.bucket from fresh_ids f join prompts p on f.what = 'p' and f.id = p.prompt_id and f.agent = p.agent
    where p.occurred_at between getvariable('from_day') and getvariable('to_day')
    union all
    select f.bucket, l.bucket from fresh_lineages f join lineages l using (agent, lineage)
    union all
    select c.bucket, c.session_id from event_copies c
    where c.seq > getvariable('settled') and c.seq <= getvariable('upto')
) where one <> two and two not in (select bucket from archived);

insert into kin
select bucket, other from (select bucket, other from links union select other, bucket from links) l
where not exists (select 1 from kin k where k.bucket = l.bucket and k.other = l.other);

create or replace temp table chosen as
select bucket from fresh
union
select bucket from links
union
select other from links;
