"""One measure of two groups of sessions: the test that fits it, how large the difference is, and what to make of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal

from tachograph.analytics.eval.measures import Measure, Missing, Session
from tachograph.analytics.statistics.bootstrap import mean, mean_difference
from tachograph.analytics.statistics.interval import Interval
from tachograph.analytics.statistics.proportions import cohens_h, fisher_exact, newcombe, smallest_fisher_p
from tachograph.analytics.statistics.ranks import mann_whitney, smallest_rank_p
from tachograph.analytics.statistics.ratios import (
    Pair,
    permutation_test,
    pooled,
    ratio_interval,
    share_interval,
    smallest_permutation_p,
)
from tachograph.analytics.statistics.sample_size import (
    detectable_factor,
    detectable_ratio,
    detectable_share,
    detectable_superiority,
    needed_for_shares,
    needed_in_second,
    plan_for_ranks,
    plan_for_ratios,
)
from tachograph.analytics.statistics.shift import hodges_lehmann

__all__ = ["Found", "Verdict", "examine"]

Verdict = Literal["better", "worse", "more", "less", "undecided", "too_little_data"]

DISTINCT = 0.8  # of the values have to be different, for a session to be so much more than another
TOO_FEW = "too few sessions for an interval of this confidence"
SAME_VALUES = "many sessions have the same value"
MEANS_FROM = 20  # sessions in either group: below, intervals of means and ratios of skewed amounts hold too little


@dataclass(slots=True, kw_only=True)
class Found:
    """What a measure says. Figures of `before` and `after` are in the measure's unit."""

    measure: Measure
    n_before: int = 0
    n_after: int = 0
    left_out_before: Counter[str] = field(default_factory=Counter)  # sessions without a value, by reason
    left_out_after: Counter[str] = field(default_factory=Counter)
    before: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)
    test: str = ""
    p: float | None = None  # null: no test could be made
    p_smallest: float | None = None  # that so many sessions could have given
    effect: dict[str, float | None] = field(default_factory=dict)
    intervals: dict[str, Interval] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)  # what is not told of it, and why
    direction: int = 0  # of the difference that the test is about: 1, -1, 0
    needed: int | None = None  # sessions in the first group for the difference that was observed, mixed as they are
    needed_after: int | None = None  # sessions in the second group for it, with the first as it is; null: no number
    detectable: float | None = None  # the nearest value of the second group that would have been seen
    detectable_superiority: float | None = (
        None  # likewise, how often in pairs of sessions one group's has more; amounts
    )


def examine(
    measure: Measure, before: Sequence[Session], after: Sequence[Session], *, alpha: float, confidence: float = 0.95
) -> Found:
    """Compare two groups by one measure.

    Args:
        measure: what of the sessions.
        before, after: the groups.
        alpha: at which p a difference would count, corrections included: for planning only.
        confidence: of every interval, each by itself.
    """
    found = Found(measure=measure)
    one = _values(measure, before, found.left_out_before)
    two = _values(measure, after, found.left_out_after)
    found.n_before, found.n_after = len(one), len(two)
    if measure.kind == "yes_no":
        _yes_no(found, one, two, alpha, confidence)
    elif measure.kind == "amount":
        _amount(found, one, two, alpha, confidence)
    else:
        _ratio(found, one, two, alpha, confidence)
    return found


def _values(measure: Measure, sessions: Sequence[Session], left_out: Counter[str]) -> list[Any]:
    values = []
    for session in sessions:
        value = measure.read(session)
        if isinstance(value, Missing):
            left_out[value.reason] += 1
        else:
            values.append(value)
    return values


def _yes_no(found: Found, one: list[bool], two: list[bool], alpha: float, confidence: float) -> None:
    found.test = "fisher_exact"
    yes_1, yes_2, n_1, n_2 = sum(one), sum(two), len(one), len(two)
    for side, yes, n in ((found.before, yes_1, n_1), (found.after, yes_2, n_2)):
        if n:
            side |= {"value": yes / n, "yes": yes}
    if not one or not two:
        return
    share_1, share_2 = yes_1 / n_1, yes_2 / n_2
    found.p = fisher_exact(yes_1, n_1, yes_2, n_2)
    found.p_smallest = smallest_fisher_p(yes_1 + yes_2, n_1, n_2)
    found.direction = _sign(share_2 - share_1)
    found.effect = {
        "difference": share_2 - share_1,
        "ratio": share_2 / share_1 if yes_1 else None,
        "cohens_h": cohens_h(share_1, share_2),
    }
    found.intervals["difference"] = newcombe(yes_1, n_1, yes_2, n_2, confidence)
    _plan(found, lambda weight: needed_for_shares(share_1, share_2, alpha=alpha, weight=weight))
    up = _looks_up(found, share_1 < 0.5)
    found.detectable = detectable_share(share_1, n_1, n_2, alpha=alpha, up=up)


def _amount(found: Found, one: list[float], two: list[float], alpha: float, confidence: float) -> None:
    found.test = "mann_whitney"
    for side, values in ((found.before, one), (found.after, two)):
        if values:
            side |= {"value": median(values), "mean": mean(values), "total": math.fsum(values)}
    if not one or not two:
        return
    ranks = mann_whitney(one, two)
    found.p, found.p_smallest = ranks.p, smallest_rank_p(one, two)
    found.direction = _sign(ranks.superiority - 0.5)
    found.effect = {
        "superiority": ranks.superiority,
        "cliffs_delta": ranks.cliffs_delta,
        "ties": _ties(one, two),
        "mean_difference": mean(two) - mean(one),
    }
    several = len({*one, *two}) < DISTINCT * (len(one) + len(two))
    if several:
        found.withheld["shift"] = found.withheld["factor"] = SAME_VALUES
    else:
        _moved(found, one, two, confidence)
    if min(len(one), len(two)) < MEANS_FROM:
        found.withheld["mean_difference"] = f"no interval: a group has fewer than {MEANS_FROM} sessions"
    else:
        _put(found, "mean_difference", mean_difference(one, two, confidence))
    _plan(found, plan_for_ranks(one, two, alpha=alpha))
    found.detectable_superiority = detectable_superiority(one, two, alpha=alpha)
    if several:
        found.withheld["detectable_value"] = SAME_VALUES
        return
    factor_seen = detectable_factor(one, len(two), alpha=alpha, up=_looks_up(found, False))
    if factor_seen is not None and found.before["value"] > 0.0:
        found.detectable = found.before["value"] * factor_seen


def _moved(found: Found, one: list[float], two: list[float], confidence: float) -> None:
    """By how much, and by what factor, a session of the second group differs from one of the first."""
    shift = hodges_lehmann(one, two, confidence)
    found.effect["shift"] = shift.estimate
    _put(found, "shift", shift.interval)
    if min(*one, *two) <= 0.0:
        found.withheld["factor"] = "some sessions have 0, which no factor changes"
        return
    factor = hodges_lehmann([math.log(v) for v in one], [math.log(v) for v in two], confidence)
    found.effect["factor"] = math.exp(factor.estimate)
    if math.isfinite(factor.interval.low):
        found.intervals["factor"] = Interval(math.exp(factor.interval.low), math.exp(factor.interval.high))
    else:
        found.withheld["factor"] = TOO_FEW


def _ratio(found: Found, one: list[Pair], two: list[Pair], alpha: float, confidence: float) -> None:
    found.test = "permutation_of_sessions"
    for side, pairs in ((found.before, one), (found.after, two)):
        if pairs:
            side |= {
                "value": pooled(pairs),
                "part": math.fsum(y for y, _ in pairs),
                "whole": math.fsum(x for _, x in pairs),
            }
    if min(len(one), len(two)) < 2:
        return
    test = permutation_test(one, two)
    found.test = f"permutation_of_sessions_{test.method}"
    found.p, found.p_smallest = test.p, smallest_permutation_p(one, two)
    found.direction = _sign(test.two - test.one)
    found.effect = {"difference": test.two - test.one, "ratio": test.two / test.one if test.one else None}
    if found.measure.kind == "share":
        found.effect["cohens_h"] = cohens_h(test.one, test.two)
        found.intervals["difference"] = share_interval(one, two, confidence)
    elif min(len(one), len(two)) < MEANS_FROM:
        found.withheld["difference"] = f"no interval: a group has fewer than {MEANS_FROM} sessions"
    else:
        _put(found, "difference", ratio_interval(one, two, confidence))
    _plan(found, plan_for_ratios(one, two, alpha=alpha))
    reach = detectable_ratio(one, two, alpha=alpha)
    up = _looks_up(found, test.one < reach)
    seen = test.one + reach if up else test.one - reach
    if reach > 0.0 and seen >= 0.0 and (found.measure.kind != "share" or seen <= 1.0):
        found.detectable = seen


def _plan(found: Found, plan: Callable[[float], int | None]) -> None:
    found.needed = plan(found.n_after / found.n_before)
    found.needed_after = needed_in_second(plan, found.n_before)


def _ties(one: Sequence[float], two: Sequence[float]) -> float:
    """Of all pairs of a session of each group, the share in which both have the same."""
    first, second = Counter(one), Counter(two)
    return sum(count * second[value] for value, count in first.items()) / (len(one) * len(two))


def _put(found: Found, name: str, interval: Interval) -> None:
    if math.isfinite(interval.low) and math.isfinite(interval.high):
        found.intervals[name] = interval
    else:
        found.withheld[name] = TOO_FEW


def _looks_up(found: Found, otherwise: bool) -> bool:
    return found.direction > 0 if found.direction else otherwise


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
