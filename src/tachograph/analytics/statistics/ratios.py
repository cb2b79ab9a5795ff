"""Ratios whose parts come in clusters: of 40 failures among 900 tool calls, 35 may be of one session.

The unit is the session, a pair of numbers: what happened (failures, cost) and of how many (calls, prompts). Both groups
are summed up, so that a long session weighs as much as it did; whether two sums differ is asked of the sessions.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from tachograph.analytics.statistics.bootstrap import studentized
from tachograph.analytics.statistics.interval import Interval
from tachograph.analytics.statistics.normal import t_quantile, two_sided
from tachograph.analytics.statistics.proportions import hybrid, wilson_at

__all__ = [
    "Pair",
    "RatioTest",
    "permutation_test",
    "pooled",
    "ratio_interval",
    "share_interval",
    "smallest_permutation_p",
    "spread",
]

Pair = tuple[float, float]
"""Of one session: the part, and the whole it is a part of; the whole is above 0."""

PERMUTATIONS = 4999
EXACT_UP_TO = 5_000  # divisions: all of them are looked at, instead of random ones
ENOUGH = 400  # random divisions as far apart as the real one: more would not change what p says
_LARGE = 4_000  # sessions: above, the normal approximation
_SEED = 20_261_120


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioTest:
    """What the test says."""

    one: float  # the first group's ratio of sums
    two: float
    p: float  # two-sided
    method: str  # all_divisions, random_divisions, normal


def pooled(pairs: Sequence[Pair]) -> float:
    """Sum of parts over sum of wholes."""
    return math.fsum(y for y, _ in pairs) / math.fsum(x for _, x in pairs)


def spread(pairs: Sequence[Pair]) -> float:
    """The standard error of the pooled ratio, sessions taken whole. Source: Cochran 1977, formula 6.12 (linearized)."""
    n = len(pairs)
    if n < 2:
        return 0.0
    ratio = pooled(pairs)
    whole = math.fsum(x for _, x in pairs) / n
    rest = math.fsum((y - ratio * x) ** 2 for y, x in pairs)
    return math.sqrt(rest / (n * (n - 1))) / whole


def permutation_test(one: Sequence[Pair], two: Sequence[Pair], *, seed: int = _SEED) -> RatioTest:
    """Whether two pooled ratios differ: sessions are divided anew, as they could have fallen by chance.

    What is compared is the difference over its standard error, so that groups whose sessions vary differently do not
    raise false alarms. Every division is looked at where there are few; else random ones, until p is known well enough.

    Args:
        one, two: at least two sessions each.
        seed: of the random divisions.

    Source: Janssen 1997 (studentized permutation); Besag and Clifford 1991 (when to stop).
    """
    pairs = [*one, *two]
    n_1, n = len(one), len(one) + len(two)
    told = {"one": pooled(one), "two": pooled(two)}
    totals = _Sums.of(pairs)
    observed = _distance(_Sums.of(one), totals)
    if observed == 0.0:
        return RatioTest(**told, p=1.0, method="all_divisions")
    if n > _LARGE:
        return RatioTest(**told, p=two_sided(observed), method="normal")
    at_least = observed * (1.0 - 1e-9)  # equal but for rounding
    if math.comb(n, n_1) <= EXACT_UP_TO:
        far = sum(_distance(_Sums.of(chosen), totals) >= at_least for chosen in combinations(pairs, n_1))
        return RatioTest(**told, p=far / math.comb(n, n_1), method="all_divisions")
    rng = random.Random(seed)
    terms = [_Sums.terms(pair) for pair in pairs]
    far = drawn = 0
    small = min(n_1, n - n_1)
    while drawn < PERMUTATIONS and far < ENOUGH:
        drawn += 1
        far += _distance(_Sums.sum(rng.sample(terms, small)), totals) >= at_least
    p = far / drawn if far >= ENOUGH else (far + 1) / (drawn + 1)
    return RatioTest(**told, p=p, method="random_divisions")


@dataclass(frozen=True, slots=True)
class _Sums:
    """Of one group: sessions, parts, wholes, and their squares."""

    n: int
    y: float
    x: float
    yy: float
    xy: float
    xx: float

    @classmethod
    def of(cls, pairs: Sequence[Pair]) -> _Sums:
        return cls.sum([_Sums.terms(pair) for pair in pairs])

    @staticmethod
    def terms(pair: Pair) -> tuple[float, ...]:
        """What a session adds to each sum but the first."""
        part, whole = pair
        return part, whole, part * part, part * whole, whole * whole

    @classmethod
    def sum(cls, terms: Sequence[tuple[float, ...]]) -> _Sums:
        """Of sessions whose terms are known: thousands of divisions are made of the same."""
        y, x, yy, xy, xx = map(sum, zip(*terms, strict=True))
        return cls(len(terms), y, x, yy, xy, xx)

    def less(self, other: _Sums) -> _Sums:
        return _Sums(
            self.n - other.n,
            self.y - other.y,
            self.x - other.x,
            self.yy - other.yy,
            self.xy - other.xy,
            self.xx - other.xx,
        )

    @property
    def ratio(self) -> float:
        return self.y / self.x

    @property
    def variance(self) -> float:
        ratio = self.ratio
        rest = self.yy - 2.0 * ratio * self.xy + ratio * ratio * self.xx
        return max(0.0, rest) * self.n / ((self.n - 1) * self.x * self.x)


def _distance(group: _Sums, totals: _Sums) -> float:
    """The difference of the two ratios over its standard error; infinite where nothing varies within either group."""
    other = totals.less(group)
    difference = abs(group.ratio - other.ratio)
    if difference <= 1e-12 * (abs(group.ratio) + abs(other.ratio)):
        return 0.0
    variance = group.variance + other.variance
    return difference / math.sqrt(variance) if variance > 0.0 else math.inf


def ratio_interval(one: Sequence[Pair], two: Sequence[Pair], confidence: float = 0.95) -> Interval:
    """The interval of the difference of two pooled ratios of any size, such as cost by prompt."""
    if len(one) + len(two) > _LARGE:
        freedom = min(len(one), len(two)) - 1
        reach = t_quantile((1.0 + confidence) / 2.0, freedom) * math.hypot(spread(one), spread(two))
        difference = pooled(two) - pooled(one)
        return Interval(difference - reach, difference + reach)
    return studentized(one, two, _ratio_and_variance, confidence=confidence)


def share_interval(one: Sequence[Pair], two: Sequence[Pair], confidence: float = 0.95) -> Interval:
    """The interval of the difference of two pooled shares (each part at most its whole), also where one is 0 or 1.

    Newcombe's hybrid of two score intervals, each of as many outcomes as the sessions are worth: those there are, over
    how much more sessions differ than chance alone would make them, by the group in which they differ more (a group's
    own few sessions may hide it).

    Source: Newcombe 1998; effective numbers as in Rao and Scott 1992, Biometrics 48:577-585.
    """
    effect = max(1.0, _design_effect(one), _design_effect(two))
    around = [
        wilson_at(
            pooled(pairs),
            math.fsum(x for _, x in pairs) / effect,
            t_quantile((1.0 + confidence) / 2.0, max(1, len(pairs) - 1)),
        )
        for pairs in (one, two)
    ]
    return hybrid(pooled(one), around[0], pooled(two), around[1])


def _design_effect(pairs: Sequence[Pair]) -> float:
    """How much more the share varies, sessions taken whole, than were their outcomes independent; 0: nobody can say."""
    share, whole = pooled(pairs), math.fsum(x for _, x in pairs)
    chance = share * (1.0 - share) / whole
    return spread(pairs) ** 2 / chance if chance > 0.0 else 0.0


def _ratio_and_variance(pairs: Sequence[Pair]) -> tuple[float, float]:
    sums = _Sums.of(pairs)
    return sums.ratio, sums.variance


def smallest_permutation_p(one: Sequence[Pair], two: Sequence[Pair]) -> float:
    """About the smallest p that any division of these sessions could give: of the few that are the furthest apart.

    Where sessions are alike more divisions are equally far, so it is at least one over the number of divisions that
    can be told apart.
    """
    together = Counter((*one, *two))
    n, n_1 = len(one) + len(two), len(one)
    if len(together) == 1 or all(y == 0.0 for y, _ in together):
        return 1.0
    ordered = sorted((*one, *two), key=lambda pair: (pair[0] / pair[1], pair[1]))
    smallest = 1.0
    for group in (ordered[:n_1], ordered[n - n_1 :]):
        ways = 1
        for pair, count in Counter(group).items():
            ways *= math.comb(together[pair], count)
        smallest = min(smallest, ways / math.comb(n, n_1))
    return smallest
