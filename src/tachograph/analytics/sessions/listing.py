"""The list of sessions: filtered, ordered, a page at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from tachograph.analytics.compile import extent_of, filter_conditions, local_time
from tachograph.analytics.metrics import METRICS
from tachograph.analytics.parameters import MOST_OFFSET, whole_number
from tachograph.analytics.query import Query
from tachograph.analytics.scope import Scope
from tachograph.analytics.sessions.whole import WHOLE, reasons_in, session_row
from tachograph.analytics.windowed import activity, among, between, overlapping, used
from tachograph.ports import Statement, Store
from tachograph_sdk.errors import QueryError, UnknownDimension

__all__ = ["FILTERS", "MOST_SESSIONS", "ORDERS", "PARAMETERS", "list_sessions"]

MOST_SESSIONS = 500  # of a page
_PAGE = 50
_MOST_MODELS = 10  # of one session

PARAMETERS = frozenset({"search", "order", "limit", "offset"})

_OWN: Final[Mapping[str, str]] = {
    "agent": "agent", "session": "session_id", "user": "user_id", "organization": "organization_id",
    "project": "project", "repository": "repository", "agent_version": "agent_version", "entrypoint": "entrypoint",
    "exit_reason": "exit_reason",
}  # fmt: skip
_WITHIN: Final[Mapping[str, tuple[str, str]]] = {  # of a session that has such a row: table and column
    "model": ("requests", "model"),
    "skill": ("requests", "skill"),
    "plugin": ("requests", "plugin"),
    "subagent": ("requests", "subagent"),
    "tool": ("tool_calls", "tool_name"),
    "tool_class": ("tool_calls", "tool_class"),
    "mcp_server": ("tool_calls", "mcp_server"),
    "error_class": ("tool_calls", "error_class"),
}
_WHEN: Final = ("weekday", "hour_of_day")  # of a session that was active then, in the window
FILTERS: Final = (*_OWN, *_WITHIN, *_WHEN)
"""Dimensions by which sessions can be chosen."""

ORDERS: Final[Mapping[str, str]] = {
    "started_at": "started_at", "ended_at": "ended_at",
    "duration_seconds": "date_diff('microsecond', started_at, ended_at)", "cost_usd": "known_nanousd",
    "total_tokens": "total_tokens", "prompts": "prompts", "requests": "requests", "api_errors": "api_errors",
    "tool_calls": "tool_calls", "tool_errors": "tool_errors", "tool_retries": "tool_retries",
    "lines_changed": "lines_changed", "commits": "commits", "pull_requests": "pull_requests",
    "compactions": "compactions", "active_seconds": "active_seconds", "score": "score",
}  # fmt: skip
"""What a list can be ordered by."""


def list_sessions(store: Store, scope: Scope) -> dict[str, Any]:
    """Sessions that were active in the window: began before its end, and ended after its start.

    Own parameters: search (the beginning of an id), order (a name of ORDERS, with a minus for falling; default the last
    begun first), limit and offset.

    Raises:
        QueryError, UnknownDimension: it names what there is not; the message lists what there is.
    """
    parameters: dict[str, Any] = {}
    chosen = WHOLE.replace("{where}", " and ".join(_conditions(store, scope, parameters)))
    order = scope.parameters.get("order", "-started_at")
    column = ORDERS.get(order.removeprefix("-"))
    if column is None:
        raise QueryError(f"sessions are not ordered by {order!r}", hint=f"orders are: {', '.join(ORDERS)}")
    limit = whole_number(scope.parameters, "limit", 1, MOST_SESSIONS) or _PAGE
    offset = whole_number(scope.parameters, "offset", 0, MOST_OFFSET) or 0
    sql = (
        f"select * from ({chosen}) whole\norder by {column} {'desc' if order.startswith('-') else 'asc'} nulls last, "  # noqa: S608
        f"started_at desc, session_id, agent\nlimit {limit} offset {offset}"
    )
    records = store.query(Statement(name="sessions", sql=sql, parameters=parameters)).records()
    if len(records) < limit and (records or not offset):
        total = offset + len(records)
    else:
        counted = f"select count(*) as n from ({chosen}) whole"  # noqa: S608 - fixed text
        total = int(store.query(Statement(name="sessions_in_all", sql=counted, parameters=parameters)).rows[0][0])
    rows = [session_row(record, scope) for record in records]
    models = _models(store, records)
    for row in rows:
        row["models"] = models.get((row["id"], row["agent"]), [])
    after = offset + len(rows)
    return {
        "sessions": rows,
        "total": total,
        "limit": limit,
        "offset": offset,
        "next_offset": after if rows and after < total else None,
        "order": order,
        "reasons": reasons_in(rows, scope),
    }


def _conditions(store: Store, scope: Scope, parameters: dict[str, Any]) -> list[str]:
    """On rows of `sessions s`. Adds what they bind to `parameters`."""
    conditions = ["s.counts"]
    conditions += overlapping(scope.window, parameters)
    for index, (name, values) in enumerate(scope.filters.items()):
        if name not in FILTERS:
            raise UnknownDimension(
                f"sessions cannot be chosen by {name!r}", hint=f"they can be by: {', '.join(FILTERS)}"
            )
        if name in _WHEN:
            continue
        column = f"s.{_OWN[name]}" if name in _OWN else f"r.{_WITHIN[name][1]}"
        text = among(column, values, parameters, f"c{index}")
        if name in _WITHIN:
            rows = " and ".join([text, *between("r.occurred_at", scope.window, parameters)])
            text = f"s.bucket in (select r.bucket from {_WITHIN[name][0]} r where {rows})"  # noqa: S608
        conditions.append(text)
    conditions += _active_then(store, scope, parameters)
    if search := scope.parameters.get("search"):
        parameters["search"] = search
        conditions.append(f"substring(s.session_id, 1, {len(search)}) = $search")
    return conditions


def _active_then(store: Store, scope: Scope, parameters: dict[str, Any]) -> list[str]:
    """That a session was active at all of those times of the week together: on Monday at nine, not on Monday and at nine.

    As the metric `sessions` counts it, so that a list is as long as the figure it was opened from.
    """
    query = Query(
        metrics=("sessions",),
        filters={name: values for name, values in scope.filters.items() if name in _WHEN},
        window=scope.window,
    )
    if not query.filters:
        return []
    bound: dict[str, Any] = {}
    local = local_time(scope.window, "hour", extent_of(store, query, [METRICS["sessions"]]), bound)
    then = " and ".join(filter_conditions("activity", query, local, bound))
    rows = activity(scope.window, bound, local, "hour")
    text = f"(s.session_id, s.agent) in (select session_id, agent from {rows} where {then})"  # noqa: S608 - ours
    parameters |= used(text, bound)
    return [text]


def _models(store: Store, records: list[dict[str, Any]]) -> dict[tuple[str, str], list[str]]:
    """The models of each session, the one with most requests first."""
    if not records:
        return {}
    parameters: dict[str, Any] = {f"s{index}": record["session_id"] for index, record in enumerate(records)}
    names = ", ".join(f"${name}" for name in parameters)
    parameters |= {"start": min(r["started_at"] for r in records), "end": max(r["ended_at"] for r in records)}
    sql = f"""
select r.session_id as session_id, r.agent as agent, r.model as model, count(*) as n from requests r
where r.session_id in ({names}) and r.occurred_at >= $start and r.occurred_at <= $end and r.model <> ''
group by r.session_id, r.agent, r.model order by n desc, model"""  # noqa: S608 - names of ours
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    rows = store.query(Statement(name="models_of_sessions", sql=sql, parameters=parameters)).rows
    for session, agent, model, _ in rows:
        if len(found[session, agent]) < _MOST_MODELS:
            found[session, agent].append(model)
    return found
