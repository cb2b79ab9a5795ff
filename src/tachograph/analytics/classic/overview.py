"""The first look: how many sessions, which tools, what happened last; and any metric over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tachograph.analytics.classic.points import points_by_time
from tachograph.analytics.classic.reasons import reasoned
from tachograph.analytics.classic.rows import last_points
from tachograph.analytics.classic.selecting import conditions
from tachograph.analytics.classic.series import grain_of, moment_of
from tachograph.analytics.classic.sessions import NO_NAME, active_sql
from tachograph.analytics.classic.shares import percent, ratio
from tachograph.analytics.compile import answer
from tachograph.analytics.query import Query
from tachograph.analytics.scope import Scope
from tachograph.ports import Statement, Store

__all__ = ["overview", "timeline"]

TOP = 10  # tools that are listed

NO_POINTS = "there is no point in this time"
SEVERAL = "points of several metrics have no figure in common: ask for one with metric_name"
NONE_ENDED = "no session that began in this time has ended"

_SESSIONS: Final = """
select count(*) as n, sum(is_active) as active, sum(asked) as asked,
    sum(case when is_active = 0 then lasted end) as lasted_us
from (
    select session_id as id, max(case when session_id in ({active}) then 1 else 0 end) as is_active, sum(prompts) as asked,
        date_diff('microsecond', min(started_at), max(ended_at)) as lasted
    from sessions s where counts and {where} group by session_id
) chosen
"""


def overview(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Sessions that began in the window, tools that were called in it, and the last points. Three statements."""
    parameters: dict[str, Any] = {}
    where, active = conditions(scope, parameters, time="started_at"), active_sql(parameters, scope.now)
    sql = _SESSIONS.format(where=where, active=active)
    (row,) = store.query(Statement(name="overview", sql=sql, parameters=parameters)).records()
    calls = answer(
        store, Query(metrics=("tool_calls",), by=("tool",), filters=scope.filters, window=scope.window)
    ).records()
    calls.sort(key=lambda call: (-call["tool_calls"], str(call["tool"])))
    called = sum(call["tool_calls"] for call in calls)
    sessions, running = int(row["n"]), int(row["active"] or 0)
    data = {
        "total_sessions": sessions,
        "active_sessions": running,
        "total_commands": int(row["asked"] or 0),
        "avg_session_duration": ratio((row["lasted_us"] or 0) / 1e6, sessions - running),
        "top_tools": [
            {"name": call["tool"], "count": call["tool_calls"], "percentage": percent(call["tool_calls"], called)}
            for call in calls[:TOP]
        ],
        "recent_activity": last_points(store, scope),
    }
    return reasoned(data, {"avg_session_duration": NONE_ENDED, "top_tools.name": NO_NAME})


def timeline(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Points of metrics over time, and figures over all of them. Up to four statements; with `metric_name` one."""
    grain, name = grain_of(scope.window), scope.parameters.get("metric_name")
    points = points_by_time(store, scope, grain, name)
    values = [float(point["value"]) for point in points]
    is_one = len({point["name"] for point in points}) == 1
    reason = "" if is_one else SEVERAL if points else NO_POINTS
    moments = {key: moment_of(key, scope.window.zone) for key in {point["timestamp"] for point in points}}
    for point in points:
        point["timestamp"] = moments[point["timestamp"]]
    data = {
        "range": scope.parameters["period"],
        "summary": {
            "total_points": len(values),
            "avg_value": sum(values) / len(values) if is_one else None,
            "min_value": min(values) if is_one else None,
            "max_value": max(values) if is_one else None,
        },
    }
    why = {f"summary.{figure}_value": reason for figure in ("avg", "min", "max")}
    return {**reasoned(data, why), "points": points}  # of which nothing is null, and there are thousands
