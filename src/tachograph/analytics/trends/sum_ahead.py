"""What the days to come add up to: a level that follows slowly, weekday factors, and errors of the same kind made before.

Chosen by back-test on made-up histories; the constants are those of docs/decisions/trends.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from tachograph.analytics.statistics.normal import normal_quantile, t_quantile

__all__ = ["WARM_UP", "Ahead", "Outlook", "look_ahead", "seasonal_naive"]

WARM_UP = 14  # days before the first error is looked at
HALF_LIFE = 14.0  # days after which a day counts half for the level
BURST = 5.0  # a day above so many times what was expected moves the level no further
FACTOR_DAYS = 2.0  # so many average days stand beside those seen of each weekday
LASTING = 0.2  # how much errors of the level weigh beside errors of days, per day
SHARE = 0.2  # of the history that a stretch of errors is at most long
CAUTION = 16.0  # stretches after which half of the usual error is taken off


@dataclass(frozen=True, slots=True)
class Ahead:
    """A sum of days to come: what is expected, and between what it lies with the chance asked for."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is expected of each day to come, and how far sums of them were off before."""

    daily: tuple[float, ...]  # average days that each day to come is worth
    level: float  # of an average day
    scale: float  # size of an average day, for errors
    usual: float  # error to take off, in scaled units
    low: float  # of the interval, in scaled units
    high: float

    def sum_of(self, count: int) -> Ahead:
        """The first `count` of the days to come together."""
        return self._of(math.fsum(self.daily[:count]))

    def day_of(self, place: int) -> Ahead:
        """One of the days to come by itself, 0 the first."""
        return self._of(self.daily[place])

    def _of(self, worth: float) -> Ahead:
        size = self.scale * _growth(worth)
        expected = self.level * worth
        return Ahead(expected + self.usual * size, expected + self.low * size, expected + self.high * size)


def look_ahead(
    values: Sequence[float], weekday: int, ahead: int, *, first_share: float = 1.0, level: float = 0.8
) -> Outlook:
    """How the next `ahead` days look after these.

    Args:
        values: a value a day, at least WARM_UP + 1.
        weekday: of the first value, 0 Monday.
        ahead: how many days, at least 1.
        first_share: how much of the first day to come is still to come.
        level: chance that the interval holds the sum, in (0, 1).
    """
    n = len(values)
    factors = _factors(values, weekday)
    worth = [factors[(weekday + place) % 7] for place in range(n + ahead)]
    worth[n] *= first_share
    levels = _levels(values, worth)
    sums = [0.0, *accumulate(values)]
    worths = [0.0, *accumulate(worth)]
    size = math.fsum(abs(value) for value in values) / worths[n]
    stretch = max(1, min(ahead, int((n - WARM_UP) * SHARE)))
    errors = []
    for start in range(WARM_UP, n - stretch + 1):
        days = worths[start + stretch] - worths[start]
        scale = (abs(levels[start - 1]) + size) / 2.0 * _growth(days)
        if scale > 0.0:
            errors.append((sums[start + stretch] - sums[start] - levels[start - 1] * days) / scale)
    errors.sort()
    # Errors of overlapping stretches are worth no more than those of stretches side by side.
    stretches = max(1.0, (n - WARM_UP) / stretch)
    wider = t_quantile((1.0 + level) / 2.0, stretches) / normal_quantile((1.0 + level) / 2.0)
    wider *= math.sqrt(1.0 + 1.0 / stretches)
    middle = _quantile(errors, 0.5)
    usual = middle * stretches / (stretches + CAUTION)
    return Outlook(
        daily=tuple(worth[n:]),
        level=levels[-1],
        scale=(abs(levels[-1]) + size) / 2.0,
        usual=usual,
        low=usual + (_quantile(errors, (1.0 - level) / 2.0) - middle) * wider,
        high=usual + (_quantile(errors, (1.0 + level) / 2.0) - middle) * wider,
    )


def seasonal_naive(values: Sequence[float], ahead: int) -> float:
    """The next `ahead` days as the last week again and again: what a forecast has to be better than."""
    week = values[-7:]
    return math.fsum(week[place % len(week)] for place in range(ahead))


def _growth(worth: float) -> float:
    """How errors of a sum grow with its days: those of days by the root, those of the level with their number."""
    return math.sqrt(worth + LASTING * worth * worth)


def _factors(values: Sequence[float], weekday: int) -> list[float]:
    """What a day of each weekday is worth, in average days; drawn to 1 where few were seen. All 1 if any value is negative."""
    mean = math.fsum(values) / len(values)
    if mean <= 0.0 or min(values) < 0.0:
        return [1.0] * 7
    sums, counts = [FACTOR_DAYS * mean] * 7, [FACTOR_DAYS] * 7
    for place, value in enumerate(values):
        sums[(weekday + place) % 7] += value
        counts[(weekday + place) % 7] += 1.0
    factors = [total / (count * mean) for total, count in zip(sums, counts, strict=True)]
    whole = math.fsum(factors) / 7.0
    return [factor / whole for factor in factors]


def _levels(values: Sequence[float], worth: Sequence[float]) -> list[float]:
    """After each day the level of an average day. Bursts count in full, but evenly over the whole history."""
    keep = 0.5 ** (1.0 / HALF_LIFE)
    start = sum(values[:WARM_UP]) / sum(worth[:WARM_UP])
    least = 0.3 * start
    burst = BURST if min(values) >= 0.0 else math.inf
    weight = 7.0
    total = start * weight
    levels, clipped = [], 0.0
    for value, days in zip(values, worth, strict=False):
        level = total / weight
        most = burst * (level if level > least else least) * days
        seen = most if 0.0 < most < value else value
        clipped += seen
        total = keep * total + seen
        weight = keep * weight + days
        levels.append(total / weight)
    more = min(3.0, sum(values) / clipped) if burst < math.inf and clipped > 0.0 else 1.0
    return [level * more for level in levels] if more != 1.0 else levels


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The value that one more of the same kind is below with this chance; the ends where there are too few to tell."""
    if not ordered:
        return 0.0
    place = min(max(share * (len(ordered) + 1) - 1.0, 0.0), len(ordered) - 1.0)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
