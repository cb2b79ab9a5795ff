"""Two groups of amounts compared by rank: Mann-Whitney's test, exact where groups are small, with ties too."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from tachograph.analytics.statistics.normal import two_sided

__all__ = ["EXACT_UP_TO", "RankTest", "exact_tail", "mann_whitney", "midranks", "null_deviation", "smallest_rank_p"]

EXACT_UP_TO = 100  # sessions in both groups together: the exact distribution takes milliseconds up to here


@dataclass(frozen=True, slots=True, kw_only=True)
class RankTest:
    """What Mann-Whitney's test says."""

    u: float  # pairs in which the second group's value is larger, equal ones half
    superiority: float  # u over all pairs: the chance that a value of the second group is the larger one
    p: float  # two-sided
    exact: bool

    @property
    def cliffs_delta(self) -> float:
        """-1: all of the second group are smaller; 1: all are larger."""
        return 2.0 * self.superiority - 1.0


def mann_whitney(one: Sequence[float], two: Sequence[float]) -> RankTest:
    """Whether values of one group tend to be larger than those of the other.

    Exact over all divisions of the values at hand for up to EXACT_UP_TO of them, ties included (without ties that is the
    textbook distribution); else the normal approximation, with corrections for ties and continuity.

    Args:
        one, two: at least one finite value each.

    Source: Mann and Whitney 1947; for ties the permutation distribution of midranks, Lehmann 1975, section 1.4.
    """
    n_1, n_2 = len(one), len(two)
    doubled = _double_midranks([*one, *two])
    rank_sum = sum(doubled[n_1:])  # twice the rank sum of the second group
    twice_u = rank_sum - n_2 * (n_2 + 1)
    u = twice_u / 2.0
    deviation = abs(twice_u - n_1 * n_2) / 2.0
    if n_1 + n_2 <= EXACT_UP_TO:
        p = _exact_p(tuple(sorted(doubled)), n_2, rank_sum)
    else:
        spread = null_deviation(n_1, n_2, _ties(doubled))
        p = 1.0 if spread == 0.0 else min(1.0, two_sided(max(0.0, deviation - 0.5) / spread))
    return RankTest(u=u, superiority=u / (n_1 * n_2), p=p, exact=n_1 + n_2 <= EXACT_UP_TO)


def null_deviation(n_1: int, n_2: int, ties: Sequence[int] = ()) -> float:
    """The standard deviation of U where nothing differs; `ties` are how many values share each value."""
    n = n_1 + n_2
    tied = sum(t**3 - t for t in ties)
    return math.sqrt(n_1 * n_2 / 12.0 * ((n + 1) - tied / (n * (n - 1)))) if n > 1 else 0.0


def smallest_rank_p(one: Sequence[float], two: Sequence[float]) -> float:
    """The smallest p that any division of these very values into groups of these sizes could give."""
    together = sorted((*one, *two))
    n_1 = len(one)
    n_2 = len(two)
    return min(
        mann_whitney(together[:n_1], together[n_1:]).p,
        mann_whitney(together[n_2:], together[:n_2]).p,
    )


def exact_tail(n_1: int, n_2: int) -> list[float]:
    """P(U <= 0), P(U <= 1), … where nothing differs and no two values are equal."""
    low, counts = _sums(tuple(2 * rank for rank in range(1, n_1 + n_2 + 1)), n_2)
    del low
    whole, running, tail = math.comb(n_1 + n_2, n_2), 0, []
    for count in counts[::2]:  # twice a rank sum is even
        running += count
        tail.append(running / whole)
    return tail


def midranks(values: Sequence[float]) -> list[float]:
    """The rank of each value, from 1; of equal ones the mean of theirs."""
    return [rank / 2.0 for rank in _double_midranks(values)]


def _double_midranks(values: Sequence[float]) -> list[int]:
    """Twice the midrank of each value: whole numbers."""
    order = sorted(range(len(values)), key=values.__getitem__)
    doubled = [0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in range(start, end + 1):
            doubled[order[place]] = start + end + 2
        start = end + 1
    return doubled


def _ties(doubled: Sequence[int]) -> list[int]:
    seen: dict[int, int] = {}
    for rank in doubled:
        seen[rank] = seen.get(rank, 0) + 1
    return [count for count in seen.values() if count > 1]


def _exact_p(doubled: tuple[int, ...], n_2: int, rank_sum: int) -> float:
    """The chance of a rank sum at least as far from its mean as this one, over all divisions."""
    low, counts = _sums(doubled, n_2)
    whole = math.comb(len(doubled), n_2)
    twice_mean = n_2 * (len(doubled) + 1) * 2  # twice the mean of the doubled rank sum
    distance = abs(2 * rank_sum - twice_mean)
    far = sum(count for place, count in enumerate(counts) if abs(2 * (low + place) - twice_mean) >= distance)
    return far / whole


@lru_cache(maxsize=64)
def _sums(scores: tuple[int, ...], chosen: int) -> tuple[int, tuple[int, ...]]:
    """In how many ways `chosen` of the scores add up to each sum: the least sum, and the number for it and those after.

    A polynomial for each number of scores taken, held as one large whole number with a field for each sum, so that
    taking a score is a shift and an addition.
    """
    field = (math.comb(len(scores), chosen).bit_length() + 8) // 8  # bytes
    ways = [1] + [0] * chosen
    for taken, score in enumerate(scores, 1):
        for k in range(min(taken, chosen), max(0, chosen - (len(scores) - taken)) - 1, -1):
            if k:
                ways[k] += ways[k - 1] << (score * field * 8)
    low, high = sum(sorted(scores)[:chosen]), sum(sorted(scores)[len(scores) - chosen :])
    data = (ways[chosen] >> (low * field * 8)).to_bytes((high - low + 1) * field, "little")
    return low, tuple(int.from_bytes(data[i : i + field], "little") for i in range(0, len(data), field))
