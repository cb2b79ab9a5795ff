"""A value a day, and what to do with days that are not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["DailySeries", "Day", "fill_days", "rank_within_weekdays"]

Day = tuple[date, float]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DailySeries:
    """One metric of whole days, in order; and of the running day what is there so far."""

    metric: str
    unit: str
    days: tuple[Day, ...]  # whole ones; of a sum every one from the first on, of a ratio only those that have it
    today: date  # the running day, or the last one where the time ends with it
    so_far: float  # of that day
    left_of_today: float  # share of a usual day that comes after this hour, 0 to 1
    is_sum: bool  # days can be added up

    @property
    def with_today(self) -> tuple[Day, ...]:
        """Each day once, today last with what it has so far; a day that is over stands among the whole ones already."""
        is_over = bool(self.days) and self.days[-1][0] == self.today
        return self.days if is_over else (*self.days, (self.today, self.so_far))


def fill_days(known: Mapping[date, float], first: date, last: date) -> list[Day]:
    """Every day from the first to the last, both included; a day that is not known is a day of nothing."""
    count = (last - first).days + 1
    return [(day, known.get(day, 0.0)) for day in (first + n * ONE_DAY for n in range(count))]


def rank_within_weekdays(days: Sequence[Day]) -> list[float]:
    """Of each day the share of days of the same weekday that it is above, 0 to 1, equal ones half.

    Without the weekday's pattern and without long tails, whatever the pattern is like.
    """
    groups: dict[int, list[float]] = {}
    for day, value in days:
        groups.setdefault(day.weekday(), []).append(value)
    scores = []
    for day, value in days:
        group = groups[day.weekday()]
        below, equal = sum(other < value for other in group), sum(other == value for other in group)
        scores.append((below + equal / 2.0) / len(group))
    return scores
