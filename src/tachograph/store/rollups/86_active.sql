-- session_hours, the rows of counters that name no session: whoever they name was active. Grain: one row per residual row.
-- Rebuild: with the rest (`rebuild()`). Runs after 85_residuals.sql, for the same days.

delete from session_hours where starts_with(bucket, '^') and date_trunc('day', hour) in (select day from touched_days)
  and bucket not in (select bucket from archived);

insert into session_hours by name
select bucket, date_trunc('hour', occurred_at) as hour, occurred_at as first_at, occurred_at as last_at,
    null::varchar as session_id, agent, user_id, organization_id, project, repository, agent_version, entrypoint
from requests
where starts_with(bucket, '^') and date_trunc('day', occurred_at) in (select day from touched_days)
  and bucket not in (select bucket from archived);
