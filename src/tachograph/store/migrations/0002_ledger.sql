-- What follows from the events. Every table here can be dropped and made again from `events` and `event_copies`;
-- rollups/*.sql fill them, each file says which and at what grain.

create table settled (seq bigint not null);  -- events up to here are in the tables below

insert into settled values (0);

-- Which buckets hold events, and since which row: where to look when one of them is touched.
create table buckets (bucket varchar not null, first_seq bigint not null);

-- Buckets that share an identity (a request, message, tool call, prompt or event): they are settled together.
create table kin (bucket varchar not null, other varchar not null);

create table requests (
    request_key varchar not null,
    bucket varchar not null,
    agent varchar not null,
    outcome varchar not null,            -- ok, error, retried, residual (what only a counter saw)
    occurred_at timestamp not null,
    session_id varchar,
    prompt_id varchar,
    request_id varchar,
    message_id varchar,
    user_id varchar,
    organization_id varchar,
    project varchar,
    repository varchar,
    agent_version varchar,
    entrypoint varchar,
    model varchar,                       -- without the "[1m]" suffix
    model_requested varchar,
    query_source varchar,
    effort varchar,
    speed varchar,
    service_tier varchar,
    subagent varchar,
    skill varchar,
    plugin varchar,
    mcp_server varchar,
    input_tokens bigint not null,
    output_tokens bigint not null,
    reasoning_tokens bigint not null,
    cache_read_tokens bigint not null,
    cache_write_tokens bigint not null,
    cache_write_5m_tokens bigint not null,
    cache_write_1h_tokens bigint not null,
    web_search_requests bigint not null,
    cost_nanousd bigint,                 -- null: no source knows and no price row matches
    cost_basis varchar not null,         -- reported, priced, unpriced, counter
    auxiliary boolean not null,          -- its session has a transcript, which does not show it: a title, a compaction
    duration_ms double,
    ttft_ms double,
    attempts bigint,
    status_code bigint,
    error_class varchar,
    seen_event boolean not null,         -- which sources saw it: an OTel log record
    seen_console boolean not null,       -- the same, printed
    seen_span boolean not null,
    seen_transcript boolean not null,    -- a local history of any agent
    seen_counter boolean not null,
    seen_hook boolean not null,
    seen_sdk boolean not null
);

-- What a source said of a request that others saw too, where that is not what `requests` says: the ledger's figure less
-- the source's own. Tokens are never less than 0; a cost can be.
create table differences (
    bucket varchar not null,
    agent varchar not null,
    request_key varchar not null,
    occurred_at timestamp not null,      -- of the request
    source varchar not null,             -- as in `events`
    input_tokens bigint not null,
    output_tokens bigint not null,
    cache_read_tokens bigint not null,
    cache_write_tokens bigint not null,
    cost_nanousd bigint not null
);

-- What running totals counted, beside what the rows of `requests` show of the same: one row per way in. A class that a
-- way does not count is null. `requests` has a residual row where the largest of them says more than the rows.
create table counters (
    bucket varchar not null,             -- as in `requests`; '^' agent '^' day where the counters name no session
    agent varchar not null,
    session_id varchar,
    user_id varchar,
    model varchar,
    way varchar not null,                -- otel_metric, console, transcript (the agent's own session totals)
    first_at timestamp not null,
    last_at timestamp not null,
    input_tokens bigint,
    output_tokens bigint,
    reasoning_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    cache_write_5m_tokens bigint,
    cache_write_1h_tokens bigint,
    web_search_requests bigint,
    cost_nanousd bigint,
    shown_requests bigint not null,
    shown_input_tokens bigint not null,
    shown_output_tokens bigint not null,
    shown_reasoning_tokens bigint not null,
    shown_cache_read_tokens bigint not null,
    shown_cache_write_tokens bigint not null,
    shown_cache_write_5m_tokens bigint not null,
    shown_cache_write_1h_tokens bigint not null,
    shown_web_search_requests bigint not null,
    shown_cost_nanousd bigint not null
);

-- Readings of the agents' own session totals: what each said last. To find sessions of one lineage (a fork, a resume).
create table lineages (bucket varchar not null, agent varchar not null, lineage varchar not null);

-- Every point of a running total, in the long form: what is counted (`measure`) and how much was added.
create view counter_points as
select event_id, seq, occurred_at, agent, source, bucket, session_id, user_id, organization_id, project, repository,
    agent_version, entrypoint, replace(coalesce(model, ''), '[1m]', '') as model,
    case when counter = 'web_search' then 'web_search_requests' when counter = 'cost' then 'cost_nanousd'
        when counter in ('input_total', 'output_visible') then counter
        else counter || '_tokens' end as measure,
    case when counter = 'cost' then cost_nanousd else quantity end as value
from events
where kind = 'usage.counter' and counter in ('input', 'input_total', 'output', 'output_visible', 'reasoning',
    'cache_read', 'cache_write', 'web_search', 'cost');

create table tool_calls (
    tool_key varchar not null,
    bucket varchar not null,
    agent varchar not null,
    occurred_at timestamp not null,
    session_id varchar,
    prompt_id varchar,
    request_id varchar,
    tool_use_id varchar,
    user_id varchar,
    organization_id varchar,
    project varchar,
    repository varchar,
    agent_version varchar,
    entrypoint varchar,
    tool_name varchar,
    mcp_server varchar,
    subagent varchar,
    decision varchar,                    -- accept, reject
    decision_source varchar,
    success boolean,                     -- null: never heard how it ended
    is_error boolean not null,           -- it ran and failed; a rejected call did not run
    error_class varchar,
    duration_ms double,
    seen_event boolean not null,
    seen_span boolean not null,
    seen_transcript boolean not null,
    seen_hook boolean not null
);

create table prompts (
    prompt_key varchar not null,
    bucket varchar not null,
    agent varchar not null,
    occurred_at timestamp not null,
    session_id varchar,
    prompt_id varchar,
    user_id varchar,
    organization_id varchar,
    project varchar,
    repository varchar,
    agent_version varchar,
    entrypoint varchar,
    prompt_origin varchar not null,      -- human, command, agent
    seen_event boolean not null,
    seen_span boolean not null,
    seen_transcript boolean not null,
    seen_hook boolean not null
);

create table outcomes (
    event_id uuid not null,              -- the event that says so, from the best source its session has for it
    bucket varchar not null,
    agent varchar not null,
    kind varchar not null,               -- code.change, vcs.commit, vcs.pull_request, session.activity
    occurred_at timestamp not null,
    session_id varchar,
    user_id varchar,
    organization_id varchar,
    project varchar,
    repository varchar,
    agent_version varchar,
    entrypoint varchar,
    model varchar,
    tool_name varchar,
    lines_added bigint not null,
    lines_removed bigint not null,
    commits bigint not null,
    pull_requests bigint not null,
    active_seconds double,
    source varchar not null
);

-- Which session was active in which hour. Who and where are the session's own, the same in all its rows.
-- First and last time tell on which days of any zone: a local day begins at most once within an hour.
create table session_hours (
    bucket varchar not null,
    hour timestamp not null,             -- its first moment, UTC
    first_at timestamp not null,         -- first and last prompt, request or tool call within it
    last_at timestamp not null,
    session_id varchar,
    agent varchar not null,
    user_id varchar,
    organization_id varchar,
    project varchar,
    repository varchar,
    agent_version varchar,
    entrypoint varchar
);

create table sessions (
    bucket varchar not null,
    session_id varchar not null,
    agent varchar not null,
    user_id varchar,
    organization_id varchar,
    project varchar,
    repository varchar,
    agent_version varchar,
    entrypoint varchar,
    started_at timestamp not null,
    ended_at timestamp not null,
    counts boolean not null,             -- it has a prompt, a request or a tool call
    prompts bigint not null,
    requests bigint not null,
    api_errors bigint not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    cache_read_tokens bigint not null,
    cache_write_tokens bigint not null,
    cost_nanousd bigint not null,
    unpriced_requests bigint not null,
    tool_calls bigint not null,
    tool_errors bigint not null,
    lines_added bigint not null,
    lines_removed bigint not null,
    commits bigint not null,
    pull_requests bigint not null,
    active_seconds double,
    has_transcript boolean not null,
    has_otel boolean not null
);

-- Usage by hour and what it is split by most. Hours, not days: a day of any zone that is whole hours away from UTC is a
-- sum of them (docs/decisions/time-zones.md).
create table hours (
    hour timestamp not null,             -- its first moment, UTC
    agent varchar not null,
    user_id varchar,
    organization_id varchar,
    model varchar,
    query_source varchar,
    outcome varchar not null,
    cost_basis varchar not null,
    auxiliary boolean not null,
    seen_event boolean not null,
    seen_console boolean not null,
    seen_span boolean not null,
    seen_transcript boolean not null,
    seen_hook boolean not null,
    seen_sdk boolean not null,
    n bigint not null,                   -- rows of `requests`
    input_tokens bigint not null,
    output_tokens bigint not null,
    reasoning_tokens bigint not null,
    cache_read_tokens bigint not null,
    cache_write_tokens bigint not null,
    cache_write_5m_tokens bigint not null,
    cache_write_1h_tokens bigint not null,
    web_search_requests bigint not null,
    cost_nanousd bigint not null
);
