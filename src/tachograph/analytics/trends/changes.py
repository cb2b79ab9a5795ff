"""The days on which a series went over to another level."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from tachograph.analytics.statistics.shift_in_time import find_episode, find_shift
from tachograph.analytics.trends.series import Day, rank_within_weekdays
from tachograph.analytics.trends.too_few import too_few

__all__ = ["LEAST_DAYS", "LEVEL", "METHOD", "Change", "find_changes"]

LEVEL = 0.05  # chance of any where the level never changes; each further cut is held to half of the one before
LEAST_DAYS = 42
MARGIN = 7  # days on each side of a cut at least
LONG = 120  # days from which moods may last longer: blocks of two weeks
SHIFT_SHARE = 0.8  # of the level is for changes that last, the rest for those that are taken back
METHOD = "circular binary segmentation by the weighted CUSUM of ranks within weekdays, whole weeks permuted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of level."""

    day: date  # the first one of the new level, as well as it can be told
    before: float  # mean of a day in the whole weeks since the change before
    after: float  # the same until the next one
    p_value: float  # corrected for how many cuts were tried

    @property
    def change_ratio(self) -> float | None:
        """How much more it is after than before; None if it was nothing."""
        return self.after / self.before - 1.0 if self.before > 0 else None


def find_changes(days: Sequence[Day], *, level: float = LEVEL) -> tuple[list[Change], str | None]:
    """Changes of level of a series of whole days in order of time, the oldest first; and why there are none to be told.

    A steady rise shows as a stair: see the direction first.
    """
    if len(days) < LEAST_DAYS:
        return [], too_few(len(days), "whole day", "to look for changes", LEAST_DAYS)
    cuts: list[tuple[int, float]] = []
    todo = [(0, len(days), 1)]
    while todo:
        start, end, tries = todo.pop()
        if end - start < LEAST_DAYS:
            continue
        scores = rank_within_weekdays(days[start:end])
        block = 14 if end - start >= LONG else 7
        shift = find_shift(scores, block=block, margin=MARGIN)
        found = [shift.at]
        p = shift.p * tries / SHIFT_SHARE
        if p > level:
            episode = find_episode(scores, block=7)
            if episode is None or (p := episode.p * tries / (1.0 - SHIFT_SHARE)) > level:
                continue
            found = [episode.start, episode.end]
        edges = [start, *(start + at for at in found), end]
        cuts += [(at, p) for at in edges[1:-1]]
        todo += [(first, last, tries * 2) for first, last in pairwise(edges)]
    cuts.sort()
    edges = [0, *(at for at, _ in cuts), len(days)]
    values = [value for _, value in days]
    return [
        Change(
            day=days[at][0],
            before=_mean(values[edges[place] : at][-_weeks(at - edges[place]) :]),
            after=_mean(values[at : edges[place + 2]][: _weeks(edges[place + 2] - at)]),
            p_value=p,
        )
        for place, (at, p) in enumerate(cuts)
    ], None


def _weeks(count: int) -> int:
    """As many of these days as whole weeks have: each weekday as often as the others."""
    return count - count % 7


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
