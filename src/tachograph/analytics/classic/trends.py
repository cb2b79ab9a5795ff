"""Which way it goes, and what the month will come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tachograph.analytics.classic.daily import Days, ask_days, why_null
from tachograph.analytics.classic.reasons import reasoned
from tachograph.analytics.classic.trend_words import trend_word
from tachograph.analytics.scope import Scope
from tachograph.ports import Store

__all__ = ["trends"]

METRICS: Final = ("cost_microusd", "total_tokens", "lines_added", "commits", "pull_requests", "users")

_FORECASTS: Final = {
    "cost": ("cost_microusd", 1e6),
    "commits": ("commits", 1.0),
    "pull_requests": ("pull_requests", 1.0),
    "lines_of_code": ("lines_added", 1.0),
}


def trends(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Directions over the window's whole days, and forecasts of the month that it ends in. Two statements."""
    days = ask_days(store, scope, METRICS)
    series = {
        "cost_trend": days.whole("cost_microusd"),
        "productivity_trend": days.whole("lines_added"),
        "token_efficiency_trend": _lines_per_token(days),
        "user_adoption_trend": days.whole("users"),
    }
    words = {name: trend_word(found) for name, found in series.items()}
    why = {name: reason or "" for name, (_, reason) in words.items()}
    forecasts = {name: days.forecast(metric, scale=scale) for name, (metric, scale) in _FORECASTS.items()}
    for name, told in forecasts.items():
        path = "forecasted_monthly_cost" if name == "cost" else f"forecasted_monthly_productivity.{name}"
        why |= {path: told.reason or "", **why_null(f"forecasts.{name}", told)}
    data = {
        "range": scope.parameters["period"],
        **{name: word for name, (word, _) in words.items()},
        "forecasted_monthly_cost": forecasts["cost"].value,
        "forecasted_monthly_productivity": {
            name: None if told.value is None else round(told.value)
            for name, told in forecasts.items()
            if name != "cost"
        },
        "forecasts": {name: told.details for name, told in forecasts.items()},
    }
    return reasoned(data, why)


def _lines_per_token(days: Days) -> list[tuple[Any, float]]:
    """Added lines by tokens, of the days with tokens."""
    lines = dict(days.whole("lines_added"))
    return [(day, lines.get(day, 0.0) / tokens) for day, tokens in days.whole("total_tokens") if tokens]
