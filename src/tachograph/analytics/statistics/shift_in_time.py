"""Where a series shifts, if it does: the largest weighted CUSUM, against what blocks in any other order give."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

__all__ = ["Shift", "find_shift"]

RESAMPLES = 499
_SEED = 20_261_120


@dataclass(frozen=True, slots=True)
class Shift:
    """The best place to cut a series in two, and how often chance gives as good a cut."""

    at: int  # index of the first value after it
    p: float


def find_shift(
    scores: Sequence[float], *, block: int, margin: int, resamples: int = RESAMPLES, seed: int = _SEED
) -> Shift:
    """The cut with the largest difference in its own standard errors, and its p value over orders of whole blocks.

    Values that lie near each other stay together in their block, so that a run of alike values is no shift by itself.
    What does not fill a block stays at the beginning or the end. The seed is fixed.

    Args:
        scores: finite, in order of time, best free of long tails (ranks); at least 2 * margin.
        block: length of a block, in values; a week, so that a weekday stays in its place.
        margin: how many values there are at least on each side of a cut.

    Source: the weighted CUSUM: Csörgő and Horváth 1997, chapter 2; permuting blocks: Kirch 2007, Statistics &
    Decisions 25:1-26.
    """
    n = len(scores)
    middle = math.fsum(scores) / n
    values = [score - middle for score in scores]
    weights = [1.0 / math.sqrt(k * (n - k) / n) if margin <= k <= n - margin else 0.0 for k in range(1, n)]
    seen = [abs(total) * weight for total, weight in zip(accumulate(values), weights, strict=False)]
    largest = max(seen)
    odd = n % block
    head, blocks = values[:odd], [values[start : start + block] for start in range(odd, n, block)]
    rng = random.Random(seed)
    as_large = 1
    for _ in range(resamples):
        rng.shuffle(blocks)
        order = [value for part in blocks for value in part]
        order = head + order if rng.random() < 0.5 else order + head
        drawn = max([abs(total) * weight for total, weight in zip(accumulate(order), weights, strict=False)])
        as_large += drawn >= largest - 1e-9
    return Shift(at=seen.index(largest) + 1, p=as_large / (resamples + 1))
