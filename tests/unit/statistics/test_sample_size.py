"""Sessions that are needed, and differences that can be seen: by published values, and against each other."""

from __future__ import annotations

import math
import random

import pytest

from tachograph.analytics.statistics.normal import normal_quantile
from tachograph.analytics.statistics.ranks import mann_whitney
from tachograph.analytics.statistics.sample_size import (
    detectable_factor,
    detectable_ratio,
    detectable_share,
    detectable_superiority,
    needed_for_ranks,
    needed_for_ratios,
    needed_for_shares,
    needed_in_second,
    plan_for_ranks,
)


@pytest.mark.parametrize(
    ("one", "two", "alpha", "power", "n"),
    [  # Fleiss, Statistical Methods for Rates and Proportions, 2nd ed. 1981, table A.3 (two-sided alpha)
        (0.1, 0.3, 0.05, 0.8, 72),
        (0.2, 0.4, 0.05, 0.8, 91),
        (0.1, 0.2, 0.05, 0.9, 286),
        (0.5, 0.6, 0.01, 0.8, 597),
    ],
)
def test_shares_by_fleiss_table(one, two, alpha, power, n):
    assert needed_for_shares(one, two, alpha=alpha, power=power) == pytest.approx(n, abs=1.01)
    assert needed_for_shares(two, one, alpha=alpha, power=power) == needed_for_shares(
        one, two, alpha=alpha, power=power
    )


def test_ranks_by_noether():
    """Noether 1987: with superiority p, (z + z)^2 / (12 c (1 - c) (p - 1/2)^2) in all; near 1/2 the two ways agree."""
    rng = random.Random(1)
    one = [rng.gauss(0.0, 1.0) for _ in range(4000)]
    two = [rng.gauss(0.25, 1.0) for _ in range(4000)]
    below = sum(a < b for a in one[:1000] for b in two[:1000]) / 1e6
    needed = needed_for_ranks(one[:1000], two[:1000], alpha=0.05)
    z = normal_quantile(0.975) + normal_quantile(0.8)
    assert needed == pytest.approx(z**2 / (12 * 0.25 * (below - 0.5) ** 2) / 2, rel=0.05)


def test_no_difference_needs_no_number_of_sessions():
    assert needed_for_shares(0.2, 0.2, alpha=0.05) is None
    assert needed_for_ranks([1.0, 2.0], [1.0, 2.0], alpha=0.05) is None
    assert needed_for_ratios([(1.0, 2.0), (0.0, 1.0)], [(1.0, 2.0), (0.0, 1.0)], alpha=0.05) is None


def test_what_can_be_detected_needs_just_so_many():
    share = detectable_share(0.2, 91, 91, alpha=0.05, up=True)
    assert share == pytest.approx(0.4, abs=0.005)
    assert detectable_share(0.01, 5, 5, alpha=0.05, up=False) is None
    rng = random.Random(2)
    values = [rng.lognormvariate(0.0, 1.0) for _ in range(150)]
    for up in (True, False):
        factor = detectable_factor(values, 150, alpha=0.05, up=up)
        assert factor is not None
        assert (factor > 1) is up
        needed = needed_for_ranks(values, [value * factor for value in values], alpha=0.05)
        assert needed == pytest.approx(150, rel=0.12)
    superiority = detectable_superiority(values, values, alpha=0.05)
    assert superiority == pytest.approx(0.5 + 2.8016 / (12 * 75) ** 0.5, abs=0.002)
    assert detectable_superiority([1.0, 2.0], [3.0, 4.0], alpha=0.05) is None
    pairs = [(float(n % 3 == 0), 5.0) for n in range(60)]
    more = [(part + 0.4, 5.0) for part, _ in pairs]
    reach = detectable_ratio(pairs, more, alpha=0.05)
    assert (reach / 0.08) ** 2 * 60 == pytest.approx(needed_for_ratios(pairs, more, alpha=0.05), rel=0.05)


def test_more_of_one_group_needs_fewer_of_the_other():
    plain = needed_for_shares(0.1, 0.3, alpha=0.05)
    unequal, strict = (
        needed_for_shares(0.1, 0.3, alpha=0.05, weight=3.0),
        needed_for_shares(0.1, 0.3, alpha=0.05 / 6),
    )
    assert plain is not None
    assert unequal is not None
    assert strict is not None
    assert unequal < plain < strict


def test_what_the_second_group_needs_makes_up_for_a_first_that_stays():
    def plan(weight):
        return needed_for_shares(0.1, 0.3, alpha=0.05, weight=weight)

    alike = plan(1.0)
    assert needed_in_second(plan, alike) == pytest.approx(alike, abs=2)
    fewer = math.ceil(alike * 0.7)
    more = needed_in_second(plan, fewer)
    assert more is not None
    assert more > alike
    assert plan(more / fewer) <= fewer < plan((more - 1) / fewer)
    assert needed_in_second(plan, 10) is None, "no number of others makes up for so few"


def test_power_of_a_first_group_that_stays_is_as_stated():
    rng = random.Random(5)
    one, two = ([rng.lognormvariate(shift, 1.0) for _ in range(4000)] for shift in (0.0, 0.6))
    n_2 = needed_in_second(plan_for_ranks(one, two, alpha=0.05), 35)
    assert n_2 is not None
    seen = sum(mann_whitney(rng.sample(one, 35), rng.sample(two, n_2)).p <= 0.05 for _ in range(200))
    assert 0.7 <= seen / 200 <= 0.9  # three standard errors around 80 %
