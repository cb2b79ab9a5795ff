"""The head of the dashboard: four figures with their change, and when in the week there is how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tachograph.analytics.classic.reasons import reasoned
from tachograph.analytics.classic.shares import change
from tachograph.analytics.compare import window_before
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
    now = _figures(store, scope, scope.window)
    before = _figures(store, scope, earlier) if (earlier := _before(scope)) else dict.fromkeys(now, 0)
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


def _figures(store: Store, scope: Scope, window: Window) -> dict[str, Any]:
    query = Query(metrics=tuple(_KPIS.values()), filters=scope.filters, window=window)
    return answer(store, query).records()[0]


def _before(scope: Scope) -> Window | None:
    """The window before; None where the calendar has none."""
    try:
        return window_before(scope.window, now=scope.now)
    except BadWindow:
        return None
