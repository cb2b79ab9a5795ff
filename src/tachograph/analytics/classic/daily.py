"""Figures day by day, with as much history as a forecast of the month's end takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, Final

from tachograph.analytics.scope import Scope
from tachograph.analytics.trends.daily import ask_series, moment_of
from tachograph.analytics.trends.forecast import MOST_DAYS
from tachograph.analytics.trends.questions import Forecast, forecast_month_end
from tachograph.analytics.trends.series import DailySeries
from tachograph.ports import Store

__all__ = ["Days", "Forecasted", "ask_days", "whole_days", "why_null"]

_MOST: Final = 3660  # days that are looked at, however long the window is
_DAY: Final = timedelta(days=1)
_SCORE: Final = ("forecasts", "days_ahead", "coverage", "scaled_error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecasted:
    """What a month will come to."""

    value: float | None
    reason: str | None  # why it is null
    details: Mapping[str, Any] | None  # interval, level and how forecasts of the same kind did
    no_score: str = ""  # why it is not known how they did


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Metrics by day of the zone."""

    series: Mapping[str, DailySeries]
    first: date  # the day in which the window begins
    today: date  # the day of its last moment

    def whole(self, metric: str) -> list[tuple[date, float]]:
        """The window's days that are over, from the first of which anything is known."""
        return [(day, value) for day, value in self.series[metric].days if day >= self.first]

    def month(self, metric: str) -> dict[date, float]:
        """The days of the month so far, the running one included."""
        found = self.series[metric]
        month = self.today.replace(day=1)
        return {day: value for day, value in found.with_today if day >= month}

    def forecast(self, metric: str, *, scale: float = 1.0) -> Forecasted:
        """What a sum will come to at the month's end, divided by `scale`."""
        found = self.series[metric]
        days = [(day, value / scale) for day, value in found.with_today]
        told = forecast_month_end(days, found.today, left_of_today=found.left_of_today)
        if not isinstance(told, Forecast):
            return Forecasted(value=None, reason=told.reason, details=None)
        details = {
            "value": told.value,
            "low": told.low,
            "high": told.high,
            "level": told.level,
            "method": told.method,
            "score": told.score and {name: getattr(told.score, name) for name in _SCORE},
        }
        no_score = (told.score and told.score.reason) or ""
        return Forecasted(value=told.value, reason=None, details=details, no_score=no_score)


def ask_days(store: Store, scope: Scope, metrics: Sequence[str]) -> Days:
    """The metrics by day: of the window, and of what a forecast takes before its end. Two statements."""
    today = moment_of(scope).today
    start = scope.window.start
    first = today - MOST_DAYS * _DAY if start is None else scope.window.zone.local_of(start).date()
    days = min(_MOST, max(MOST_DAYS, (today - first).days))
    return Days(series=ask_series(store, scope, metrics, days=days), first=first, today=today)


def why_null(path: str, told: Forecasted) -> dict[str, str]:
    """Why the details of a forecast are null, or figures of its back-test, by their paths."""
    reason = told.reason or ""
    return {path: reason, f"{path}.score.coverage": told.no_score, f"{path}.score.scaled_error": told.no_score}


def whole_days(scope: Scope) -> tuple[date, date]:
    """The first day of the zone that is wholly in the window, and the day after the last one."""
    moment = moment_of(scope)
    after = moment.today + _DAY if moment.is_over else moment.today
    if scope.window.start is None:
        return date.min, after
    local = scope.window.zone.local_of(scope.window.start).replace(tzinfo=None)
    return (local.date() if local.time() == time() else local.date() + _DAY), after
