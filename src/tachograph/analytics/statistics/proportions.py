"""Two shares of independent yes-or-no outcomes: Fisher's exact test, intervals, effect sizes."""

from __future__ import annotations

import math

from tachograph.analytics.statistics.interval import Interval
from tachograph.analytics.statistics.normal import normal_quantile

__all__ = ["cohens_h", "fisher_exact", "hybrid", "newcombe", "smallest_fisher_p", "wilson", "wilson_at"]

_SAME = 1e-7  # two tables whose chances differ by less, relatively, are equally likely: the rest is rounding


def fisher_exact(yes_1: int, n_1: int, yes_2: int, n_2: int) -> float:
    """Two-sided p: the chance of a table at most as likely as this one, its margins given.

    Args:
        yes_1, n_1: outcomes and sessions of the first group, 0 <= yes_1 <= n_1.
        yes_2, n_2: of the second.

    Source: Fisher 1935; the two-sided rule is the one of R and scipy.
    """
    low, logs = _hypergeometric(yes_1 + yes_2, n_1, n_2)
    observed = logs[yes_1 - low]
    top = max(logs)
    whole = math.fsum(math.exp(each - top) for each in logs)
    part = math.fsum(math.exp(each - top) for each in logs if each <= observed + _SAME)
    return min(1.0, part / whole)


def smallest_fisher_p(yes: int, n_1: int, n_2: int) -> float:
    """The smallest p that any division of `yes` outcomes over groups of these sizes could give."""
    low, logs = _hypergeometric(yes, n_1, n_2)
    return min(fisher_exact(first, n_1, yes - first, n_2) for first in (low, low + len(logs) - 1))


def _hypergeometric(yes: int, n_1: int, n_2: int) -> tuple[int, list[float]]:
    """The least possible outcomes in the first group, and the logarithm of each number's chance from there on.

    Up to a constant: by the ratio of neighbours, which keeps 14 digits where differences of log-gammas would not.
    """
    low, high = max(0, yes - n_2), min(yes, n_1)
    logs = [0.0]
    for k in range(low, high):
        logs.append(logs[-1] + math.log((n_1 - k) * (yes - k)) - math.log((k + 1) * (n_2 - yes + k + 1)))
    return low, logs


def wilson(share: float, n: float, confidence: float = 0.95) -> Interval:
    """The score interval of one share; `n` may be an effective number that is not whole.

    Source: Wilson 1927.
    """
    z = normal_quantile(0.5 + confidence / 2.0)
    return wilson_at(share, n, z)


def wilson_at(share: float, n: float, z: float) -> Interval:
    """The same for a given quantile."""
    if n <= 0:
        return Interval(0.0, 1.0)
    middle = share + z * z / (2.0 * n)
    reach = z * math.sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n))
    below = 1.0 + z * z / n
    return Interval(max(0.0, (middle - reach) / below), min(1.0, (middle + reach) / below))


def newcombe(yes_1: int, n_1: int, yes_2: int, n_2: int, confidence: float = 0.95) -> Interval:
    """The hybrid score interval of share 2 less share 1: good from small groups on, and never beyond -1 and 1.

    Source: Newcombe 1998, method 10, Statistics in Medicine 17:873-890.
    """
    first, second = wilson(yes_1 / n_1, n_1, confidence), wilson(yes_2 / n_2, n_2, confidence)
    return hybrid(yes_1 / n_1, first, yes_2 / n_2, second)


def hybrid(one: float, around_one: Interval, two: float, around_two: Interval) -> Interval:
    """The interval of `two - one` from an interval of each: variances recovered from the ends that matter."""
    difference = two - one
    low = difference - math.hypot(two - around_two.low, around_one.high - one)
    high = difference + math.hypot(around_two.high - two, one - around_one.low)
    return Interval(low, high)


def cohens_h(one: float, two: float) -> float:
    """The distance of two shares on the arcsine scale: 0.2 is small, 0.5 medium, 0.8 large. Source: Cohen 1988."""
    return 2.0 * math.asin(math.sqrt(two)) - 2.0 * math.asin(math.sqrt(one))
