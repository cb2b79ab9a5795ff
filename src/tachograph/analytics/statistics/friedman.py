"""Whether places in a round differ, such as days of a week: Friedman's test, ties included."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["chi_square_tail", "friedman"]


def friedman(rounds: Sequence[Sequence[float]]) -> tuple[float, float]:
    """The statistic and its p value, by the chi-square distribution.

    Each round is ranked by itself, so that a level that changes from round to round does not matter.

    Args:
        rounds: at least 2, all with the same number (odd, at least 3) of finite values, in the same order of places.

    Source: Friedman 1937; with ties Conover 1999, section 5.8.
    """
    places = len(rounds[0])
    sums = [0.0] * places
    squares = 0.0
    for values in rounds:
        for place, value in enumerate(values):
            below = sum(other < value for other in values)
            rank = below + (sum(other == value for other in values) + 1) / 2.0
            sums[place] += rank
            squares += rank * rank
    middle = len(rounds) * (places + 1) / 2.0
    spread = squares - len(rounds) * places * (places + 1) ** 2 / 4.0
    if spread <= 0.0:
        return 0.0, 1.0  # in every round all are equal
    statistic = (places - 1) * sum((total - middle) ** 2 for total in sums) / spread
    return statistic, chi_square_tail(statistic, places - 1)


def chi_square_tail(value: float, freedom: int) -> float:
    """The chance of a chi-square value above `value`, for an even number of degrees of freedom."""
    half, term, total = value / 2.0, 1.0, 1.0
    for k in range(1, freedom // 2):
        term *= half / k
        total += term
    return min(1.0, math.exp(-half) * total)
