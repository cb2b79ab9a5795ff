-- feature_uses: uses of commands, skills and subagents. Grain: one row per use. Rebuild: with the rest (`rebuild()`).
-- The same use is told by a transcript, by OTel (of a typed command twice: as a prompt and as a skill) and by a hook; no id
-- joins them. So per session, feature and name the uses are those of the one way that tells most of them, never a sum: of
-- equals the transcript, then the hook, then OTel. Some ways hide names ("custom"): what a way tells in all beyond
-- all named uses are uses without a name.

create or replace temp table told_uses as
select event_id, agent, owner, occurred_at, user_id, source, class || ' ' || kind as way,
    case class when 'transcript' then 0 when 'hook' then 1 else 2 + class_rank end as place,
    case when kind = 'prompt' or trigger = 'user-slash' then 'command' else feature end as feature,
    case when used_name not in ('custom', 'custom_skill', 'custom_command', 'custom_agent') then used_name end as feature_name
from work
where (kind = 'feature.use' and feature in ('command', 'skill', 'subagent'))
    or (kind = 'prompt' and prompt_origin = 'command');

create or replace temp table new_feature_uses as
with
    of_name as (
        select agent, owner, feature, feature_name, way, count(*) as n, min(place) as place
        from told_uses where feature_name is not null group by 1, 2, 3, 4, 5
    ),
    best as (
        select agent, owner, feature, feature_name, arg_max(way, (n, -place, way)) as way from of_name group by 1, 2, 3, 4
    ),
    named as (select t.* from told_uses t join best using (agent, owner, feature, feature_name, way)),
    in_all as (
        select agent, owner, feature, way, count(*) as n, min(place) as place from told_uses group by 1, 2, 3, 4
    ),
    most as (
        select agent, owner, feature, arg_max(way, (n, -place, way)) as way, max(n) as n from in_all group by 1, 2, 3
    ),
    rest as (
        select m.agent, m.owner, m.feature, m.way, m.n - count(n.event_id) as n
        from most m left join named n on n.agent = m.agent and n.owner = m.owner and n.feature = m.feature
        group by m.agent, m.owner, m.feature, m.way, m.n having m.n > count(n.event_id)
    ),
    nameless as (
        select *, row_number() over (partition by agent, owner, feature, way order by occurred_at, event_id) as number
        from told_uses where feature_name is null
    ),
    uses as (
        select event_id, agent, owner, occurred_at, user_id, source, feature, feature_name from named
        union all
        select l.event_id, agent, owner, l.occurred_at, l.user_id, l.source, feature, null
        from nameless l join rest r using (agent, owner, feature, way) where l.number <= r.n
    )
select
    u.event_id, u.owner as bucket, u.agent, u.occurred_at,
    case when not starts_with(u.owner, '~') then split_part(u.owner, '#', 1) end as session_id,
    coalesce(u.user_id, f.user_id) as user_id, f.organization_id, f.project, f.repository, f.agent_version, f.entrypoint,
    u.feature, u.feature_name, u.source
from uses u left join who f on f.bucket = u.owner;
