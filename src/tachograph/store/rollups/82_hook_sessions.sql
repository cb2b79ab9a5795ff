-- hook_sessions: what a plugin counted over a session. Grain: one row per agent and session that one reported.
-- Rebuild: with the rest (`rebuild()`). Who and where are the session's own, as in session_hours (80_sessions.sql).

create or replace temp table new_hook_sessions as
with
    whole as (
        select t.event_id, t.agent, t.bucket, t.occurred_at, t.active_seconds, t.lines_added, t.lines_removed, t.attributes,
            e.user_id as own_user
        from told_sessions t join work e using (event_id)
    )
select
    w.event_id, w.bucket, w.agent, w.occurred_at,
    case when not starts_with(w.bucket, '~') then split_part(w.bucket, '#', 1) end as session_id,
    coalesce(w.own_user, f.user_id) as user_id, f.organization_id, f.project, f.repository, f.agent_version, f.entrypoint,
    attr(attributes, 'plugin_version') as plugin_version, attr(attributes, 'payload_form') as payload_form,
    attr(attributes, 'integrity') as integrity, attr(attributes, 'session_id_kind') as session_id_kind,
    attr(attributes, 'counting') as counting, attr(attributes, 'exit_reason') as exit_reason,
    make_timestamp(try_cast(attr(attributes, 'started_ms') as bigint) * 1000) as started_at,
    make_timestamp(try_cast(attr(attributes, 'ended_ms') as bigint) * 1000) as ended_at,
    try_cast(attr(attributes, 'session_seconds') as bigint) as session_seconds, active_seconds,
    try_cast(attr(attributes, 'turns') as bigint) as turns,
    try_cast(attr(attributes, 'prompts_counted') as bigint) as prompts,
    try_cast(attr(attributes, 'user_messages') as bigint) as user_messages,
    try_cast(attr(attributes, 'assistant_messages') as bigint) as assistant_messages,
    try_cast(attr(attributes, 'responses_counted') as bigint) as responses,
    try_cast(attr(attributes, 'api_errors_counted') as bigint) as api_errors,
    try_cast(attr(attributes, 'tool_calls_counted') as bigint) as tool_calls,
    try_cast(attr(attributes, 'tool_errors_counted') as bigint) as tool_errors,
    try_cast(attr(attributes, 'bash_calls') as bigint) as bash_calls,
    try_cast(attr(attributes, 'read_calls') as bigint) as read_calls,
    try_cast(attr(attributes, 'edit_calls') as bigint) as edit_calls,
    try_cast(attr(attributes, 'write_calls') as bigint) as write_calls,
    try_cast(attr(attributes, 'grep_calls') as bigint) as grep_calls,
    try_cast(attr(attributes, 'glob_calls') as bigint) as glob_calls,
    try_cast(attr(attributes, 'web_fetch_calls') as bigint) as web_fetch_calls,
    try_cast(attr(attributes, 'web_search_calls') as bigint) as web_search_calls,
    try_cast(attr(attributes, 'subagent_runs') as bigint) as subagent_runs,
    try_cast(attr(attributes, 'subagent_responses') as bigint) as subagent_responses,
    try_cast(attr(attributes, 'subagent_tool_calls') as bigint) as subagent_tool_calls,
    try_cast(attr(attributes, 'subagent_tool_errors') as bigint) as subagent_tool_errors,
    try_cast(attr(attributes, 'command_uses') as bigint) as command_uses,
    try_cast(attr(attributes, 'skill_uses') as bigint) as skill_uses, lines_added, lines_removed,
    try_cast(attr(attributes, 'had_errors') as boolean) as had_errors,
    try_cast(attr(attributes, 'said_input_tokens') as bigint) as said_input_tokens,
    try_cast(attr(attributes, 'said_output_tokens') as bigint) as said_output_tokens,
    try_cast(attr(attributes, 'said_cache_write_tokens') as bigint) as said_cache_write_tokens,
    try_cast(attr(attributes, 'said_cache_read_tokens') as bigint) as said_cache_read_tokens,
    try_cast(attr(attributes, 'hook_ms') as double) as hook_ms
from whole w left join who f using (bucket);
