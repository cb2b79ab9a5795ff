-- days: usage per UTC day and what it is split by most. Grain: one row per distinct combination of the columns up to
-- seen_transcript. Rebuild: with the rest (`rebuild()`); made from `requests`, for the days that were touched.

delete from days where day in (select day from touched_days);

insert into days
select
    date_trunc('day', occurred_at) as day, agent, user_id, organization_id, project, repository, entrypoint, model,
    query_source, outcome, cost_basis, seen_event, seen_transcript,
    count(*) as requests, sum(input_tokens)::bigint, sum(output_tokens)::bigint, sum(reasoning_tokens)::bigint,
    sum(cache_read_tokens)::bigint, sum(cache_write_tokens)::bigint, coalesce(sum(cost_nanousd), 0)::bigint
from requests
where occurred_at >= (select min(day) from touched_days)
  and occurred_at < (select max(day) + interval 1 day from touched_days)
  and date_trunc('day', occurred_at) in (select day from touched_days)
group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13;
