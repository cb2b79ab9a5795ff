"""Figures day by day, with as much history as a forecast of the month's end takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from tachograph.analytics.compile import answer
from tachograph.analytics.query import Query
from tachograph.analytics.scope import Scope
from tachograph.analytics.trends.questions import Forecast, forecast_month_end
from tachograph.ports import Store

__all__ = ["Days", "Forecasted", "ask_days", "whole_days", "why_no_score"]

HISTORY: Final = timedelta(days=180)
_DAY: Final = timedelta(days=1)

Row = Mapping[str, Any]
Figure = Callable[[Row], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecasted:
    """What a month will come to."""

    value: float | None
    reason: str | None  # why it is null
    details: Mapping[str, Any] | None  # interval, level and how forecasts of the same kind did


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Rows by local day, with a row of zeros for each day from the first that has one."""

    rows: Sequence[tuple[date, Row]]
    first: date  # the first whole day of the window that was asked for
    today: date  # the day that the window's end is in: it has only begun
    left_of_today: float  # share of it that is still to come

    def series(self, of: Callable[[Row], float | None]) -> list[tuple[date, float]]:
        """A figure of the whole days of the window; days without it are left out."""
        return [
            (day, value) for day, row in self.rows if self.first <= day < self.today and (value := of(row)) is not None
        ]

    def month(self) -> list[tuple[date, Row]]:
        """The days of the month so far, the running one included."""
        return [(day, row) for day, row in self.rows if day.replace(day=1) == self.today.replace(day=1)]

    def forecast(self, of: Figure) -> Forecasted:
        """What a sum will come to at the month's end."""
        told = forecast_month_end(
            [(day, of(row)) for day, row in self.rows], self.today, left_of_today=self.left_of_today
        )
        if not isinstance(told, Forecast):
            return Forecasted(value=None, reason=told.reason, details=None)
        details = {
            "value": told.value,
            "low": told.low,
            "high": told.high,
            "level": told.level,
            "method": told.method,
            "score": told.score and told.score.as_json(),
        }
        return Forecasted(value=told.value, reason=None, details=details)


def ask_days(store: Store, scope: Scope, metrics: Sequence[str]) -> Days:
    """The metrics by day: of the window, and of HISTORY before its end. One statement."""
    window = scope.window
    end = window.end or scope.now
    local = window.zone.local_of(end).replace(tzinfo=None)
    first, today = whole_days(scope)
    history = window.zone.utc_of(datetime.combine(today, time()) - HISTORY)
    begin = history if window.start is None else min(window.start, history)
    asked = replace(window, start=begin, end=end)
    found = answer(store, Query(metrics=metrics, by=("day",), filters=scope.filters, window=asked)).records()
    by_day = {date.fromisoformat(row["day"]): row for row in found}
    empty = dict.fromkeys(metrics, 0)
    rows = []
    day = min(by_day, default=today)
    while day <= today and by_day:
        rows.append((day, by_day.get(day, empty)))
        day += _DAY
    return Days(
        rows=rows,
        first=first,
        today=today,
        left_of_today=1.0 - (local - datetime.combine(today, time())) / _DAY,
    )


def why_no_score(path: str, told: Forecasted) -> dict[str, str]:
    """Why figures of a forecast's back-test are null, by their paths; and that nothing is wrong where they are not."""
    score = (told.details or {}).get("score") or {}
    reason = score.get("reason") or ""
    return {f"{path}.coverage": reason, f"{path}.scaled_error": reason, f"{path}.reason": "the back-test has its score"}


def whole_days(scope: Scope) -> tuple[date, date]:
    """The first day of the zone that is wholly in the window, and the day after the last one."""
    zone, end = scope.window.zone, scope.window.end or scope.now
    after = zone.local_of(end).date()
    if scope.window.start is None:
        return date.min, after
    local = zone.local_of(scope.window.start).replace(tzinfo=None)
    return (local.date() if local.time() == time() else local.date() + _DAY), after
