"""Sessions one by one: a page of them, one of them, and what happened in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from tachograph.analytics.classic.reasons import reasoned
from tachograph.analytics.classic.selecting import conditions
from tachograph.analytics.running import running_sql
from tachograph.analytics.scope import NO_PEOPLE, Scope
from tachograph.analytics.windowed import used
from tachograph.ports import Statement, Store

__all__ = ["COMPLETED_REASONS", "NO_NAME", "active_sql", "list_sessions", "one_session"]

COMPLETED_REASONS: Final = ("clear", "resume", "logout", "prompt_input_exit")
"""Ends that a person chose. A session that a plugin reports as ended for any other reason was terminated."""

STILL_ACTIVE = "the session is active: it did something in the last 30 minutes, and no plugin reported its end since"
NO_NAME = "no source says which tool it was"

_WHY = {
    "user_id": "no source says who it was",
    "end_time": STILL_ACTIVE,
    "duration_seconds": STILL_ACTIVE,
    "tool_usage.tool_name": NO_NAME,
}

# A session that goes on after its records were deleted by age has several rows.
_CHOSEN = """
select session_id as id, min(user_id) as who, min(started_at) as began, max(ended_at) as ended, sum(prompts) as asked,
    max(exit_reason) as told_end, max(case when session_id in ({active}) then 1 else 0 end) as is_active
from sessions s where counts and {where} group by session_id
"""

_PAGE = """
select id, who, began, ended, asked, told_end, is_active, count(*) over () as total
from ({chosen}) chosen order by began desc, id limit {limit} offset {offset}
"""

_TOTAL = "select count(distinct session_id) from sessions where counts and {where}"

_TOOLS = """
select session_id, tool_name, count(*) as n
from tool_calls where session_id in ({ids}) and occurred_at >= $first and occurred_at <= $last
group by session_id, tool_name order by session_id, n desc, tool_name
"""


def list_sessions(store: Store, scope: Scope) -> Mapping[str, Any]:
    """A page of the sessions that began in the window, the latest first, with how many there are in all.

    Two statements; a third only for a page beyond the last. The scope's own parameters: `limit` (1 or more) and `offset`.
    """
    limit, offset = int(scope.parameters["limit"]), int(scope.parameters["offset"])
    parameters: dict[str, Any] = {}
    where, active = conditions(scope, parameters, time="started_at"), active_sql(parameters, scope.now)
    sql = _PAGE.format(chosen=_CHOSEN.format(where=where, active=active), limit=limit, offset=offset)
    rows = store.query(Statement(name="session_page", sql=sql, parameters=parameters)).records()
    if rows:
        total = int(rows[0]["total"])
    elif offset:
        ((total,),) = store.query(
            Statement(name="session_count", sql=(sql := _TOTAL.format(where=where)), parameters=used(sql, parameters))
        ).rows
    else:
        total = 0
    data = {
        "sessions": _shaped(store, scope, rows),
        "total_count": int(total),
        "page_info": {
            "has_next": offset + limit < total,
            "has_prev": offset > 0,
            "current_page": offset // limit + 1,
            "total_pages": -(-int(total) // limit),
        },
    }
    return reasoned(data, {f"sessions.{name}": reason for name, reason in _why(scope).items()})


def one_session(store: Store, scope: Scope) -> Mapping[str, Any]:
    """The `session` that the scope's filter names; null if there is none. Two statements."""
    parameters: dict[str, Any] = {}
    where, active = conditions(scope, parameters, time="started_at"), active_sql(parameters, scope.now)
    sql = _CHOSEN.format(where=where, active=active)
    rows = store.query(Statement(name="session", sql=sql, parameters=parameters)).records()
    found = _shaped(store, scope, rows)
    if not found:
        return {"session": None}
    (session, *_) = found
    return {"session": reasoned(session, _why(scope))}


def _why(scope: Scope) -> Mapping[str, str]:
    return _WHY if scope.compares_people else {**_WHY, "user_id": NO_PEOPLE}


def active_sql(parameters: dict[str, Any], now: datetime) -> str:
    """The ids of the sessions that are active, as a query. Adds what it binds to `parameters`."""
    return f"select session_id from ({running_sql(parameters, now)}) running_sessions"  # noqa: S608 - text of ours


def _status(row: Mapping[str, Any]) -> str:
    if row["is_active"]:
        return "Active"
    return "Completed" if row["told_end"] is None or row["told_end"] in COMPLETED_REASONS else "Terminated"


def _shaped(store: Store, scope: Scope, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if not rows:
        return []
    zone = scope.window.zone
    tools = _tools(store, rows)
    shaped = []
    for row in rows:
        status = _status(row)
        is_over = status != "Active"
        shaped.append(
            {
                "id": row["id"],
                "user_id": scope.person(row["who"]),
                "start_time": zone.as_text(row["began"]),
                "end_time": zone.as_text(row["ended"]) if is_over else None,
                "duration_seconds": int((row["ended"] - row["began"]).total_seconds()) if is_over else None,
                "command_count": int(row["asked"]),
                "tool_usage": tools[row["id"]],
                "status": status,
            }
        )
    return shaped


def _tools(store: Store, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """What was called in each of the sessions, most often first."""
    parameters: dict[str, Any] = {f"s{place}": row["id"] for place, row in enumerate(rows)}
    sql = _TOOLS.format(ids=", ".join(f"${name}" for name in parameters))
    parameters |= {"first": min(row["began"] for row in rows), "last": max(row["ended"] for row in rows)}
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for session, tool, count in store.query(Statement(name="session_tools", sql=sql, parameters=parameters)).rows:
        found[session].append({"tool_name": tool, "usage_count": int(count)})
    return found
