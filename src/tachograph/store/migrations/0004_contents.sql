-- Scrubbed texts: what the preset `content` keeps of an event beside its row, and nothing else does. Empty otherwise.

create table contents (
    event_id uuid not null,          -- of the row in `events`
    attribute varchar not null,      -- content_prompt, content_tool_input, …; model/attributes.py has them all
    text varchar not null            -- with placeholders for what the scrubber found; cut to 16,384 characters
);
