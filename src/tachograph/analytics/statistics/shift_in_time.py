"""Where a series shifts, for good or for a while: the largest weighted CUSUM, against blocks in any other order."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

__all__ = ["Episode", "Shift", "find_episode", "find_shift"]

RESAMPLES = 499
ENOUGH = 25  # orders that do as well: then chance does it often, and how often need not be known better
MOST_EDGES = 40  # places where an episode is looked for
_SEED = 20_261_120


@dataclass(frozen=True, slots=True)
class Shift:
    """The best place to cut a series in two, and how often chance gives as good a cut."""

    at: int  # index of the first value after it
    p: float


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch that differs from what is around it, and how often chance gives one as good."""

    start: int  # index of its first value
    end: int  # index of the first value after it
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
    Decisions 25:1-26; stopping early: Besag and Clifford 1991, Biometrika 78:301-304.
    """
    n = len(scores)
    values = _centred(scores)
    weights = [1.0 / math.sqrt(k * (n - k) / n) if margin <= k <= n - margin else 0.0 for k in range(1, n)]

    def cuts(order: Sequence[float]) -> list[float]:
        return [abs(total) * weight for total, weight in zip(accumulate(order), weights, strict=False)]

    seen = cuts(values)
    largest = max(seen)
    p = _p_of(values, largest, lambda order: max(cuts(order)), block=block, resamples=resamples, seed=seed)
    return Shift(at=seen.index(largest) + 1, p=p)


def find_episode(
    scores: Sequence[float], *, block: int, resamples: int = RESAMPLES, seed: int = _SEED
) -> Episode | None:
    """The stretch of time that differs most from what is before and after it, and its p value; None: too few blocks.

    What goes up and comes down again is no shift: no single cut parts it. Looked for in whole blocks, then its ends moved
    to where they fit best. Arguments as for `find_shift`; a block at least is before, within and after it.

    Source: circular binary segmentation, Olshen, Venkatraman, Lucito and Wigler 2004, Biostatistics 5:557-572.
    """
    n = len(scores)
    odd = n % block
    step = block * max(1, -(-(n // block) // MOST_EDGES))
    edges = list(range(odd + step, n - step + 1, step))
    arcs = [
        (start, end, 1.0 / math.sqrt((end - start) * (n - end + start) / n))
        for place, start in enumerate(edges)
        for end in edges[place + 1 :]
        if end - start >= 2 * block
    ]
    if not arcs:
        return None
    values = _centred(scores)

    def largest_of(order: Sequence[float]) -> tuple[float, int, int]:
        sums = [0.0, *accumulate(order)]
        return max([(abs(sums[end] - sums[start]) * weight, start, end) for start, end, weight in arcs])

    largest, start, end = largest_of(values)
    p = _p_of(values, largest, lambda order: largest_of(order)[0], block=block, resamples=resamples, seed=seed)
    sums = [0.0, *accumulate(values)]

    def fit(first: int, last: int) -> float:
        inside = last - first
        return abs(sums[last] - sums[first]) / math.sqrt(inside * (n - inside) / n) if block <= inside < n else 0.0

    start = max(range(max(block, start - step), min(end - block, start + step) + 1), key=lambda at: fit(at, end))
    end = max(range(max(start + block, end - step), min(n - block, end + step) + 1), key=lambda at: fit(start, at))
    return Episode(start=start, end=end, p=p)


def _centred(scores: Sequence[float]) -> list[float]:
    middle = math.fsum(scores) / len(scores)
    return [score - middle for score in scores]


def _p_of(
    values: Sequence[float],
    largest: float,
    statistic: Callable[[Sequence[float]], float],
    *,
    block: int,
    resamples: int,
    seed: int,
) -> float:
    """How often another order of the blocks gives as much."""
    odd = len(values) % block
    head, blocks = values[:odd], [values[start : start + block] for start in range(odd, len(values), block)]
    rng = random.Random(seed)
    as_large = 0
    for drawn in range(1, resamples + 1):
        rng.shuffle(blocks)
        order = [value for part in blocks for value in part]
        order = [*head, *order] if rng.random() < 0.5 else [*order, *head]
        as_large += statistic(order) >= largest - 1e-9
        if as_large == ENOUGH:
            return as_large / drawn
    return (as_large + 1) / (resamples + 1)
