-- tool_usage: one row per tool call, also of rejected ones, in the names of an older dashboard server.
-- Both engines run this text. user_email as in session_summaries.

create or replace view tool_usage as
select
    t.tool_key as id, t.session_id as session_id, t.agent as agent, t.user_id as user_id,
    coalesce(nullif(i.clear_name, ''), t.user_id) as user_email, t.organization_id as organization_id,
    t.project as project, t.repository as repository, t.occurred_at as timestamp, t.tool_name as tool_name,
    t.tool_class as tool_class, t.success as success, t.duration_ms as duration_ms, t.error_class as error_type,
    t.decision as decision, t.is_retry as is_retry, t.file as file
from tool_calls t
left join (select pseudonym, min(clear_text) as clear_name from identities group by pseudonym) i on i.pseudonym = t.user_id;
