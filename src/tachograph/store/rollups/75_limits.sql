-- limits: how much of a plan's limits was used. Grain: one row per reading and limit.
-- Rebuild: with the rest (`rebuild()`).

create or replace temp table new_limits as
select
    e.event_id, w.owner as bucket, w.agent, w.occurred_at,
    case when not starts_with(w.owner, '~') then split_part(w.owner, '#', 1) end as session_id,
    w.user_id, w.organization_id, w.project, w.repository, w.agent_version, w.entrypoint,
    attr(e.attributes, 'limit_window') as limit_window,
    attr(e.attributes, 'limit_used_ratio')::double as used_ratio,
    make_timestamp(attr(e.attributes, 'limit_resets_s')::bigint * 1000000) as resets_at
from work w join events e on e.seq = w.seq and e.seq >= getvariable('from_seq') and e.seq <= getvariable('upto')
where w.kind = 'usage.limit' and attr(e.attributes, 'limit_window') is not null
  and attr(e.attributes, 'limit_used_ratio') is not null;
