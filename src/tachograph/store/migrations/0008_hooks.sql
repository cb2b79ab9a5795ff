-- What plugins tell: which commands and skills are used, and what they counted over whole sessions.

-- One row per use of a command, skill or subagent, however many ways it came in: rollups/83_feature_uses.sql.
create table feature_uses (
    event_id uuid not null,              -- the event that says so, from the source that tells most of it
    bucket varchar not null,
    agent varchar not null,
    occurred_at timestamp not null,
    session_id varchar,
    user_id varchar,
    organization_id varchar,
    project varchar,
    repository varchar,
    agent_version varchar,
    entrypoint varchar,
    feature varchar not null,            -- command (a person typed it), skill (the model used it), subagent
    feature_name varchar,                -- null: no source tells the name
    source varchar not null              -- as in `events`
);

-- One row per session that a plugin reported: the last of its reports. Its own figures, beside the ledger's, which are
-- made of records: rollups/65_told_sessions.sql, 82_hook_sessions.sql. What it did not say is null.
create table hook_sessions (
    event_id uuid not null,
    bucket varchar not null,
    agent varchar not null,
    occurred_at timestamp not null,      -- its last record
    session_id varchar,
    user_id varchar,
    organization_id varchar,
    project varchar,
    repository varchar,
    agent_version varchar,
    entrypoint varchar,
    plugin_version varchar,
    payload_form varchar,                -- native, compat
    integrity varchar,                   -- checksum, keyed, unverified
    session_id_kind varchar,             -- real; rotating: no other record of the session can be found by it
    counting varchar,                    -- responses (each once), records (the original client's way, which counts too much)
    exit_reason varchar,
    started_at timestamp,
    ended_at timestamp,
    session_seconds bigint,
    active_seconds double,
    turns bigint,
    prompts bigint,
    user_messages bigint,
    assistant_messages bigint,
    responses bigint,
    api_errors bigint,
    tool_calls bigint,                   -- the session's own; those of its subagents are apart
    tool_errors bigint,
    bash_calls bigint,
    read_calls bigint,
    edit_calls bigint,
    write_calls bigint,
    grep_calls bigint,
    glob_calls bigint,
    web_fetch_calls bigint,
    web_search_calls bigint,
    subagent_runs bigint,
    subagent_responses bigint,
    subagent_tool_calls bigint,
    subagent_tool_errors bigint,
    command_uses bigint,
    skill_uses bigint,
    lines_added bigint,
    lines_removed bigint,
    had_errors boolean,
    said_input_tokens bigint,            -- the client's own figures; `requests` has what was used
    said_output_tokens bigint,
    said_cache_write_tokens bigint,
    said_cache_read_tokens bigint,
    hook_ms double
);

-- Everything is settled again, so that what was stored before has its uses too.
update settled set seq = 0;
