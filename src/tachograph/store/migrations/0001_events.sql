-- What came in: released events, and how far each way in has been read.
-- Times are UTC. Event columns from user_id on are the attributes that model/attributes.py marks `column`; a test
-- compares the two lists.

create table events (
    event_id uuid not null,          -- the same record always has the same one; unique by how rows are inserted
    seq bigint not null,             -- grows with every row written: what is newer than the last settling
    occurred_at timestamp not null,
    received_at timestamp not null,
    kind varchar not null,
    agent varchar not null,
    source varchar not null,
    name varchar not null,
    session_id varchar,
    bucket varchar not null,         -- the session; for records that name none: agent, user and day, after a '~'
    user_id varchar,
    organization_id varchar,
    project varchar,
    repository varchar,
    agent_version varchar,
    entrypoint varchar,
    prompt_id varchar,
    request_id varchar,
    message_id varchar,
    tool_use_id varchar,
    model varchar,
    model_requested varchar,
    query_source varchar,
    effort varchar,
    speed varchar,
    service_tier varchar,
    subagent varchar,
    skill varchar,
    plugin varchar,
    mcp_server varchar,
    input_tokens bigint,
    output_tokens bigint,
    reasoning_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    cache_write_5m_tokens bigint,
    cache_write_1h_tokens bigint,
    web_search_requests bigint,
    cost_nanousd bigint,
    cost_basis varchar,
    duration_ms double,
    ttft_ms double,
    attempts bigint,
    status_code bigint,
    error_class varchar,
    success boolean,
    prompt_origin varchar,
    tool_name varchar,
    decision varchar,
    decision_source varchar,
    lines_added bigint,
    lines_removed bigint,
    quantity bigint,
    counter varchar,
    active_seconds double,
    feature varchar,
    feature_name varchar,
    trace_id varchar,
    span_id varchar,
    parent_span_id varchar,
    attributes varchar               -- the other attributes, as one JSON object
);

-- Sessions that repeat an event another session was stored with: a forked transcript copies its parent's records.
create table event_copies (
    event_id uuid not null,
    session_id varchar not null,
    bucket varchar not null,         -- of the row in `events`
    seq bigint not null
);

create table drops (reason varchar not null, name varchar not null, quantity bigint not null);

create table quarantine (
    origin varchar not null,
    place varchar not null,
    reason varchar not null,
    detail varchar not null,
    size_bytes bigint not null,
    set_aside_at timestamp not null
);

create table streams (
    stream_id varchar not null,
    start_ns bigint not null,
    at_ns bigint not null,
    value double not null
);

create table files (
    file_id varchar not null,
    inode ubigint not null,
    size_bytes bigint not null,
    mtime_ns bigint not null,
    read_offset bigint not null,
    lines bigint not null,
    head varchar not null
);

create table journal_position (segment bigint not null, read_offset bigint not null);

insert into journal_position values (0, 0);
