"""How far a month's money goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tachograph.analytics.trends.forecast import Forecast
from tachograph.analytics.trends.series import Day

__all__ = ["Crossing", "find_crossing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """The day on which a month's sum goes above its budget."""

    crossed_on: date | None = None  # it did
    expected_on: date | None = None  # it will, as is expected
    earliest_on: date | None = None  # at the upper end of the interval
    latest_on: date | None = None  # at the lower end
    reason: str | None = None  # why there is no expected day


def find_crossing(budget: float, month: list[Day], forecast: Forecast | None, reason: str | None) -> Crossing:
    """When the budget is used up.

    Args:
        budget: in the unit of the sums, above 0.
        month: the days of the month until now, in order, the running one with what is there so far.
        forecast: of the rest; None: there is none.
        reason: why there is none.
    """
    spent = 0.0
    for day, value in month:
        spent += value
        if spent > budget:
            return Crossing(crossed_on=day, reason="it is crossed already")
    if forecast is None:
        return Crossing(reason=reason)
    expected = next((point.day for point in forecast.path if point.value > budget), None)
    return Crossing(
        expected_on=expected,
        earliest_on=next((point.day for point in forecast.path if point.high > budget), None),
        latest_on=next((point.day for point in forecast.path if point.low > budget), None),
        reason=None if expected else "it is not expected to be crossed this month",
    )
