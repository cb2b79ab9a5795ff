"""Whether a daily series rises or falls: by a test that knows weekdays and lasting moods, not by a fixed share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any, Literal

from tachograph.analytics.statistics.low_frequency import drift_test
from tachograph.analytics.statistics.theil_sen import slope_of
from tachograph.analytics.trends.series import Day, rank_within_weekdays
from tachograph.analytics.trends.too_few import too_few

__all__ = ["LEAST_DAYS", "LEVEL", "METHOD", "Direction", "Trend", "trend_of"]

LEVEL = 0.05  # chance of calling a series that only varies increasing or decreasing
LEAST_DAYS = 28
METHOD = "low-frequency t test of ranks within weekdays; Theil-Sen slope of weeks"

Direction = Literal["increasing", "decreasing", "stable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """How a daily series went."""

    direction: Direction | None  # None: not known
    reason: str | None  # why it is not known
    p_value: float | None
    days: int  # that it rests on
    slope_per_day: float | None = None  # in the metric's unit
    slope_low: float | None = None  # 95 % interval; None: no bound
    slope_high: float | None = None
    change_ratio: float | None = (
        None  # median week of the later half over that of the earlier one, less 1; None: that is 0
    )
    level: float = LEVEL
    method: str = METHOD

    def as_json(self) -> dict[str, Any]:
        """Its fields."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def trend_of(days: Sequence[Day], *, level: float = LEVEL) -> Trend:
    """The direction of a series of whole days, in order of time.

    Args:
        days: each day once. Days that are missing are unknown, not zero (see `fill_days`). The running day is not among them.
        level: chance of an alarm where nothing moves.
    """
    n = len(days)
    if n < LEAST_DAYS:
        return _unknown(n, too_few(n, "whole day", "to tell a direction", LEAST_DAYS))
    scores = rank_within_weekdays(days)
    tested = drift_test([score - 0.5 for score in scores])
    weeks = _weeks(days)
    slope, interval = slope_of(weeks, inflation=_inflation(weeks), freedom=len(weeks) - 2)
    half = len(weeks) // 2
    earlier, later = median(v for _, v in weeks[:half]), median(v for _, v in weeks[-half:])
    rising: Direction = "increasing" if tested.t > 0 else "decreasing"
    return Trend(
        direction=rising if tested.p <= level else "stable",
        reason=None,
        p_value=tested.p,
        days=n,
        slope_per_day=slope / 7.0,
        slope_low=interval.low / 7.0 if math.isfinite(interval.low) else None,
        slope_high=interval.high / 7.0 if math.isfinite(interval.high) else None,
        change_ratio=later / earlier - 1.0 if earlier > 0 else None,
        level=level,
    )


def _unknown(n: int, reason: str) -> Trend:
    return Trend(direction=None, reason=reason, p_value=None, days=n)


def _weeks(days: Sequence[Day]) -> list[tuple[float, float]]:
    """Mean of a day of each week that has any, counted back from the last day: its place, and the mean."""
    last = days[-1][0]
    weeks: dict[int, list[float]] = {}
    for day, value in days:
        weeks.setdefault(-((last - day).days // 7), []).append(value)
    whole = (last - days[0][0]).days % 7 == 6
    if not whole and len(weeks) > 4:  # the first one lacks days, and with them perhaps its weekend
        del weeks[min(weeks)]
    return [(float(place), math.fsum(values) / len(values)) for place, values in sorted(weeks.items())]


def _inflation(weeks: Sequence[tuple[float, float]]) -> float:
    """How much more Kendall's S of the weeks varies because neighbours are alike; 1 at least."""
    n = len(weeks)
    slope, _ = slope_of(weeks)
    rest = [value - slope * place for place, value in weeks]
    order = sorted(rest)
    ranks = [order.index(value) + (order.count(value) - 1) / 2.0 - (n - 1) / 2.0 for value in rest]
    whole = sum(rank * rank for rank in ranks)
    if n < 6 or whole == 0.0:
        return 1.0
    alike = sum(a * b for a, b in pairwise(ranks)) / whole
    return 1.0 + 2.0 * max(0.0, (n * alike + 1.0) / (n - 3.0)) * (n - 1) / n
