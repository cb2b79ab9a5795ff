-- outcomes: lines changed, commits, pull requests and active time. Grain: one row per event that says so.
-- Rebuild: with the rest (`rebuild()`).
-- Per session and kind from one source only, never a sum: the one that tells most, because each may have holes; of equals the
-- transcript, then the OTel counters. Counters count up to a line too much for each file (a new file's last line end).
-- What a plugin reports of a session is one such source: the report that counts (65_told_sessions.sql); its active
-- time, which it works out from gaps in the transcript, only where no other source tells any.
-- Counters that name no session (Copilot CLI) count on the days on which no transcript of that agent tells of the same kind.

set variable nameless_from = (
    select min(date_trunc('day', occurred_at)) from work
    where starts_with(owner, '~') and kind in ('code.change', 'vcs.commit', 'vcs.pull_request', 'session.activity')
);

set variable nameless_to = (
    select max(date_trunc('day', occurred_at)) + interval 1 day from work
    where starts_with(owner, '~') and kind in ('code.change', 'vcs.commit', 'vcs.pull_request', 'session.activity')
);

create or replace temp table told as
select distinct agent, kind, date_trunc('day', occurred_at) as day from events
where occurred_at >= getvariable('nameless_from') and occurred_at < getvariable('nameless_to')
  and seq <= getvariable('upto') and source = 'transcript' and session_id is not null
  and kind in ('code.change', 'vcs.commit', 'vcs.pull_request', 'session.activity');

create or replace temp table new_outcomes as
with
    acts as (
        from work where kind in ('code.change', 'vcs.commit', 'vcs.pull_request', 'session.activity')
        union all by name
        select w.* replace ('session.activity' as kind, null::bigint as lines_added, null::bigint as lines_removed)
        from work w join told_sessions t using (event_id) where w.active_seconds is not null
        union all by name
        select w.* replace ('code.change' as kind, null::double as active_seconds)
        from work w join told_sessions t using (event_id) where coalesce(w.lines_added, 0) + coalesce(w.lines_removed, 0) > 0
    ),
    ways as (
        select agent, owner, kind, class, min(case class when 'transcript' then 0 else class_rank + 1 end) as place,
            sum(case kind when 'code.change' then coalesce(lines_added, 0) + coalesce(lines_removed, 0)
                when 'session.activity' then active_seconds else coalesce(quantity, 1) end)::double
            + case when class = 'transcript' and kind = 'code.change' then count(*) else 0 end as weight
        from acts group by 1, 2, 3, 4
    ),
    best as (
        select agent, owner, kind,
            arg_max(class, (kind <> 'session.activity' or class <> 'hook', coalesce(weight, 0), -place)) as class
        from ways group by 1, 2, 3
    )
select
    event_id, owner as bucket, a.agent, kind, occurred_at,
    case when not starts_with(owner, '~') then split_part(owner, '#', 1) end as session_id,
    coalesce(a.user_id, o.user_id) as user_id, coalesce(a.organization_id, o.organization_id) as organization_id,
    coalesce(a.project, o.project) as project, coalesce(a.repository, o.repository) as repository,
    coalesce(a.agent_version, o.agent_version) as agent_version, coalesce(a.entrypoint, o.entrypoint) as entrypoint,
    model, tool_name,
    case kind when 'code.change' then coalesce(lines_added, 0) else 0 end::bigint as lines_added,
    case kind when 'code.change' then coalesce(lines_removed, 0) else 0 end::bigint as lines_removed,
    case kind when 'vcs.commit' then coalesce(quantity, 1) else 0 end::bigint as commits,
    case kind when 'vcs.pull_request' then coalesce(quantity, 1) else 0 end::bigint as pull_requests,
    case kind when 'session.activity' then active_seconds end as active_seconds,
    source, active_by, file, language
from acts a join best using (agent, owner, kind, class) left join whose o on o.bucket = a.owner
where not (starts_with(owner, '~') and (a.agent, kind, date_trunc('day', occurred_at)) in (select agent, kind, day from told));
