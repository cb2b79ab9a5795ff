"""Ranks, shifts, ratios and resampling: what holds for any data."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tachograph.analytics.statistics.bootstrap import mean, mean_difference, studentized, welch
from tachograph.analytics.statistics.holm import holm
from tachograph.analytics.statistics.ranks import EXACT_UP_TO, exact_tail, mann_whitney, smallest_rank_p
from tachograph.analytics.statistics.ratios import (
    permutation_test,
    pooled,
    ratio_interval,
    share_interval,
    smallest_permutation_p,
    spread,
)
from tachograph.analytics.statistics.shift import hodges_lehmann, nth_difference

numbers = st.lists(st.integers(0, 6).map(float), min_size=2, max_size=9)


@given(numbers, numbers)
def test_a_rank_test_says_the_same_the_other_way_round(one, two):
    there, back = mann_whitney(one, two), mann_whitney(two, one)
    assert there.p == pytest.approx(back.p)
    assert there.superiority == pytest.approx(1 - back.superiority)
    assert there.cliffs_delta == pytest.approx(-back.cliffs_delta)
    assert 0 < there.p <= 1
    assert smallest_rank_p(one, two) <= there.p + 1e-12


@given(numbers, numbers)
def test_a_rank_test_knows_only_the_order(one, two):
    assert mann_whitney([v**3 + 1 for v in one], [v**3 + 1 for v in two]).p == mann_whitney(one, two).p


def test_exact_and_approximate_agree_where_they_meet(monkeypatch):
    rng = random.Random(4)
    for _ in range(20):
        one = [rng.lognormvariate(0, 1) for _ in range(EXACT_UP_TO // 2)]
        two = [rng.lognormvariate(0.4, 1) for _ in range(EXACT_UP_TO // 2)]
        exact = mann_whitney(one, two)
        with monkeypatch.context() as patched:
            patched.setattr("tachograph.analytics.statistics.ranks.EXACT_UP_TO", 10)
            about = mann_whitney(one, two)
        assert (exact.exact, about.exact) == (True, False)
        assert about.p == pytest.approx(exact.p, rel=0.05, abs=1e-3)


def test_the_distribution_of_u_is_the_tabled_one():
    """Mann and Whitney 1947, table for n = 4, m = 4: P(U <= 0) = 1/70, P(U <= 3) = 7/70."""
    assert exact_tail(4, 4)[:4] == pytest.approx([1 / 70, 2 / 70, 4 / 70, 7 / 70])
    assert exact_tail(4, 4)[-1] == 1.0


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12),
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12),
    st.data(),
)
def test_the_nth_difference_is_found_without_making_all(one, two, data):
    from tachograph.analytics.statistics import shift

    every = sorted(b - a for a in one for b in two)
    place = data.draw(st.integers(1, len(every)))
    assert shift._select(sorted(one), sorted(two), place) == every[place - 1]
    assert nth_difference(one, two, place) == every[place - 1]


def test_a_shift_of_many_values_is_the_median_of_all_differences():
    rng = random.Random(5)
    one = [rng.lognormvariate(0, 1.4) for _ in range(301)]
    two = [rng.lognormvariate(0.2, 1.4) for _ in range(202)]
    every = sorted(b - a for a in one for b in two)
    found = hodges_lehmann(one, two)
    assert found.estimate == (every[len(every) // 2 - 1] + every[len(every) // 2]) / 2
    assert found.interval.low < found.estimate < found.interval.high


def test_the_interval_of_a_shift_holds_what_the_test_would_not_refuse():
    rng = random.Random(6)
    for _ in range(30):
        one = [rng.gauss(0, 1) for _ in range(rng.randint(4, 15))]
        two = [rng.gauss(0.5, 1) for _ in range(rng.randint(4, 15))]
        interval = hodges_lehmann(one, two).interval
        for off, refused in ((1e-9, False), (-1e-9, True)):
            for end, sign in ((interval.low, 1), (interval.high, -1)):
                moved = [value - (end + sign * off) for value in two]
                assert (mann_whitney(one, moved).p <= 0.05) is refused


def test_too_few_values_for_the_confidence_have_no_bounds():
    assert hodges_lehmann([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]).interval.low == -math.inf


def test_holm_by_hand():
    """0.01, 0.04, 0.03 and 0.005: 4 * 0.005, 3 * 0.01, 2 * 0.03, then no less than that."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_no_stricter_than_bonferroni_and_keeps_the_order(p):
    adjusted = holm(p)
    assert all(one <= min(1.0, len(p) * raw) + 1e-12 for one, raw in zip(adjusted, p, strict=True))
    assert [a for _, a in sorted(zip(p, adjusted, strict=True))] == sorted(adjusted)


@pytest.mark.parametrize("seed", range(6))
def test_permutations_of_few_sessions_are_all_looked_at(seed):
    rng = random.Random(seed)
    one = [(float(rng.randint(0, 3)), float(rng.randint(4, 30))) for _ in range(4)]
    two = [(float(rng.randint(0, 4)), float(rng.randint(4, 9))) for _ in range(5)]
    test = permutation_test(one, two)
    assert test.method == "all_divisions"
    assert (test.one, test.two) == (pooled(one), pooled(two))

    def distance(first, second):
        error = math.hypot(spread(first), spread(second))
        return abs(pooled(second) - pooled(first)) / error if error else math.inf

    together, real = [*one, *two], distance(one, two)
    far = every = 0
    for chosen in itertools.combinations(range(9), 4):
        first = [together[i] for i in chosen]
        second = [together[i] for i in range(9) if i not in chosen]
        every += 1
        far += distance(first, second) >= real - 1e-9
    assert test.p == pytest.approx(far / every)
    assert test.p >= smallest_permutation_p(one, two) > 0


def test_requests_of_one_session_are_no_independent_trials():
    """All 40 failures in one session of 30: taken one by one the difference would be beyond doubt."""
    one = [(0.0, 30.0)] * 30
    two = [(40.0, 60.0)] + [(0.0, 30.0)] * 29
    from tachograph.analytics.statistics.proportions import fisher_exact

    assert fisher_exact(0, 900, 40, 930) < 1e-9
    assert permutation_test(one, two).p > 0.3
    interval = share_interval(one, two)
    assert interval.low < 0 < interval.high


def test_an_interval_of_shares_is_one_where_nothing_happened():
    none = share_interval([(0.0, 20.0)] * 25, [(0.0, 20.0)] * 25)
    assert -0.02 < none.low < 0 < none.high < 0.02


def test_results_repeat():
    rng = random.Random(7)
    one = [(float(rng.random() < 0.2) * rng.randint(0, 4), 10.0) for _ in range(60)]
    two = [(float(rng.random() < 0.3) * rng.randint(0, 4), 10.0) for _ in range(60)]
    assert permutation_test(one, two) == permutation_test(one, two)
    assert ratio_interval(one, two) == ratio_interval(one, two)
    values = [part + rng.random() for part, _ in one]
    assert mean_difference(values, values[:30]) == mean_difference(values, values[:30])


def test_the_bootstrap_is_centred_and_grows_with_confidence():
    rng = random.Random(8)
    one, two = [rng.lognormvariate(0, 1) for _ in range(40)], [rng.lognormvariate(0.3, 1) for _ in range(40)]
    difference = mean(two) - mean(one)
    narrow, wide = (mean_difference(one, two, confidence) for confidence in (0.8, 0.99))
    assert wide.low < narrow.low < difference < narrow.high < wide.high
    assert (narrow.low + narrow.high) / 2 == pytest.approx(difference)
    assert wide.high - wide.low > welch(one, two, 0.99).high - welch(one, two, 0.99).low


def test_a_bootstrap_of_what_hardly_varies_says_that_it_knows_nothing():
    def summary(values):
        return mean(values), 0.0 if len(set(values)) == 1 else 1.0

    interval = studentized([0.0, 0.0, 1.0], [0.0, 0.0, 0.0], summary)
    assert interval.high == math.inf


def test_intervals_of_means_hold_them_where_costs_are_skewed():
    """95 % of 150, less what chance makes in one of a thousand; the seed is fixed."""
    rng = random.Random(9)
    true = -0.25 * math.exp(1.1**2 / 2)
    held = 0
    for _ in range(150):
        one = [rng.lognormvariate(0, 1.1) for _ in range(20)]
        two = [0.75 * rng.lognormvariate(0, 1.1) for _ in range(20)]
        held += true in mean_difference(one, two)
    assert held >= 150 * 0.95 - 3.3 * math.sqrt(150 * 0.95 * 0.05)
