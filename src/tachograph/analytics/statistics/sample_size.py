"""How many sessions a difference needs to be seen, and the smallest one that so many sessions could have shown.

Normal approximations, each held against simulations (docs/decisions/evals.md says how well they do).
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from tachograph.analytics.statistics.normal import normal_quantile
from tachograph.analytics.statistics.ratios import Pair, pooled, spread

__all__ = [
    "POWER",
    "detectable_factor",
    "detectable_ratio",
    "detectable_share",
    "detectable_superiority",
    "needed_for_ranks",
    "needed_for_ratios",
    "needed_for_shares",
    "needed_in_second",
    "plan_for_ranks",
    "plan_for_ratios",
]

Plan = Callable[[float], "int | None"]
"""From how many times as many the second group has, to the sessions needed in the first."""

POWER = 0.8
MOST = 10_000_000  # sessions; beyond, the answer is "no number worth waiting for"


def needed_for_shares(one: float, two: float, *, alpha: float, weight: float = 1.0, power: float = POWER) -> int | None:
    """Sessions in the first group so that Fisher's test sees these two shares; the second has `weight` times as many.

    None: the shares do not differ, or no number up to MOST is enough.

    Source: Casagrande, Pike and Smith 1978, with unequal groups as in Fleiss 1981, formulas 3.18 and 3.19.
    """
    gap = abs(two - one)
    if gap == 0.0:
        return None
    z_a, z_b = normal_quantile(1.0 - alpha / 2.0), normal_quantile(power)
    middle = (one + weight * two) / (1.0 + weight)
    plain = (
        z_a * math.sqrt((weight + 1.0) * middle * (1.0 - middle))
        + z_b * math.sqrt(weight * one * (1.0 - one) + two * (1.0 - two))
    ) ** 2 / (weight * gap * gap)
    corrected = plain / 4.0 * (1.0 + math.sqrt(1.0 + 2.0 * (weight + 1.0) / (weight * plain * gap))) ** 2
    return _whole(corrected)


def needed_for_ranks(
    one: Sequence[float], two: Sequence[float], *, alpha: float, weight: float = 1.0, power: float = POWER
) -> int | None:
    """Sessions in the first group so that Mann-Whitney's test sees a difference as large as between these two groups.

    Noether's way with the variance that the data show under the difference, not only the one under none.

    Source: Noether 1987, Journal of the American Statistical Association 82:645-647; variances of U from placements,
    Sen 1960 and DeLong et al. 1988.
    """
    return plan_for_ranks(one, two, alpha=alpha, power=power)(weight)


def plan_for_ranks(one: Sequence[float], two: Sequence[float], *, alpha: float, power: float = POWER) -> Plan:
    """The same for any weight: the groups are gone through once."""
    superiority, above, below = _placements(one, two)
    gap = abs(superiority - 0.5)
    spread_of_none = _null_variance(one, two, 1.0) / 2.0

    def needed(weight: float) -> int | None:
        if gap == 0.0:
            return None
        return _for_gap(gap, spread_of_none * (1.0 + 1.0 / weight), above + below / weight, alpha, power)

    return needed


def needed_for_ratios(
    one: Sequence[Pair], two: Sequence[Pair], *, alpha: float, weight: float = 1.0, power: float = POWER
) -> int | None:
    """Sessions in the first group so that two pooled ratios like these are told apart."""
    return plan_for_ratios(one, two, alpha=alpha, power=power)(weight)


def plan_for_ratios(one: Sequence[Pair], two: Sequence[Pair], *, alpha: float, power: float = POWER) -> Plan:
    """The same for any weight."""
    gap = abs(pooled(two) - pooled(one))
    of_one, of_two = spread(one) ** 2 * len(one), spread(two) ** 2 * len(two)

    def needed(weight: float) -> int | None:
        variance = of_one + of_two / weight
        return None if gap == 0.0 else _for_gap(gap, variance, variance, alpha, power)

    return needed


def needed_in_second(plan: Plan, n_1: int) -> int | None:
    """Sessions in the second group where the first stays at `n_1`; None: no number up to MOST is enough.

    Nobody can have more sessions of before a change, once it was made.
    """

    def enough(n_2: int) -> bool:
        needed = plan(n_2 / n_1)
        return needed is not None and needed <= n_1

    if not enough(MOST):
        return None
    low, high = 0, MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def detectable_share(one: float, n_1: int, n_2: int, *, alpha: float, up: bool, power: float = POWER) -> float | None:
    """The nearest second share that groups of this size would have told from the first; None: not even 0 or 1."""

    def enough(distance: float) -> bool:
        two = one + distance if up else one - distance
        needed = needed_for_shares(one, two, alpha=alpha, weight=n_2 / n_1, power=power)
        return needed is not None and needed <= n_1

    found = _least(enough, 1.0 - one if up else one)
    return None if found is None else (one + found if up else one - found)


def detectable_ratio(one: Sequence[Pair], two: Sequence[Pair], *, alpha: float, power: float = POWER) -> float:
    """The least distance of two pooled ratios that so many sessions would have shown."""
    reach = normal_quantile(1.0 - alpha / 2.0) + normal_quantile(power)
    return reach * math.hypot(spread(one), spread(two))


def detectable_factor(one: Sequence[float], n_2: int, *, alpha: float, up: bool, power: float = POWER) -> float | None:
    """The factor nearest to 1 by which the first group's values would have to be multiplied to be told from them.

    None: no factor does, because too many values are 0, or the groups are too small.
    """
    values = sorted(one)
    weight = n_2 / len(values)
    variance = _null_variance(values, values, weight)

    def enough(distance: float) -> bool:
        factor = 1.0 + distance if up else 1.0 - distance
        superiority = _scaled_superiority(values, factor)
        gap = abs(superiority - 0.5)
        needed = _for_gap(gap, variance, variance, alpha, power) if gap > 0.0 else None
        return needed is not None and needed <= len(values)

    found = _least(enough, 1000.0 if up else 1.0)
    return None if found is None else (1.0 + found if up else 1.0 - found)


def detectable_superiority(
    one: Sequence[float], two: Sequence[float], *, alpha: float, power: float = POWER
) -> float | None:
    """The least chance above one half, that a value of one group is the larger, that such groups would have shown.

    None: not even 1, because the groups are too small, or all values are the same.
    """
    reach = normal_quantile(1.0 - alpha / 2.0) + normal_quantile(power)
    found = 0.5 + reach * math.sqrt(_null_variance(one, two, len(two) / len(one)) / len(one))
    return found if 0.5 < found <= 1.0 else None


def _for_gap(gap: float, null: float, real: float, alpha: float, power: float) -> int | None:
    z_a, z_b = normal_quantile(1.0 - alpha / 2.0), normal_quantile(power)
    return _whole(((z_a * math.sqrt(null) + z_b * math.sqrt(real)) / gap) ** 2)


def _whole(number: float) -> int | None:
    return None if number > MOST else max(2, math.ceil(number))


def _least(enough: Callable[[float], bool], most: float) -> float | None:
    """The smallest distance up to `most` that is enough, to a thousandth of it."""
    if most <= 0.0 or not enough(most):
        return None
    low, high = 0.0, most
    while high - low > 1e-3 * high:
        middle = (low + high) / 2.0
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _null_variance(one: Sequence[float], two: Sequence[float], weight: float) -> float:
    """Of the superiority, times the sessions of the first group, where nothing differs; less where values are equal."""
    seen: dict[float, int] = {}
    n = len(one) + len(two)
    for value in (*one, *two):
        seen[value] = seen.get(value, 0) + 1
    ties = sum(count**3 - count for count in seen.values()) / (n**3 - n)
    return (1.0 + 1.0 / weight) / 12.0 * (1.0 - ties)


def _placements(one: Sequence[float], two: Sequence[float]) -> tuple[float, float, float]:
    """The superiority of the second group, and the variances of each group's placements within the other."""
    first, second = sorted(one), sorted(two)
    of_one = [1.0 - _below(second, value) for value in first]
    of_two = [_below(first, value) for value in second]
    superiority = math.fsum(of_two) / len(of_two)
    return superiority, _variance(of_one), _variance(of_two)


def _scaled_superiority(values: Sequence[float], factor: float) -> float:
    return math.fsum(_below(values, value * factor) for value in values) / len(values)


def _below(ordered: Sequence[float], value: float) -> float:
    """The share of values below this one, equal ones half."""
    return (bisect_left(ordered, value) + bisect_right(ordered, value)) / 2.0 / len(ordered)


def _variance(values: Sequence[float]) -> float:
    if len(values) < 2:
        return 0.25
    middle = math.fsum(values) / len(values)
    return math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1)
