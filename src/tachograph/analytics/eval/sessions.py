"""Sessions with what evals measure of each: one statement, a row for each session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tachograph.analytics.query import Window
from tachograph.analytics.windowed import among, between
from tachograph.ports import Result, Statement, Store
from tachograph_sdk.errors import UnknownDimension

__all__ = ["FILTERS", "MOST_SESSIONS", "ask_sessions"]

MOST_SESSIONS = 100_000

FILTERS: Mapping[str, str] = {
    "agent": "agent",
    "session": "session_id",
    "user": "user_id",
    "organization": "organization_id",
    "project": "project",
    "repository": "repository",
    "agent_version": "agent_version",
    "entrypoint": "entrypoint",
    "model": "model",
}
"""Dimensions that are of a session as a whole, and their columns; the model is the one with most requests."""

# A session that goes on after its records were deleted by age has several buckets. Retries: what a source says in one
# of three ways, and the most of them, because they tell of the same tries.
_SESSIONS = """
with
    chosen as (select bucket, session_id, agent from sessions where counts {window}),
    whole as (
        select s.session_id as session_id, s.agent as agent, min(s.user_id) as user_id,
            min(s.organization_id) as organization_id, min(s.project) as project, min(s.repository) as repository,
            max(s.agent_version) as agent_version, min(s.entrypoint) as entrypoint,
            min(s.started_at) as started_at, max(s.ended_at) as ended_at, sum(s.prompts) as prompts,
            sum(s.requests) as requests, sum(s.api_errors) as api_errors, sum(s.input_tokens) as input_tokens,
            sum(s.output_tokens) as output_tokens, sum(s.cache_read_tokens) as cache_read_tokens,
            sum(s.cache_write_tokens) as cache_write_tokens, sum(s.cost_nanousd) as cost_nanousd,
            sum(s.unpriced_requests) as unpriced_requests, sum(s.tool_calls) as tool_calls,
            sum(s.tool_errors) as tool_errors, sum(s.lines_added) as lines_added, sum(s.lines_removed) as lines_removed,
            sum(s.commits) as commits, sum(s.pull_requests) as pull_requests, sum(s.active_seconds) as active_seconds,
            max(case when s.has_transcript then 1 else 0 end) as has_transcript,
            max(case when s.has_otel then 1 else 0 end) as has_otel,
            max(case when s.bucket in (select bucket from archived) then 1 else 0 end) as is_archived
        from sessions s where s.bucket in (select bucket from chosen) group by s.session_id, s.agent
    ),
    tried as (
        select c.session_id as session_id, c.agent as agent,
            sum(case when r.outcome = 'retried' then 1 else 0 end) as told_retries,
            sum(case when r.attempts > 1 and r.outcome <> 'retried' then r.attempts - 1 else 0 end) as repeated_tries,
            count(r.attempts) as with_attempts
        from requests r join chosen c on c.bucket = r.bucket group by c.session_id, c.agent
    ),
    noticed as (
        select c.session_id as session_id, c.agent as agent, count(*) as noticed_retries
        from events e join chosen c on c.bucket = e.bucket
        where e.feature = 'api_retry' group by c.session_id, c.agent
    ),
    called as (
        select c.session_id as session_id, c.agent as agent,
            sum(case when t.decision = 'reject' then 1 else 0 end) as tool_rejections,
            sum(case when t.success is not null and coalesce(t.decision, '') <> 'reject' then 1 else 0 end) as tool_ended
        from tool_calls t join chosen c on c.bucket = t.bucket group by c.session_id, c.agent
    ),
    used as (
        select c.session_id as session_id, c.agent as agent, r.model as model, count(*) as n
        from requests r join chosen c on c.bucket = r.bucket
        where r.model is not null and r.model <> '' and r.outcome in ('ok', 'residual')
        group by c.session_id, c.agent, r.model
    ),
    main as (
        select session_id, agent, model from (
            select session_id, agent, model, row_number() over (partition by session_id, agent order by n desc, model) as place
            from used
        ) ranked where place = 1
    )
select w.session_id as session_id, w.agent as agent, w.user_id as user_id, w.organization_id as organization_id,
    w.project as project, w.repository as repository, w.agent_version as agent_version, w.entrypoint as entrypoint,
    w.started_at as started_at, w.ended_at as ended_at, w.prompts as prompts, w.requests as requests,
    w.api_errors as api_errors, w.input_tokens as input_tokens, w.output_tokens as output_tokens,
    w.cache_read_tokens as cache_read_tokens, w.cache_write_tokens as cache_write_tokens,
    w.cost_nanousd as cost_nanousd, w.unpriced_requests as unpriced_requests, w.tool_calls as tool_calls,
    w.tool_errors as tool_errors, w.lines_added as lines_added, w.lines_removed as lines_removed, w.commits as commits,
    w.pull_requests as pull_requests, w.active_seconds as active_seconds, w.has_transcript as has_transcript,
    w.has_otel as has_otel,
    w.is_archived as is_archived,
    m.model as model, coalesce(t.told_retries, 0) as told_retries, coalesce(t.repeated_tries, 0) as repeated_tries,
    coalesce(t.with_attempts, 0) as with_attempts, coalesce(n.noticed_retries, 0) as noticed_retries,
    coalesce(c.tool_rejections, 0) as tool_rejections, coalesce(c.tool_ended, 0) as tool_ended
from whole w
left join main m on m.session_id = w.session_id and m.agent = w.agent
left join tried t on t.session_id = w.session_id and t.agent = w.agent
left join noticed n on n.session_id = w.session_id and n.agent = w.agent
left join called c on c.session_id = w.session_id and c.agent = w.agent
"""


def ask_sessions(
    store: Store, window: Window, filters: Mapping[str, Sequence[str | None]], *, people: bool = True
) -> Result:
    """The sessions that began within the window, in order of their beginning.

    Args:
        store: where they are.
        window: of their beginning.
        filters: values to keep by dimension, as stored; None among them keeps what is unknown.
        people: False leaves it untold whose sessions they are: `user_id` is null.

    Raises:
        UnknownDimension: a filter is not of a session as a whole; the message lists what is.
        QueryTooLarge: more than MOST_SESSIONS.
    """
    parameters: dict[str, Any] = {}
    begun = "".join(f" and {condition}" for condition in between("started_at", window, parameters))
    kept = []
    for index, (name, values) in enumerate(filters.items()):
        if name not in FILTERS:
            raise UnknownDimension(
                f"sessions cannot be filtered by {name!r}", hint=f"filters are: {', '.join(FILTERS)}"
            )
        kept.append(among(FILTERS[name], values, parameters, f"f{index}"))
    sql = (
        f"select * from ({_SESSIONS.format(window=begun)}) every "  # noqa: S608 - names of ours
        f"where {' and '.join(kept) or '1 = 1'} order by started_at, session_id"
    )
    found = store.query(Statement(name="eval_sessions", sql=sql, parameters=parameters), max_rows=MOST_SESSIONS)
    if people:
        return found
    who = found.columns.index("user_id")
    return Result(columns=found.columns, rows=[(*row[:who], None, *row[who + 1 :]) for row in found.rows])
