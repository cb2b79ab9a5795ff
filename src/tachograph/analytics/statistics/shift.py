"""How far one group of amounts lies from another: the Hodges-Lehmann shift and its interval.

The estimate is the median of all differences between a value of the second group and one of the first; its interval
holds every shift that Mann-Whitney's test would not refuse.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tachograph.analytics.statistics.interval import Interval
from tachograph.analytics.statistics.normal import normal_quantile
from tachograph.analytics.statistics.ranks import EXACT_UP_TO, exact_tail, null_deviation

__all__ = ["Shift", "hodges_lehmann", "nth_difference"]

_ALL_PAIRS = 20_000  # up to so many differences are simply sorted


@dataclass(frozen=True, slots=True)
class Shift:
    """By how much the second group lies above the first."""

    estimate: float
    interval: Interval


def hodges_lehmann(one: Sequence[float], two: Sequence[float], confidence: float = 0.95) -> Shift:
    """The shift between two groups of at least one finite value each.

    Without ties the interval covers at least as often as it says, whatever the distribution; ties make it wider. Where
    groups are too small for that confidence its ends are infinite.

    Source: Hodges and Lehmann 1963; Moses' interval as in Hollander and Wolfe 1973, section 4.3.
    """
    first, second = sorted(one), sorted(two)
    pairs = len(first) * len(second)
    middle = (pairs + 1) // 2
    cut = _cut(len(first), len(second), confidence)
    wanted = {middle, pairs + 1 - middle} | ({cut, pairs + 1 - cut} if cut else set())
    found = _nth_differences(first, second, sorted(wanted))
    estimate = (found[middle] + found[pairs + 1 - middle]) / 2.0
    interval = Interval(found[cut], found[pairs + 1 - cut]) if cut else Interval(-math.inf, math.inf)
    return Shift(estimate, interval)


def nth_difference(one: Sequence[float], two: Sequence[float], n: int) -> float:
    """The n-th smallest (from 1) of all differences of a value of `two` less one of `one`."""
    return _nth_differences(sorted(one), sorted(two), [n])[n]


def _cut(n_1: int, n_2: int, confidence: float) -> int:
    """Which difference, counted from either end, the interval begins with; 0: the groups are too small for any."""
    tail = (1.0 - confidence) / 2.0
    if n_1 + n_2 <= EXACT_UP_TO:
        return sum(1 for chance in exact_tail(n_1, n_2) if chance <= tail)
    reach = normal_quantile(1.0 - tail) * null_deviation(n_1, n_2)
    return max(0, math.floor(n_1 * n_2 / 2.0 - reach + 0.5))


def _nth_differences(first: list[float], second: list[float], places: Sequence[int]) -> dict[int, float]:
    """Differences by their place in order, both lists sorted; time grows with the lists, not with their product."""
    if len(first) * len(second) <= _ALL_PAIRS:
        every = sorted(b - a for a in first for b in second)
        return {place: every[place - 1] for place in places}
    return {place: _select(first, second, place) for place in places}


def _select(first: list[float], second: list[float], place: int) -> float:
    """The difference at one place: a search between two differences, half of its guesses by how many lie below."""
    low, high = second[0] - first[-1], second[-1] - first[0]
    below, upto = 0, len(first) * len(second)
    interpolates = True
    while low < high:
        share = (place - below) / (upto - below) if interpolates else 0.5
        interpolates = not interpolates
        guess = low + (high - low) * share
        if not low <= guess < high:
            guess = low
        count, largest, next_one = _at_most(first, second, guess)
        if count >= place:
            high, upto = largest, count
        else:
            low, below = next_one, count
    return low


def _at_most(first: list[float], second: list[float], bound: float) -> tuple[int, float, float]:
    """How many differences are at most `bound`, the largest of them, and the smallest of the others."""
    count, largest, next_one = 0, -math.inf, math.inf
    place, last = 0, len(second)
    for a in first:  # the larger `a` is, the more of `second` are within reach
        while place < last and second[place] - a <= bound:
            place += 1
        count += place
        if place and second[place - 1] - a > largest:
            largest = second[place - 1] - a
        if place < last and second[place] - a < next_one:
            next_one = second[place] - a
    return count, largest, next_one
