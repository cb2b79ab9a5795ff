-- What stays when records have had their time: see docs/decisions/retention.md.

-- Sessions (and days of records that name none) whose events were deleted by age. Their rows in the ledger are not made
-- again: they stay as they are until they have had their time too.
create table archived (
    bucket varchar not null,
    session_id varchar,
    ended_at timestamp not null,         -- last event
    received_at timestamp not null,      -- last arrival: from here on the time counts
    archived_at timestamp not null
);

-- Events that were counted and deleted: when one of them comes again, from a copy or a file read again, it is known.
create table counted_ids (
    event_id uuid not null,
    bucket varchar,                      -- null once its ledger rows are gone too
    occurred_at timestamp not null
);

-- What is left of the ledger after its time: whole numbers by month (UTC), agent and model, of no person and no session.
create table summaries (
    month date not null,
    agent varchar not null,
    model varchar,                       -- null: not known, or the measure is not of a model
    measure varchar not null,            -- a metric's name; cost_nanousd for costs
    quantity hugeint not null
);

-- Deletions of more than a tenth at once wait, so that they are seen, and a clock that is set wrong does no harm.
create table retention_waits (tier varchar not null, since timestamp not null);
