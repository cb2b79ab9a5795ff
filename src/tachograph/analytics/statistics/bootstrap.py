"""The studentized bootstrap: intervals that cover what they say where amounts are skewed. The seed is fixed.

Of two groups that are drawn independently, for any figure that comes with a variance.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from tachograph.analytics.statistics.interval import Interval
from tachograph.analytics.statistics.normal import t_quantile

__all__ = ["mean", "mean_difference", "studentized", "welch"]

Item = TypeVar("Item")

RESAMPLES = 1999
DRAWS = 4_000_000  # values drawn for one interval; with more of them the normal approximation is as good
_SEED = 20_261_120


def mean(values: Sequence[float]) -> float:
    """Of at least one value; the sum is exact."""
    return math.fsum(values) / len(values)


def studentized(
    one: Sequence[Item],
    two: Sequence[Item],
    summary: Callable[[Sequence[Item]], tuple[float, float]],
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = _SEED,
) -> Interval:
    """The interval of the second group's figure less the first's.

    As far on either side of the difference as resampled differences lie from it, in standard errors: on both sides the
    same, because the two tails of few skewed values cannot be told apart. Infinite where most resamples do not vary.

    Args:
        one, two: the groups, at least two items each; an item is a session, with all that is in it.
        summary: of a group, its figure and the variance of that figure.
        confidence: of the interval, in (0, 1).
        resamples: how many are drawn.
        seed: of what is drawn.

    Source: Hall 1988, The Annals of Statistics 16:927-953 (the symmetric percentile-t interval).
    """
    rng = random.Random(seed)
    (figure_1, variance_1), (figure_2, variance_2) = summary(one), summary(two)
    difference, error = figure_2 - figure_1, math.sqrt(variance_1 + variance_2)
    if error == 0.0:
        return Interval(difference, difference)
    n_1, n_2 = len(one), len(two)
    distances = []
    for _ in range(resamples):
        drawn_1, varied_1 = summary(rng.choices(one, k=n_1))
        drawn_2, varied_2 = summary(rng.choices(two, k=n_2))
        off, varied = abs(drawn_2 - drawn_1 - difference), varied_1 + varied_2
        distances.append(off / math.sqrt(varied) if varied > 0.0 else (math.inf if off > 0.0 else 0.0))
    distances.sort()
    reach = distances[min(resamples, math.ceil(confidence * (resamples + 1))) - 1] * error
    return Interval(difference - reach, difference + reach)


def mean_difference(one: Sequence[float], two: Sequence[float], confidence: float = 0.95) -> Interval:
    """The interval of the second group's mean less the first's; Welch's where there are very many values."""
    if RESAMPLES * (len(one) + len(two)) > DRAWS:
        return welch(one, two, confidence)
    return studentized(one, two, _mean_and_variance, confidence=confidence)


def welch(one: Sequence[float], two: Sequence[float], confidence: float = 0.95) -> Interval:
    """Welch's t interval of the difference of means. Source: Welch 1947."""
    (mean_1, variance_1), (mean_2, variance_2) = _mean_and_variance(one), _mean_and_variance(two)
    difference, whole = mean_2 - mean_1, variance_1 + variance_2
    if whole == 0.0:
        return Interval(difference, difference)
    freedom = whole**2 / (variance_1**2 / (len(one) - 1) + variance_2**2 / (len(two) - 1))
    reach = t_quantile((1.0 + confidence) / 2.0, freedom) * math.sqrt(whole)
    return Interval(difference - reach, difference + reach)


def _mean_and_variance(values: Sequence[float]) -> tuple[float, float]:
    """The mean, and the variance of the mean."""
    n = len(values)
    middle = sum(values) / n
    return middle, sum([(value - middle) ** 2 for value in values]) / (n * (n - 1))
