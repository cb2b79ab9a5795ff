"""The head of the dashboard: four figures with their change, and when in the week there is how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from tachograph.analytics.classic.reasons import reasoned
from tachograph.analytics.classic.shares import change
from tachograph.analytics.compile import answer
from tachograph.analytics.query import Query, Window
from tachograph.analytics.scope import Scope
from tachograph.ports import Store
from tachograph_sdk.errors import BadWindow

__all__ = ["kpis", "usage_heatmap"]

NOTHING_BEFORE = "nothing in the time before, so there is nothing to compare with"

_KPIS = {
    "today_sessions": "sessions",
    "total_tokens": "total_tokens",
    "total_cost": "cost_microusd",
    "lines_of_code": "lines_added",
}


def kpis(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Sessions, tokens, cost and added lines, each with its change against the window before. Two statements."""
    metrics = tuple(_KPIS.values())
    now, before = (
        answer(store, Query(metrics=metrics, filters=scope.filters, window=window)).records()[0]
        for window in (scope.window, _before(scope.window))
    )
    figures: dict[str, Any] = {}
    for name, metric in _KPIS.items():
        figures[name] = now[metric] / 1e6 if metric == "cost_microusd" else now[metric]
        figures[f"{name}_change"] = change(now[metric], before[metric])
    why = {f"{name}_change": NOTHING_BEFORE for name in _KPIS}
    return reasoned({**figures, "period": scope.parameters["period"]}, why)


def usage_heatmap(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Tokens and sessions by weekday and hour of the zone: 168 cells, Sunday first. One statement."""
    query = Query(
        metrics=("sessions", "total_tokens"),
        by=("weekday", "hour_of_day"),
        filters=scope.filters,
        window=scope.window,
    )
    found = {
        (row["weekday"] % 7, row["hour_of_day"]): (row["sessions"], row["total_tokens"])
        for row in answer(store, query).records()
    }
    most = max((tokens for _, tokens in found.values()), default=0)
    cells = []
    for day in range(7):
        for hour in range(24):
            sessions, tokens = found.get((day, hour), (0, 0))
            cells.append(
                {
                    "hour": hour,
                    "day_of_week": day,
                    "intensity": tokens / most if most else 0.0,
                    "session_count": sessions,
                    "token_count": tokens,
                }
            )
    return reasoned({"timezone": scope.window.zone.name, "heatmap": cells}, {})


def _before(window: Window) -> Window:
    """As long, and ends where this one begins."""
    if window.start is None or window.end is None:
        raise BadWindow("there is no time before one without an end", hint="give start_time and end_time, or a range")
    try:
        start = window.start - (window.end - window.start)
    except OverflowError:
        start = datetime.min  # noqa: DTZ901 - UTC, as stores keep times
    return replace(window, start=start, end=window.start)
