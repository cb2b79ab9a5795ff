-- who: who and where each bucket was; working tables of one settling. Grain of `who`: one row per bucket.
-- Sources say different things of one session: telemetry names the person, a transcript the working directory. What a row of
-- the ledger does not say of these is its session's; a bucket of records that name no session is none, so there each row keeps
-- to its own.

-- faces: what a bucket's events say about who and where, few rows each, in the order in which they are believed
create or replace temp table faces as
select *, row_number() over (
        partition by bucket
        order by class_rank, started_at, agent, user_id, organization_id, project, repository, agent_version, entrypoint
    ) as place
from (
    select owner as bucket, agent, user_id, organization_id, project, repository, agent_version, entrypoint,
        min(class_rank) as class_rank, min(occurred_at) as started_at, max(occurred_at) as ended_at,
        bool_or(class = 'transcript') as has_transcript,
        bool_or(class in ('event', 'console', 'metric', 'span')) as has_otel
    from work where kind <> 'usage.limit'  -- a status line is drawn again while nothing happens
    group by owner, agent, user_id, organization_id, project, repository, agent_version, entrypoint
    union all
    select s.bucket, w.agent, w.user_id, w.organization_id, w.project, w.repository, w.agent_version, w.entrypoint,
        w.class_rank + 10, s.occurred_at, s.occurred_at, w.class = 'transcript', false
    from shadows s join work w using (event_id)
);

-- who: a bucket's one answer to each of these, the most believed that there is
create or replace temp table who as
select bucket, arg_min(agent, place) as agent, arg_min(user_id, place) as user_id,
    arg_min(organization_id, place) as organization_id, arg_min(project, place) as project,
    arg_min(repository, place) as repository, arg_min(agent_version, place) as agent_version,
    arg_min(entrypoint, place) as entrypoint
from faces group by 1;

-- whose: the same of sessions alone, for what their rows do not say themselves; only where nothing in the session says another.
-- A plugin's word for the user counts where nobody else names one (erasing and access go by the same rule: subject.py).
create or replace temp table whose as
select bucket,
    case when count(distinct user_id) filter (where class_rank <> 4) = 1 then min(user_id) filter (where class_rank <> 4)
        when count(distinct user_id) = 1 then min(user_id) end as user_id,
    case when count(distinct organization_id) = 1 then min(organization_id) end as organization_id,
    case when count(distinct project) = 1 then min(project) end as project,
    case when count(distinct repository) = 1 then min(repository) end as repository,
    case when count(distinct agent_version) = 1 then min(agent_version) end as agent_version,
    case when count(distinct entrypoint) = 1 then min(entrypoint) end as entrypoint
from faces where not starts_with(bucket, '~') group by 1;
