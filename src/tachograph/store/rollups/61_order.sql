-- turns and in_turn: which tool calls belong to which turn, and in which order; working tables of one settling.
-- Grain: one row per turn, one per tool call. Runs after 50_tool_calls and 60_prompts.
-- A turn is a prompt of a person or a command, and everything in its bucket up to the next one; what comes before the first
-- belongs together too, but is no prompt's. Things of one moment are ordered by their keys, and a prompt comes before what has
-- its time. A call ran if it is known how it ended and it was not rejected.

create or replace temp table turns as
select bucket, occurred_at, arg_max(prompt_key, prompt_key) as prompt_key from asked
where prompt_origin in ('human', 'command') group by 1, 2;

create or replace temp table in_turn as
select c.agent, c.tool_key, c.bucket, c.occurred_at, c.tool_name, c.tool_class, c.file, c.decision, c.is_error,
    c.success is not null and c.decision is distinct from 'reject' as ran, t.occurred_at as turn_at,
    row_number() over (partition by c.bucket, t.occurred_at order by c.occurred_at, c.tool_key, c.agent) as n
from new_tool_calls c asof left join turns t on t.bucket = c.bucket and t.occurred_at <= c.occurred_at;
