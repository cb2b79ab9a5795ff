"""Whether days of the week differ, and what each is worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tachograph.analytics.statistics.friedman import friedman
from tachograph.analytics.trends.series import Day

__all__ = ["LEAST_WEEKS", "Weekdays", "weekdays_of"]

LEVEL = 0.05
LEAST_WEEKS = 4
METHOD = "Friedman's test of weekdays within weeks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekdays:
    """The pattern of a week."""

    is_seasonal: bool | None  # whether weekdays differ; None: not known
    reason: str | None  # why it is not known
    p_value: float | None
    factors: tuple[float | None, ...] | None  # Monday first: mean of that weekday over the mean of all
    weeks: int  # whole ones that it rests on
    level: float = LEVEL
    method: str = METHOD

    def as_json(self) -> dict[str, Any]:
        """Its fields."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def weekdays_of(days: Sequence[Day], *, level: float = LEVEL) -> Weekdays:
    """The pattern of a series of whole days, each once, in order of time; weeks with a day missing are left out."""
    weeks: dict[int, list[Day]] = {}
    for day, value in days:
        weeks.setdefault((days[-1][0] - day).days // 7, []).append((day, value))
    # Any seven days in a row are a week: always the same weekday first, because it is counted back from the last day.
    rounds = [[value for _, value in sorted(week)] for week in weeks.values() if len(week) == 7]
    count = len(rounds)
    if count < LEAST_WEEKS:
        reason = f"{count} whole weeks are too few to tell weekdays apart: it takes {LEAST_WEEKS}"
        return Weekdays(is_seasonal=None, reason=reason, p_value=None, factors=None, weeks=count)
    _, p = friedman(rounds)
    first = (days[-1][0].weekday() + 1) % 7
    means = [math.fsum(values[place] for values in rounds) / count for place in range(7)]
    mean = math.fsum(means) / 7.0
    factors = tuple(means[(weekday - first) % 7] / mean for weekday in range(7)) if mean > 0 else None
    return Weekdays(is_seasonal=p <= level, reason=None, p_value=p, factors=factors, weeks=count, level=level)
