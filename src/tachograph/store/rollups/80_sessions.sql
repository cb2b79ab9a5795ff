-- session_hours and sessions. Grain: one row per bucket and hour (UTC) in which it was active; one row per session.
-- Rebuild: with the rest (`rebuild()`).
-- A session counts if a prompt, a request, a tool call or counted usage is its own. A forked session's copies belong to
-- the session they were copied from (21_owners.sql); a fork with nothing of its own counts by what it copied last.
-- Who and where come from table `who` (35_who.sql).

create or replace temp table new_session_hours as
with
    active as (
        select bucket, occurred_at from new_requests where outcome in ('ok', 'residual')
        union all
        select bucket, occurred_at from new_prompts
        union all
        select bucket, occurred_at from new_tool_calls
        union all
        select bucket, occurred_at from shadows
    ),
    spans as (
        select bucket, date_trunc('hour', occurred_at) as hour, min(occurred_at) as first_at, max(occurred_at) as last_at
        from active group by 1, 2
    )
select
    bucket, hour, first_at, last_at, case when not starts_with(bucket, '~') then split_part(bucket, '#', 1) end as session_id,
    w.agent, w.user_id, w.organization_id, w.project, w.repository, w.agent_version, w.entrypoint
from spans join who w using (bucket);

create or replace temp table plain_sessions as  -- 88_scores.sql goes on from here
with
    span as (
        select bucket, min(started_at) as started_at, max(ended_at) as ended_at,
            bool_or(has_transcript) as has_transcript, bool_or(has_otel) as has_otel
        from faces where not starts_with(bucket, '~') group by 1
    ),
    used as (
        select bucket, count(*) filter (where outcome = 'ok') as requests,
            count(*) filter (where outcome = 'error') as api_errors,
            sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens,
            sum(cache_read_tokens)::bigint as cache_read_tokens, sum(cache_write_tokens)::bigint as cache_write_tokens,
            coalesce(sum(cost_nanousd), 0)::bigint as cost_nanousd,
            count(*) filter (where cost_nanousd is null) as unpriced_requests,
            count(*) filter (where outcome = 'ok' and (query_source = 'subagent' or subagent is not null)) as subagent_requests
        from new_requests group by 1
    ),
    asked as (
        select bucket, count(*) filter (where prompt_origin in ('human', 'command')) as prompts,
            min(occurred_at) filter (where prompt_origin in ('human', 'command')) as first_prompt_at,
            count(is_one_shot) as edit_turns, count(*) filter (where is_one_shot) as one_shot_turns
        from new_prompts group by 1
    ),
    called as (
        select bucket, count(*) as tool_calls, count(*) filter (where is_error) as tool_errors,
            count(*) filter (where is_retry) as tool_retries, count(*) filter (where tool_class = 'edit') as edits,
            count(*) filter (where tool_class = 'edit' and is_error) as edit_errors,
            -- what ran was let run, by a person or a rule: only some sources say so
            count(*) filter (where tool_class = 'edit' and (decision is not null or success is not null)) as edits_decided,
            count(*) filter (where tool_class = 'edit' and decision is distinct from 'reject'
                and (decision is not null or success is not null)) as edits_accepted,
            min(occurred_at) filter (where tool_class = 'edit' and not is_error and decision is distinct from 'reject')
                as first_edit_at
        from new_tool_calls group by 1
    ),
    done as (
        select bucket, sum(lines_added)::bigint as lines_added, sum(lines_removed)::bigint as lines_removed,
            sum(commits)::bigint as commits, sum(pull_requests)::bigint as pull_requests,
            sum(active_seconds) as active_seconds,
            min(occurred_at) filter (where commits > 0) as first_commit_at,
            min(occurred_at) filter (where kind = 'code.change' and lines_added + lines_removed > 0) as first_change_at
        from new_outcomes group by 1
    ),
    changed as (  -- by what tells of lines, or by an edit that worked
        select bucket, count(distinct file) as files_changed from (
            select bucket, file from new_outcomes where kind = 'code.change'
            union all
            select bucket, file from new_tool_calls where tool_class = 'edit' and success and decision is distinct from 'reject'
        ) where file is not null group by 1
    )
select
    bucket, split_part(bucket, '#', 1) as session_id, w.agent, w.user_id, w.organization_id, w.project, w.repository, w.agent_version,
    w.entrypoint, s.started_at, s.ended_at, bucket in (select bucket from new_session_hours) as counts,
    coalesce(a.prompts, 0) as prompts, coalesce(u.requests, 0) as requests, coalesce(u.api_errors, 0) as api_errors,
    coalesce(u.input_tokens, 0) as input_tokens, coalesce(u.output_tokens, 0) as output_tokens,
    coalesce(u.cache_read_tokens, 0) as cache_read_tokens, coalesce(u.cache_write_tokens, 0) as cache_write_tokens,
    coalesce(u.cost_nanousd, 0) as cost_nanousd, coalesce(u.unpriced_requests, 0) as unpriced_requests,
    coalesce(c.tool_calls, 0) as tool_calls, coalesce(c.tool_errors, 0) as tool_errors,
    coalesce(d.lines_added, 0) as lines_added, coalesce(d.lines_removed, 0) as lines_removed,
    coalesce(d.commits, 0) as commits, coalesce(d.pull_requests, 0) as pull_requests, d.active_seconds,
    s.has_transcript, s.has_otel,
    a.first_prompt_at, coalesce(c.first_edit_at, d.first_change_at) as first_edit_at, d.first_commit_at,
    coalesce(c.edits, 0) as edits, coalesce(c.edit_errors, 0) as edit_errors, coalesce(c.edits_decided, 0) as edits_decided,
    coalesce(c.edits_accepted, 0) as edits_accepted, coalesce(a.edit_turns, 0) as edit_turns,
    coalesce(a.one_shot_turns, 0) as one_shot_turns, coalesce(c.tool_retries, 0) as tool_retries,
    coalesce(u.subagent_requests, 0) as subagent_requests, f.files_changed
from span s join who w using (bucket) left join used u using (bucket) left join asked a using (bucket)
left join called c using (bucket) left join done d using (bucket) left join changed f using (bucket);
