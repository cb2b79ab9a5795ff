-- productivity_events: one row per record of changed lines, commits or pull requests, in the names of an older dashboard server.
-- Both engines run this text. user_email as in session_summaries.

create or replace view productivity_events as
select
    cast(o.event_id as varchar) as id, o.session_id as session_id, o.agent as agent, o.user_id as user_id,
    coalesce(nullif(i.clear_name, ''), o.user_id) as user_email, o.organization_id as organization_id,
    o.project as project, o.repository as repository, o.occurred_at as timestamp,
    case o.kind when 'vcs.commit' then 'commit' when 'vcs.pull_request' then 'pull_request' else 'lines_of_code' end as event_type,
    o.commits as commits, o.pull_requests as pull_requests, o.lines_added as lines_added, o.lines_removed as lines_removed,
    o.file as file, o.language as language, o.tool_name as tool_name, o.source as source
from outcomes o
left join (select pseudonym, min(clear_text) as clear_name from identities group by pseudonym) i on i.pseudonym = o.user_id
where o.kind <> 'session.activity';
