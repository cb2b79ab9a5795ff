-- How much of a plan's limits was used, as a status line saw it. Made from events of kind usage.limit by 75_limits.sql.
create table limits (
    event_id uuid not null,
    bucket varchar not null,             -- as in `requests`
    agent varchar not null,
    occurred_at timestamp not null,      -- when it was said
    session_id varchar,                  -- in which it was said; the limit is the account's, whichever session used it
    user_id varchar,
    organization_id varchar,
    project varchar,
    repository varchar,
    agent_version varchar,
    entrypoint varchar,
    limit_window varchar not null,       -- five_hour, seven_day, spend_limit, …
    used_ratio double not null,          -- 1 is all of it
    resets_at timestamp                  -- UTC; null: not said
);
