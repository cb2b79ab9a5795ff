"""A trend as these answers write it: {"Increasing": percent}, {"Decreasing": percent} or "Stable"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tachograph.analytics.trends.questions import trend_of

__all__ = ["TrendWord", "trend_word"]

TrendWord = dict[str, float] | str | None

FROM_NOTHING = "it rose from nothing, so there is no percentage"


def trend_word(days: Sequence[tuple[date, float]]) -> tuple[TrendWord, str | None]:
    """The trend of a series of whole days in order, and why it is null if it is."""
    trend = trend_of(days)
    if trend.direction is None:
        return None, trend.reason
    if trend.direction == "stable":
        return "Stable", None
    if trend.change_ratio is None:
        return None, FROM_NOTHING
    return {trend.direction.capitalize(): abs(100.0 * trend.change_ratio)}, None
