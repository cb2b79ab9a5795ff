"""Spearman's rank correlation: whether two amounts rise and fall together, however unevenly."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tachograph.analytics.statistics.ranks import midranks

__all__ = ["of_ranks", "spearman"]


def spearman(one: Sequence[float], two: Sequence[float]) -> float | None:
    """The correlation of ranks, -1 to 1; equal values share the mean of their ranks. None if either does not vary.

    Args:
        one, two: finite values of the same things in the same order.

    Source: Spearman 1904; with ties it is Pearson's correlation of the midranks.
    """
    return of_ranks(midranks(one), midranks(two))


def of_ranks(one: Sequence[float], two: Sequence[float]) -> float | None:
    """The same of midranks, for whoever compares many with one."""
    n = len(one)
    if len(two) != n:
        raise ValueError("both need a value for everything")
    middle = (n + 1) / 2.0
    off_1, off_2 = [rank - middle for rank in one], [rank - middle for rank in two]
    spread_1, spread_2 = sum([a * a for a in off_1]), sum([b * b for b in off_2])  # exact: halves and quarters
    if spread_1 == 0.0 or spread_2 == 0.0:
        return None
    together = sum([a * b for a, b in zip(off_1, off_2, strict=True)])
    return max(-1.0, min(1.0, together / math.sqrt(spread_1 * spread_2)))
