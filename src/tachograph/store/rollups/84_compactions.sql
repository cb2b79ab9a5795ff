-- compactions: a context that was summed up to go on with less of it. Grain: one row per compaction that worked.
-- Rebuild: with the rest (`rebuild()`). Transcripts and OTel tell of the same ones and no id joins them: so per session those of
-- the one way that tells most, never a sum; of equals the transcript, then the hook, then OTel.

create or replace temp table new_compactions as
with
    told as (
        select w.event_id, w.agent, w.owner, w.occurred_at, w.user_id, w.organization_id, w.project, w.repository, w.agent_version,
            w.entrypoint, w.source, w.class, e.attributes,
            case w.class when 'transcript' then 0 when 'hook' then 1 else 2 + w.class_rank end as place
        from work w join events e on e.seq = w.seq and e.seq >= getvariable('from_seq') and e.seq <= getvariable('upto')
        where w.kind = 'feature.use' and w.feature = 'compaction' and w.success is distinct from false
    ),
    ways as (select agent, owner, class, count(*) as n, min(place) as place from told group by 1, 2, 3),
    best as (select agent, owner, arg_max(class, (n, -place)) as class from ways group by 1, 2)
select
    t.event_id, t.owner as bucket, t.agent, t.occurred_at,
    case when not starts_with(t.owner, '~') then split_part(t.owner, '#', 1) end as session_id,
    coalesce(t.user_id, o.user_id) as user_id, coalesce(t.organization_id, o.organization_id) as organization_id,
    coalesce(t.project, o.project) as project, coalesce(t.repository, o.repository) as repository,
    coalesce(t.agent_version, o.agent_version) as agent_version, coalesce(t.entrypoint, o.entrypoint) as entrypoint,
    attr(t.attributes, 'trigger') as trigger,
    try_cast(attr(t.attributes, 'pre_tokens') as bigint) as pre_tokens,
    try_cast(attr(t.attributes, 'post_tokens') as bigint) as post_tokens, t.source
from told t join best using (agent, owner, class) left join whose o on o.bucket = t.owner;
