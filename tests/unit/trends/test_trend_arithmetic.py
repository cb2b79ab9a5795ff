"""The arithmetic of trends against figures worked out by hand or by others' programs."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tachograph.analytics.statistics.friedman import chi_square_tail, friedman
from tachograph.analytics.statistics.low_frequency import _shapes, drift_test
from tachograph.analytics.statistics.shift_in_time import find_episode, find_shift
from tachograph.analytics.statistics.theil_sen import slope_of


def test_the_shapes_are_at_right_angles_to_each_other_and_to_a_constant():
    shapes = _shapes(50, 6)
    assert len(shapes) == 7
    for place, one in enumerate(shapes):
        assert math.fsum(one) == pytest.approx(0.0, abs=1e-12)
        for other in shapes[:place]:
            assert math.fsum(a * b for a, b in zip(one, other, strict=True)) == pytest.approx(0.0, abs=1e-12)
        assert math.fsum(a * a for a in one) == pytest.approx(1.0)


def test_a_drift_in_noise_without_memory_has_the_distribution_it_says():
    """The p value of Gaussian noise is below each level as often as the level says."""
    rng = random.Random(11)
    p = [drift_test([rng.gauss(0.0, 1.0) for _ in range(40)]).p for _ in range(1500)]
    for level in (0.05, 0.2, 0.5):
        share = sum(value <= level for value in p) / len(p)
        assert abs(share - level) < 3.3 * math.sqrt(level * (1 - level) / len(p)), level


@given(st.lists(st.integers(-50, 50).map(float), min_size=8, max_size=60), st.integers(1, 9))
def test_a_drift_knows_neither_scale_nor_place_and_turns_with_the_series(values, scale):
    plain = drift_test(values)
    assert 0.0 <= plain.p <= 1.0
    moved = drift_test([3.0 + scale * value for value in values])
    turned = drift_test(values[::-1])
    if math.isfinite(plain.t):
        assert moved.t == pytest.approx(plain.t, rel=1e-4, abs=1e-4)
        assert turned.t == pytest.approx(-plain.t, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(("values", "p"), [([5.0] * 30, 1.0), (list(range(30)), 0.0), ([0.0] * 30, 1.0)])
def test_what_does_not_move_has_no_drift_and_a_line_nothing_but(values, p):
    assert drift_test(values).p == pytest.approx(p, abs=1e-9)


def test_a_slope_is_the_median_of_all_slopes():
    """Sen's own way, by hand: slopes of (0, 1), (1, 2), (2, 9), (4, 5) are 1, 4, 1, 7, 1, -2; their median is 1."""
    slope, interval = slope_of([(0, 1), (1, 2), (2, 9), (4, 5)])
    assert slope == 1.0
    assert (interval.low, interval.high) == (-2.0, 7.0)
    _, none = slope_of([(0, 1), (1, 2), (2, 9)])  # three values allow no bound
    assert (none.low, none.high) == (-math.inf, math.inf)


def test_a_slopes_interval_is_sens():
    """Of ten values S varies by the root of 125, so that of 45 slopes the 12th and the 34th bound 95 %."""
    points = [(x, float(x * x)) for x in range(10)]
    slopes = sorted((b - a) / (x - w) for w, a in points for x, b in points if x > w)
    slope, interval = slope_of(points)
    assert slope == slopes[22]
    reach = 1.959964 * math.sqrt(10 * 9 * 25 / 18)
    low = math.floor((45 - reach) / 2)
    assert (interval.low, interval.high) == (slopes[low], slopes[44 - low])
    _, wider = slope_of(points, inflation=2.0, freedom=8)
    assert wider.low < interval.low < interval.high < wider.high


def test_friedman_by_hand():
    """Three rounds ranked 123, 132, 123: rank sums 3, 7, 8; 12/(3*3*4) * (9+49+64) - 3*3*4 = 4.667, p = e^-2.333."""
    statistic, p = friedman([(1.0, 2.0, 3.0), (10.0, 30.0, 20.0), (0.1, 0.2, 0.3)])
    assert statistic == pytest.approx(14 / 3)
    assert p == pytest.approx(math.exp(-7 / 3))
    assert friedman([(2.0, 2.0, 2.0), (1.0, 1.0, 1.0)]) == (0.0, 1.0)


@pytest.mark.parametrize(("value", "p"), [(12.5916, 0.05), (16.8119, 0.01), (0.0, 1.0)])
def test_chi_square_is_that_of_the_tables(value, p):
    assert chi_square_tail(value, 6) == pytest.approx(p, abs=1e-5)


def test_a_shift_is_where_it_is_and_its_p_is_small():
    rng = random.Random(5)
    values = [rng.random() + (2.0 if place >= 40 else 0.0) for place in range(70)]
    found = find_shift(values, block=7, margin=7)
    assert found.at == 40
    assert found.p == pytest.approx(0.002)
    assert find_shift([1.0] * 60, block=7, margin=7).p == 1.0


def test_a_shift_is_never_nearer_to_an_end_than_the_margin():
    for planted in (1, 3, 57, 59):
        found = find_shift([1.0 if place >= planted else 0.0 for place in range(60)], block=7, margin=7)
        assert 7 <= found.at <= 53


def test_an_episode_is_found_where_no_single_cut_parts_it():
    rng = random.Random(6)
    values = [rng.random() + (1.5 if 50 <= place < 95 else 0.0) for place in range(150)]
    found = find_episode(values, block=7)
    assert found is not None
    assert (found.start, found.end) == (50, 95)
    assert found.p == pytest.approx(0.002)
    assert find_episode(values[:27], block=7) is None
    nothing = find_episode([1.0] * 90, block=7)
    assert nothing is not None
    assert nothing.p == 1.0
