"""Whether a series drifts, where values that lie near each other are alike: only its slow movements are looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from tachograph.analytics.statistics.normal import beta_tail

__all__ = ["DriftTest", "drift_test"]


class DriftTest:
    """How far the linear drift stands out from the other slow movements: Student's t with `freedom` degrees."""

    __slots__ = ("freedom", "p", "t")

    def __init__(self, t: float, freedom: int) -> None:
        self.t = t
        self.freedom = freedom
        self.p = beta_tail(freedom / 2.0, 0.5, freedom / (freedom + t * t)) if math.isfinite(t) else 0.0


def drift_test(scores: Sequence[float]) -> DriftTest:
    """The series against a straight line: its weight, over that of so many slow cosines that have no straight line in them.

    Noise with memory moves slowly by itself; a line is news only if it is larger than such movements. The number of
    cosines, 0.8 times the root of the length, was chosen by simulation (docs/decisions/trends.md).

    Args:
        scores: at least 8 finite values in order of time, best free of long tails (ranks).

    Source: Müller and Watson 2008, Econometrica 76:979-1016; the choice of few cosines and Student's t:
    Lazarus, Lewis, Stock and Watson 2018, Journal of Business & Economic Statistics 36:541-559.
    """
    count = max(3, round(0.8 * math.sqrt(len(scores))))
    line, *slow = [
        math.fsum(a * b for a, b in zip(shape, scores, strict=True)) for shape in _shapes(len(scores), count)
    ]
    # Of values that do not move the dust of rounding is left: less than this is nothing.
    dust = 1e-20 * math.fsum(score * score for score in scores)
    noise = math.fsum(weight * weight for weight in slow) / count
    if noise <= dust:
        return DriftTest(math.copysign(math.inf, line) if line * line > dust else 0.0, count)
    return DriftTest(line / math.sqrt(noise), count)


@lru_cache(maxsize=64)
def _shapes(length: int, count: int) -> tuple[tuple[float, ...], ...]:
    """The straight line and `count` cosines, each of length 1 and at right angles to those before and to a constant."""
    middle = (length - 1) / 2.0
    wanted = [[1.0] * length, [i - middle for i in range(length)]]
    wanted += [[math.cos(math.pi * j * (i + 0.5) / length) for i in range(length)] for j in range(2, count + 2)]
    made: list[tuple[float, ...]] = []
    for shape in wanted:
        for other in made:
            shared = math.fsum(a * b for a, b in zip(other, shape, strict=True))
            shape = [b - shared * a for a, b in zip(other, shape, strict=True)]
        size = math.sqrt(math.fsum(x * x for x in shape))
        made.append(tuple(x / size for x in shape))
    return tuple(made[1:])
