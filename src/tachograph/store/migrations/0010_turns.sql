-- What questions about turns, files, retries, compactions and the score of sessions need, and what a cache saves.
-- A turn is a prompt that a person or a command sent, and everything in its bucket up to the next one.

alter table requests add column for_retry boolean default false;      -- its answer called a tool again that had just failed
alter table requests alter column for_retry set not null;
alter table requests alter column for_retry drop default;

alter table tool_calls add column file varchar;                       -- pseudonym of the file it worked on; null: not told
alter table tool_calls add column tool_class varchar default 'other'; -- rollups/49_tool_classes.sql
alter table tool_calls alter column tool_class set not null;
alter table tool_calls alter column tool_class drop default;
alter table tool_calls add column is_retry boolean default false;     -- rollups/62_retries.sql
alter table tool_calls alter column is_retry set not null;
alter table tool_calls alter column is_retry drop default;
alter table tool_calls add column read_before boolean;                -- null: no edit, or its file or session is not known

-- Of the prompt's turn; null for prompts of the agent's own.
alter table prompts add column ended_at timestamp;                    -- the last request, tool call or prompt of it
alter table prompts add column requests bigint;
alter table prompts add column tool_calls bigint;
alter table prompts add column tool_errors bigint;
alter table prompts add column edits bigint;
alter table prompts add column is_one_shot boolean;                   -- null: no edit ran
alter table prompts add column cost_nanousd bigint;                   -- null: no request of it has a known cost

alter table outcomes add column active_by varchar;                    -- who was active: user, cli; null: not told
alter table outcomes add column file varchar;                         -- pseudonym of the file that was changed; null: not told
alter table outcomes add column language varchar;                     -- programming language of that file

-- One row per compaction of a context, from the source that tells most of them: rollups/84_compactions.sql.
create table compactions (
    event_id uuid not null,
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
    trigger varchar,                     -- auto, manual, …; null: not told
    pre_tokens bigint,                   -- tokens of the context before; null: not told
    post_tokens bigint,                  -- and after
    source varchar not null              -- as in `events`
);

alter table sessions add column first_prompt_at timestamp;            -- of a person or a command
alter table sessions add column first_edit_at timestamp;              -- the first edit that did not fail
alter table sessions add column first_commit_at timestamp;
alter table sessions add column edits bigint default 0;               -- tool calls of class edit
alter table sessions alter column edits set not null;
alter table sessions alter column edits drop default;
alter table sessions add column edit_errors bigint default 0;         -- of them: ran and failed
alter table sessions alter column edit_errors set not null;
alter table sessions alter column edit_errors drop default;
alter table sessions add column edits_decided bigint default 0;       -- of them: accepted, rejected or run
alter table sessions alter column edits_decided set not null;
alter table sessions alter column edits_decided drop default;
alter table sessions add column edits_accepted bigint default 0;      -- of those decided: not rejected
alter table sessions alter column edits_accepted set not null;
alter table sessions alter column edits_accepted drop default;
alter table sessions add column edit_turns bigint default 0;          -- turns in which an edit ran
alter table sessions alter column edit_turns set not null;
alter table sessions alter column edit_turns drop default;
alter table sessions add column one_shot_turns bigint default 0;
alter table sessions alter column one_shot_turns set not null;
alter table sessions alter column one_shot_turns drop default;
alter table sessions add column tool_retries bigint default 0;
alter table sessions alter column tool_retries set not null;
alter table sessions alter column tool_retries drop default;
alter table sessions add column compactions bigint default 0;
alter table sessions alter column compactions set not null;
alter table sessions alter column compactions drop default;
alter table sessions add column subagent_requests bigint default 0;
alter table sessions alter column subagent_requests set not null;
alter table sessions alter column subagent_requests drop default;
alter table sessions add column files_changed bigint;                 -- null: no file is known
alter table sessions add column exit_reason varchar;                  -- what a plugin reported
alter table sessions add column score double;                         -- 0 to 10: rollups/88_scores.sql; null: nothing to judge
alter table sessions add column score_outcome double;                 -- its parts, 0 to 1; null: not known
alter table sessions add column score_reliability double;
alter table sessions add column score_acceptance double;
alter table sessions add column score_one_shot double;

-- What a token read from a cache saves and one written to it costs extra, by model and day: rates.py. Not made of events.
create table rates (
    model varchar not null,                          -- as in `requests`
    from_at timestamp,                               -- null: open
    until_at timestamp,                              -- not included; null: open
    cache_read_saved_femtousd bigint not null,       -- a token: fresh input less a read
    cache_write_5m_extra_femtousd bigint not null,   -- a token: a write less fresh input
    cache_write_1h_extra_femtousd bigint not null
);

-- For which models the price table was asked, and which version of it answered; also for those without a price.
create table rated (model varchar not null, price_version varchar not null);

-- Everything is settled again, so that what was stored before has all of this too.
update settled set seq = 0;
