"""The bias-corrected and accelerated bootstrap of two independent groups. The seed is fixed: results repeat."""

from __future__ import annotations

import math
import random
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import TypeVar

from tachograph.analytics.statistics.interval import Interval
from tachograph.analytics.statistics.normal import normal_quantile, t_quantile

__all__ = ["bootstrap_bca", "mean", "mean_difference", "welch"]

Item = TypeVar("Item")

RESAMPLES = 1999
DRAWS = 4_000_000  # values drawn for one interval; above that the normal approximation is as good
_SEED = 20_261_120


def mean(values: Sequence[float]) -> float:
    """Of at least one value; the sum is exact."""
    return math.fsum(values) / len(values)


def bootstrap_bca(
    one: Sequence[Item],
    two: Sequence[Item],
    statistic: Callable[[Sequence[Item], Sequence[Item]], float],
    *,
    left_out: Callable[[Sequence[Item], Sequence[Item]], tuple[list[float], list[float]]] | None = None,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = _SEED,
) -> Interval:
    """An interval for any statistic of two groups that are drawn independently.

    Args:
        one, two: the groups, at least two items each; an item is a session, with all that is in it.
        statistic: of two groups.
        left_out: the statistic with each item of either group left out in turn, if there is a fast way to it.
        confidence: of the interval, in (0, 1).
        resamples: how many are drawn.
        seed: of what is drawn.

    Source: Efron 1987, Journal of the American Statistical Association 82:171-185; of two groups, Efron and Tibshirani
    1993, section 14.3.
    """
    observed = statistic(one, two)
    rng = random.Random(seed)
    n_1, n_2 = len(one), len(two)
    drawn = sorted(statistic(rng.choices(one, k=n_1), rng.choices(two, k=n_2)) for _ in range(resamples))
    if drawn[0] == drawn[-1]:
        return Interval(observed, observed)
    below = (bisect_left(drawn, observed) + bisect_right(drawn, observed)) / 2.0  # equal ones half
    bias = normal_quantile(min(max(below / resamples, 0.5 / resamples), 1.0 - 0.5 / resamples))
    acceleration = _acceleration(*(left_out or _leave_out(statistic))(one, two))
    ends = []
    for share in ((1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0):
        reach = bias + normal_quantile(share)
        place = 0.5 * math.erfc(-(bias + reach / (1.0 - acceleration * reach)) / math.sqrt(2.0))
        ends.append(_at(drawn, place))
    return Interval(*ends)


def mean_difference(one: Sequence[float], two: Sequence[float], confidence: float = 0.95) -> Interval:
    """The interval of the second group's mean less the first's: BCa, and Welch's where there are very many values."""
    if RESAMPLES * (len(one) + len(two)) > DRAWS:
        return welch(one, two, confidence)
    return bootstrap_bca(one, two, _difference, left_out=_means_left_out, confidence=confidence)


def welch(one: Sequence[float], two: Sequence[float], confidence: float = 0.95) -> Interval:
    """Welch's t interval of the difference of means. Source: Welch 1947."""
    parts = [_variance(values) / len(values) for values in (one, two)]
    difference = mean(two) - mean(one)
    whole = sum(parts)
    if whole == 0.0:
        return Interval(difference, difference)
    freedom = whole**2 / sum(p**2 / (len(v) - 1) for p, v in zip(parts, (one, two), strict=True))
    reach = t_quantile((1.0 + confidence) / 2.0, freedom) * math.sqrt(whole)
    return Interval(difference - reach, difference + reach)


def _difference(one: Sequence[float], two: Sequence[float]) -> float:
    return sum(two) / len(two) - sum(one) / len(one)


def _means_left_out(one: Sequence[float], two: Sequence[float]) -> tuple[list[float], list[float]]:
    first, second = math.fsum(one), math.fsum(two)
    n_1, n_2 = len(one), len(two)
    return (
        [second / n_2 - (first - value) / (n_1 - 1) for value in one],
        [(second - value) / (n_2 - 1) - first / n_1 for value in two],
    )


def _leave_out(
    statistic: Callable[[Sequence[Item], Sequence[Item]], float],
) -> Callable[[Sequence[Item], Sequence[Item]], tuple[list[float], list[float]]]:
    def each(one: Sequence[Item], two: Sequence[Item]) -> tuple[list[float], list[float]]:
        first, second = list(one), list(two)
        return (
            [statistic(first[:i] + first[i + 1 :], second) for i in range(len(first))],
            [statistic(first, second[:i] + second[i + 1 :]) for i in range(len(second))],
        )

    return each


def _acceleration(*groups: Sequence[float]) -> float:
    """From the influence of each item, by the jackknife; each group's items weigh by how few they are."""
    cubes = squares = 0.0
    for values in groups:
        n, middle = len(values), mean(values)
        influence = [(n - 1) * (middle - value) for value in values]
        cubes += math.fsum(i**3 for i in influence) / n**3
        squares += math.fsum(i**2 for i in influence) / n**2
    return cubes / (6.0 * squares**1.5) if squares > 0.0 else 0.0


def _at(drawn: Sequence[float], share: float) -> float:
    """The quantile of an ordered list, between its items where need be."""
    place = share * (len(drawn) + 1) - 1.0
    if not 0.0 < place < len(drawn) - 1:
        return drawn[0] if place <= 0.0 else drawn[-1]
    low = math.floor(place)
    return drawn[low] + (place - low) * (drawn[low + 1] - drawn[low])


def _variance(values: Sequence[float]) -> float:
    middle = mean(values)
    return math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1)
