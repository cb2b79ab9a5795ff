"""Days that stand out: measured against their weekday and the weeks around them, by figures that they cannot move."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Literal

from tachograph.analytics.statistics.normal import t_quantile
from tachograph.analytics.trends.series import Day
from tachograph.analytics.trends.too_few import too_few

__all__ = ["ALARMS_PER_MONTH", "LEAST_DAYS", "METHOD", "Anomaly", "find_anomalies"]

ALARMS_PER_MONTH = 0.1  # false ones: one month in ten has one
LEAST_DAYS = 28
HIGH_SHARE = 0.8  # of the false alarms: what costs too much is what people look for
AROUND = 21  # days on each side that a day is measured against; where the later ones are missing, earlier ones
METHOD = "logarithm of a day over its weekday and the six weeks around it, against robust spread"
_FACTOR_DAYS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """A day that stands out."""

    day: date
    value: float
    expected: float  # of that weekday in those weeks
    limit: float  # what it went past
    direction: Literal["high", "low"]
    score: float  # distance in robust standard deviations
    is_running: bool  # the running day, which may become larger still


def find_anomalies(
    days: Sequence[Day], *, running: Day | None = None, is_sum: bool = True, alarms_per_month: float = ALARMS_PER_MONTH
) -> tuple[list[Anomaly], str | None]:
    """Days that stand out of a series of whole days, in order; and why they cannot be told.

    A day of nothing is a day off, never an anomaly.

    Args:
        days: each day once, in order of time.
        running: the day that is not over, and what is there so far: it can only be too high.
        is_sum: amounts, which vary by factors; else ratios and times, which vary by differences.
        alarms_per_month: false ones that are accepted in 30 days.
    """
    by_factor = is_sum and all(value >= 0.0 for _, value in days)
    seen = [(day, value) for day, value in days if value > 0.0 or not by_factor]
    if len(seen) < LEAST_DAYS:
        one, many = ("day with a value", "days with a value") if is_sum else ("whole day", "")
        return [], too_few(len(seen), one, "to tell which stands out", LEAST_DAYS, many=many)
    factors = _factors(days) if by_factor else [1.0] * 7
    looked_at = [*seen, running] if running is not None and (running[1] > 0.0 or not by_factor) else seen
    sizes = [math.log(v / factors[d.weekday()]) if by_factor else v for d, v in looked_at]
    usual = [_usual(sizes, place, len(seen)) for place in range(len(looked_at))]
    rest = [size - middle for size, middle in zip(sizes, usual, strict=True)]
    known = sorted(rest[: len(seen)])
    centre = median(known)
    up, down = _spread(known, centre, 1), _spread(known, centre, -1)
    freedom = max(4.0, len(seen) / 2.0)
    reach_up = up * t_quantile(1.0 - alarms_per_month / 30.0 * HIGH_SHARE, freedom)
    reach_down = down * t_quantile(1.0 - alarms_per_month / 30.0 * (1.0 - HIGH_SHARE), freedom)
    found = []
    for place, (day, value) in enumerate(looked_at):
        off, is_running = rest[place] - centre, place >= len(seen)
        spread, reach = (up, reach_up) if off > 0 else (down, reach_down)
        if abs(off) <= reach + 1e-9 * max(1.0, abs(sizes[place])) or (is_running and off < 0):
            continue
        middle, edge = usual[place] + centre, math.copysign(reach, off)
        factor = factors[day.weekday()]
        found.append(
            Anomaly(
                day=day,
                value=value,
                expected=math.exp(middle) * factor if by_factor else middle,
                limit=math.exp(middle + edge) * factor if by_factor else middle + edge,
                direction="high" if off > 0 else "low",
                score=off / spread if spread > 0.0 else math.copysign(math.inf, off),
                is_running=is_running,
            )
        )
    return found, None


def _usual(sizes: Sequence[float], place: int, known: int) -> float:
    """The median of the days around a day, itself left out."""
    first = max(0, min(place - AROUND, known - 2 * AROUND - 1))
    last = min(known, max(place + AROUND + 1, 2 * AROUND + 1))
    return median([*sizes[first : min(place, last)], *sizes[place + 1 : last]])


def _spread(ordered: Sequence[float], centre: float, side: int) -> float:
    """A standard deviation on one side of the centre, from quantiles that one day in ten cannot move."""
    quarter = ordered[round((len(ordered) - 1) * (0.5 + side * 0.25))]
    tenth = ordered[round((len(ordered) - 1) * (0.5 + side * 0.4))]
    return max(abs(quarter - centre) / 0.6745, abs(tenth - centre) / 1.2816)


def _factors(days: Sequence[Day]) -> list[float]:
    """What days of each weekday that have anything are worth: medians, drawn to all days' where few were seen."""
    all_of = median([value for _, value in days if value > 0.0])
    groups: list[list[float]] = [[] for _ in range(7)]
    for day, value in days:
        if value > 0.0:
            groups[day.weekday()].append(math.log(value / all_of))
    return [math.exp(median(group) * len(group) / (len(group) + _FACTOR_DAYS)) if group else 1.0 for group in groups]
