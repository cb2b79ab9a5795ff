-- What the rights of the people in the data need to be kept.

-- What an erasure deleted, in the same transaction as the deletion, until its receipt is written: numbers only.
create table erasures (
    erasure_id varchar not null,     -- random
    told varchar not null            -- JSON
);

-- What corrected events said before, so that a correction can be withdrawn.
create table corrected (
    correction_id varchar not null,  -- random; the correction itself is in a file of the home folder
    event_id uuid not null,
    attribute varchar not null,
    before varchar                   -- null: nothing
);
