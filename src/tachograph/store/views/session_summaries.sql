-- session_summaries: one row per session, in the names of an older dashboard server. Both engines run this text.
-- user_email is the clear name where the owner keeps clear names, else the pseudonym that user_id has.

create or replace view session_summaries as
select
    s.session_id as session_id, s.agent as agent, s.user_id as user_id,
    coalesce(nullif(i.clear_name, ''), s.user_id) as user_email, s.organization_id as organization_id,
    s.project as project, s.repository as repository,
    s.start_time as start_time, s.end_time as end_time,
    date_diff('microsecond', s.start_time, s.end_time) / 1e6 as duration_seconds, s.active_seconds as active_seconds,
    s.command_count as command_count, s.total_requests as total_requests,
    s.total_commits as total_commits, s.total_pull_requests as total_pull_requests,
    s.total_lines_added as total_lines_added, s.total_lines_removed as total_lines_removed, s.files_changed as files_changed,
    s.total_input_tokens as total_input_tokens, s.total_output_tokens as total_output_tokens,
    s.total_cache_creation_tokens as total_cache_creation_tokens, s.total_cache_read_tokens as total_cache_read_tokens,
    s.total_cost_nanousd / 1e9 as total_cost_usd, s.unpriced_requests as unpriced_requests,
    s.tool_invocations as tool_invocations, s.error_count as error_count, s.api_error_count as api_error_count,
    s.productivity_score as productivity_score, s.exit_reason as exit_reason
from (
    select session_id, agent, min(user_id) as user_id, min(organization_id) as organization_id, min(project) as project,
        min(repository) as repository, min(started_at) as start_time, max(ended_at) as end_time,
        sum(active_seconds) as active_seconds, sum(prompts) as command_count, sum(requests) as total_requests,
        sum(commits) as total_commits, sum(pull_requests) as total_pull_requests, sum(lines_added) as total_lines_added,
        sum(lines_removed) as total_lines_removed, max(files_changed) as files_changed,
        sum(input_tokens) as total_input_tokens, sum(output_tokens) as total_output_tokens,
        sum(cache_write_tokens) as total_cache_creation_tokens, sum(cache_read_tokens) as total_cache_read_tokens,
        sum(cost_nanousd) as total_cost_nanousd, sum(unpriced_requests) as unpriced_requests,
        sum(tool_calls) as tool_invocations, sum(tool_errors) as error_count, sum(api_errors) as api_error_count,
        avg(score) as productivity_score, min(exit_reason) as exit_reason
    from sessions where counts group by session_id, agent
) s
left join (select pseudonym, min(clear_text) as clear_name from identities group by pseudonym) i on i.pseudonym = s.user_id;
