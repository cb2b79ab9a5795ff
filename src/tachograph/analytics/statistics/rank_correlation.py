"""Spearman's rank correlation: whether two amounts rise and fall together, however unevenly."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["midranks", "spearman"]


def spearman(one: Sequence[float], two: Sequence[float]) -> float | None:
    """The correlation of ranks, -1 to 1; equal values share the mean of their ranks. None if either does not vary.

    Args:
        one, two: finite values of the same things in the same order.

    Source: Spearman 1904; with ties it is Pearson's correlation of the midranks.
    """
    n = len(one)
    if len(two) != n:
        raise ValueError("both need a value for everything")
    ranks_1, ranks_2 = midranks(one), midranks(two)
    middle = (n + 1) / 2.0
    spread_1 = math.fsum((rank - middle) ** 2 for rank in ranks_1)
    spread_2 = math.fsum((rank - middle) ** 2 for rank in ranks_2)
    if spread_1 == 0.0 or spread_2 == 0.0:
        return None
    together = math.fsum((a - middle) * (b - middle) for a, b in zip(ranks_1, ranks_2, strict=True))
    return max(-1.0, min(1.0, together / math.sqrt(spread_1 * spread_2)))


def midranks(values: Sequence[float]) -> list[float]:
    """The rank of each value, from 1; of equal ones the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in range(start, end + 1):
            ranks[order[place]] = (start + end) / 2.0 + 1.0
        start = end + 1
    return ranks
