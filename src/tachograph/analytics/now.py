"""What goes on at this moment: sessions that run, what today cost, how much is asked, what fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tachograph.analytics.compile import answer, half_up
from tachograph.analytics.query import Query, Window, day_of, month_of
from tachograph.analytics.running import RECENT, running_sql
from tachograph.analytics.scope import Question, Scope
from tachograph.analytics.windowed import among
from tachograph.ports import Statement, Store
from tachograph_sdk.errors import BadWindow, UnknownDimension

__all__ = ["FILTERS", "MOST_SESSIONS", "NOW", "now"]

WORKING = timedelta(minutes=2)  # its last record is not older
MINUTES = 60  # of requests, one by one
MOST_SESSIONS = 50
MOST_ROWS = 12  # of tools and of errors

FILTERS: Mapping[str, str] = {
    "agent": "agent", "session": "session_id", "user": "user_id", "organization": "organization_id",
    "project": "project", "repository": "repository",
}  # fmt: skip
"""By what it can be narrowed, and the columns: all tables have them."""

_TODAY = (
    "cost_microusd", "unpriced_requests", "sessions", "prompts", "requests", "total_tokens", "tool_calls", "tool_errors",
    "api_errors", "lines_added", "lines_removed", "commits",
)  # fmt: skip

_SESSIONS = """
with
    acts as ({acts}),
    running as (
        select s.session_id as session_id, s.agent as agent, min(s.user_id) as user_id, min(s.project) as project,
            min(s.started_at) as started_at, max(a.seen_at) as last_at, sum(s.prompts) as prompts,
            sum(s.requests) as requests,
            sum(s.input_tokens + s.output_tokens + s.cache_read_tokens + s.cache_write_tokens) as tokens,
            sum(s.cost_nanousd) as cost_nanousd, sum(s.unpriced_requests) as unpriced_requests,
            sum(s.tool_calls) as tool_calls, sum(s.tool_errors) as tool_errors, sum(s.api_errors) as api_errors
        from sessions s join acts a on a.session_id = s.session_id
        where s.counts and s.started_at <= $soon{filters}
        group by s.session_id, s.agent
    ),
    models as (
        select session_id, model from (
            select session_id, model, row_number() over (partition by session_id order by occurred_at desc, model) as place
            from requests where occurred_at >= $day and model is not null and model <> ''
                and session_id in (select session_id from running)
        ) ranked where place = 1
    ),
    tools as (
        select session_id, tool_name, is_error from (
            select session_id, tool_name, is_error,
                row_number() over (partition by session_id order by occurred_at desc, tool_key) as place
            from tool_calls where occurred_at >= $day and session_id in (select session_id from running)
        ) ranked where place = 1
    )
select r.session_id as session_id, r.agent as agent, r.user_id as user_id, r.project as project, m.model as model,
    r.started_at as started_at, r.last_at as last_at, r.prompts as prompts, r.requests as requests, r.tokens as tokens,
    r.cost_nanousd as cost_nanousd, r.unpriced_requests as unpriced_requests, r.tool_calls as tool_calls,
    r.tool_errors as tool_errors, r.api_errors as api_errors, nullif(t.tool_name, '') as last_tool,
    case when t.is_error then 1 else 0 end as last_tool_failed
from running r
left join models m on m.session_id = r.session_id
left join tools t on t.session_id = r.session_id
order by r.last_at desc, r.session_id
limit {most}"""

_MINUTES = """
select date_trunc('minute', occurred_at) as minute, count(*) as n, sum(case when outcome = 'error' then 1 else 0 end) as failed
from requests where occurred_at >= $since and outcome in ('ok', 'error'){filters}
group by 1 order by 1"""


def now(store: Store, scope: Scope) -> Mapping[str, Any]:
    """What goes on; `now_us` and the zone of the scope say when, its filters of whom. Raises QueryError.

    Sessions are those that did something within half an hour (`running_minutes`), the latest first. `today` is since the zone's midnight,
    `minutes` the requests of the last 60 minutes, the oldest first and the one that is not over last.
    """
    if scope.window.start is not None or scope.window.end is not None:
        raise BadWindow("what goes on now has no time range", hint="leave out since, until and range")
    if unknown := [name for name in scope.filters if name not in FILTERS]:
        raise UnknownDimension(
            f"sessions cannot be narrowed by {unknown[0]!r}", hint=f"use one of {', '.join(FILTERS)}"
        )
    moment = scope.now.replace(microsecond=0)
    zone = scope.window.zone
    today, month = day_of(moment, zone), month_of(moment, zone)
    (figures,) = answer(store, Query(metrics=_TODAY, window=today, filters=scope.filters)).records()
    (spent,) = answer(
        store, Query(metrics=["cost_microusd", "unpriced_requests"], window=month, filters=scope.filters)
    ).records()
    return {
        "at": zone.as_text(moment),
        "running_minutes": RECENT // timedelta(minutes=1),
        "sessions": _sessions(store, scope, moment),
        "today": {"since": zone.as_text(today.start or moment), **figures},
        "month": {"since": zone.as_text(month.start or moment), **spent},
        "budget": {"day_microusd": scope.daily_budget_microusd, "month_microusd": scope.monthly_budget_microusd},
        "minutes": _minutes(store, scope, moment),
        "tools": _tools(store, scope, today),
        "errors": _errors(store, scope, today),
    }


NOW = Question(make=now)


def _sessions(store: Store, scope: Scope, moment: datetime) -> list[dict[str, Any]]:
    bound: dict[str, Any] = {"day": moment - timedelta(days=1)}
    sql = _SESSIONS.format(
        acts=running_sql(bound, moment), filters=_conditions(scope.filters, bound, "s."), most=MOST_SESSIONS
    )
    rows = store.query(Statement(name="sessions_now", sql=sql, parameters=bound)).records()
    zone = scope.window.zone
    return [
        {
            "session": row["session_id"],
            "agent": row["agent"],
            "user": scope.person(row["user_id"]),
            "project": row["project"],
            "model": row["model"],
            "state": "working" if moment - row["last_at"] <= WORKING else "quiet",
            "started_at": zone.as_text(row["started_at"]),
            "last_at": zone.as_text(row["last_at"]),
            "running_seconds": max(0, int((moment - row["started_at"]).total_seconds())),
            "quiet_seconds": max(0, int((moment - row["last_at"]).total_seconds())),
            "prompts": int(row["prompts"]),
            "requests": int(row["requests"]),
            "tokens": int(row["tokens"]),
            "cost_microusd": half_up(row["cost_nanousd"]),
            "unpriced_requests": int(row["unpriced_requests"]),
            "tool_calls": int(row["tool_calls"]),
            "tool_errors": int(row["tool_errors"]),
            "api_errors": int(row["api_errors"]),
            "last_tool": row["last_tool"],
            "last_tool_failed": bool(row["last_tool_failed"]),
        }
        for row in rows
    ]


def _minutes(store: Store, scope: Scope, moment: datetime) -> dict[str, list[int]]:
    last = moment.replace(second=0, microsecond=0)
    first = last - timedelta(minutes=MINUTES - 1)
    bound: dict[str, Any] = {"since": first}
    sql = _MINUTES.format(filters=_conditions(scope.filters, bound))
    rows = store.query(Statement(name="requests_a_minute", sql=sql, parameters=bound)).rows
    told: dict[str, list[int]] = {"requests": [0] * MINUTES, "errors": [0] * MINUTES}
    for minute, count, failed in rows:
        place = int((minute.replace(tzinfo=None) - first).total_seconds()) // 60
        if 0 <= place < MINUTES:  # a record's clock may be ahead of ours
            told["requests"][place], told["errors"][place] = int(count), int(failed)
    return told


def _tools(store: Store, scope: Scope, today: Window) -> list[dict[str, Any]]:
    metrics = ["tool_calls", "tool_errors", "tool_p50_ms"]
    rows = answer(store, Query(metrics=metrics, by=["tool"], window=today, filters=scope.filters)).records()
    rows.sort(key=lambda row: (-row["tool_calls"], str(row["tool"])))
    return [row for row in rows if row["tool_calls"]][:MOST_ROWS]


def _errors(store: Store, scope: Scope, today: Window) -> list[dict[str, Any]]:
    """API requests and tool calls that failed today, by class."""
    told = []
    for metric, what in (("api_errors", "request"), ("tool_errors", "tool")):
        rows = answer(store, Query(metrics=[metric], by=["error_class"], window=today, filters=scope.filters)).records()
        told += [{"of": what, "error_class": r["error_class"], "count": r[metric]} for r in rows if r[metric]]
    return sorted(told, key=lambda row: (-row["count"], row["of"], str(row["error_class"])))[:MOST_ROWS]


def _conditions(filters: Mapping[str, Sequence[str | None]], bound: dict[str, Any], of: str = "") -> str:
    """For after other conditions."""
    return "".join(
        f" and {among(of + FILTERS[name], values, bound, f'f{index}')}"
        for index, (name, values) in enumerate(filters.items())
    )
