-- prompts: one row per prompt, whoever sent it. Rebuild: with the rest (`rebuild()`).
-- A transcript knows whether a person typed it, so its word wins; without one, what OTel says, else a person.
-- Left in table `asked`: 63_turns.sql says besides what came of them.

create or replace temp table asked as
with
    seen as (
        select *, row_number() over (partition by agent, row_key order by class_rank, occurred_at, event_id) as place
        from keyed where fact = 'prompt'
    ),
    merged as (
        select
            row_key as prompt_key, agent,
            coalesce(arg_min(owner, place) filter (where not starts_with(owner, '~')), arg_min(owner, place)) as bucket,
            coalesce(min(occurred_at) filter (where class = 'transcript'), min(occurred_at)) as occurred_at,
            arg_min(prompt_id, place) as prompt_id, arg_min(user_id, place) as user_id,
            arg_min(organization_id, place) as organization_id, arg_min(project, place) as project,
            arg_min(repository, place) as repository, arg_min(agent_version, place) as agent_version,
            arg_min(entrypoint, place) as entrypoint,
            coalesce(
                case max(case prompt_origin when 'human' then 3 when 'command' then 2 when 'agent' then 1 end)
                    filter (where class = 'transcript')
                    when 3 then 'human' when 2 then 'command' when 1 then 'agent' end,
                arg_min(prompt_origin, place), 'human'
            ) as prompt_origin,
            bool_or(class in ('event', 'console')) as seen_event, bool_or(class = 'span') as seen_span,
            bool_or(class = 'transcript') as seen_transcript, bool_or(class in ('hook', 'sdk')) as seen_hook
        from seen group by row_key, agent
    )
select
    prompt_key, bucket, m.agent, occurred_at, case when not starts_with(bucket, '~') then split_part(bucket, '#', 1) end as session_id,
    prompt_id, coalesce(m.user_id, o.user_id) as user_id, coalesce(m.organization_id, o.organization_id) as organization_id,
    coalesce(m.project, o.project) as project, coalesce(m.repository, o.repository) as repository,
    coalesce(m.agent_version, o.agent_version) as agent_version, coalesce(m.entrypoint, o.entrypoint) as entrypoint,
    prompt_origin,
    seen_event, seen_span, seen_transcript, seen_hook
from merged m left join whose o using (bucket);
