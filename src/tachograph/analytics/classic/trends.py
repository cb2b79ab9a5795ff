"""Which way it goes, and what the month will come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tachograph.analytics.classic.daily import ask_days, why_no_score
from tachograph.analytics.classic.reasons import reasoned
from tachograph.analytics.classic.trend_words import trend_word
from tachograph.analytics.scope import Scope
from tachograph.ports import Store

__all__ = ["trends"]

METRICS: Final = ("cost_microusd", "total_tokens", "lines_added", "commits", "pull_requests", "users")

Row = Mapping[str, Any]


def trends(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Directions over the window's whole days, and forecasts of the month that it ends in. One statement."""
    days = ask_days(store, scope, METRICS)
    why: dict[str, str] = {}
    directions = {}
    for name, figure in _TRENDS.items():
        directions[name], reason = trend_word(days.series(figure))
        why[name] = reason or ""
    forecasts = {name: days.forecast(figure) for name, figure in _SUMS.items()}
    for name, told in forecasts.items():
        path = "forecasted_monthly_cost" if name == "cost" else f"forecasted_monthly_productivity.{name}"
        why |= {path: told.reason or "", f"forecasts.{name}": told.reason or ""}
        why |= why_no_score(f"forecasts.{name}.score", told)
    data = {
        "range": scope.parameters["period"],
        **directions,
        "forecasted_monthly_cost": forecasts["cost"].value,
        "forecasted_monthly_productivity": {
            name: None if told.value is None else round(told.value)
            for name, told in forecasts.items()
            if name != "cost"
        },
        "forecasts": {name: told.details for name, told in forecasts.items()},
    }
    return reasoned(data, why)


def _lines_per_million_tokens(row: Row) -> float | None:
    return 1e6 * float(row["lines_added"]) / float(row["total_tokens"]) if row["total_tokens"] else None


def _of(metric: str, scale: float = 1.0) -> Callable[[Row], float]:
    return lambda row: float(row[metric]) / scale


_TRENDS: Final[Mapping[str, Callable[[Row], float | None]]] = {
    "cost_trend": _of("cost_microusd", 1e6),
    "productivity_trend": _of("lines_added"),
    "token_efficiency_trend": _lines_per_million_tokens,
    "user_adoption_trend": _of("users"),
}

_SUMS: Final[Mapping[str, Callable[[Row], float]]] = {
    "cost": _of("cost_microusd", 1e6),
    "commits": _of("commits"),
    "pull_requests": _of("pull_requests"),
    "lines_of_code": _of("lines_added"),
}
