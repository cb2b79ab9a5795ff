-- What erased requests showed of days on which running totals that name no session are left: those counted this usage too,
-- and what is taken off here does not come back as a rest that nobody explains. Sums by day, agent and model; of a person
-- only where that person's other sessions, and totals, are left.
create table erased_usage (
    agent varchar not null,
    occurred_at timestamp not null,      -- the day's first moment, or its last ten minutes' (85_residuals.sql)
    user_id varchar,
    model varchar,
    requests bigint not null,
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
