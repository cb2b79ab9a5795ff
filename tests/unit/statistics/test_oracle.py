"""Our statistics give scipy's answers, and those of published tables."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import pytest

from bench.statistics import ours
from tachograph.analytics.statistics.normal import t_quantile, two_sided
from tachograph.analytics.statistics.proportions import cohens_h, fisher_exact, newcombe, wilson
from tachograph.analytics.statistics.ranks import mann_whitney
from tachograph.analytics.statistics.shift import hodges_lehmann

GOLDEN = Path(__file__).parents[2] / "golden" / "statistics" / "scipy.json"
CASES = json.loads(GOLDEN.read_text("utf-8"))["cases"]


def test_there_are_cases_of_every_kind():
    assert min(Counter(case["of"] for case in CASES).values()) == 25
    assert len({case["of"] for case in CASES}) == 12


@pytest.mark.parametrize("of", sorted({case["of"] for case in CASES}))
def test_every_figure_is_the_oracles(of):
    """scipy's answers, and where scipy has none those of counting every division; `./dev bench statistics` makes more."""
    for case in CASES:
        if case["of"] == of:
            assert ours(case) == pytest.approx(case["answer"], rel=1e-8, abs=1e-12), case["in"]


@pytest.mark.parametrize(
    ("one", "two", "low", "high"),
    [  # Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10; there the first less the second
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombes_table(one, two, low, high):
    interval = newcombe(*two, *one)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=6e-5)


def test_fishers_tea():
    """The lady tasting tea: three of four right. Fisher 1935; two-sided 34/70."""
    assert fisher_exact(3, 4, 1, 4) == pytest.approx(34 / 70, rel=1e-12)
    assert fisher_exact(4, 4, 0, 4) == pytest.approx(2 / 70, rel=1e-12)


@pytest.mark.parametrize("freedom", [1, 2])
def test_t_where_it_has_a_formula(freedom):
    for share in (0.6, 0.9, 0.975, 0.9995):
        exact = (
            math.tan(math.pi * (share - 0.5))
            if freedom == 1
            else (2 * share - 1) * math.sqrt(2 / (1 - (2 * share - 1) ** 2))
        )
        assert t_quantile(share, freedom) == pytest.approx(exact, rel=1e-9)
        assert t_quantile(1 - share, freedom) == pytest.approx(-exact, rel=1e-9)


def test_tails_are_not_lost():
    assert two_sided(30.0) == pytest.approx(9.813427854e-198, rel=1e-9)
    assert 0.0 < fisher_exact(0, 400, 400, 400) < 1e-200


def test_cohens_h_of_cohens_table():
    """Cohen 1988, table 6.2.2: phi(0.5) = 1.571, phi(0.25) = 1.047."""
    assert cohens_h(0.25, 0.5) == pytest.approx(1.571 - 1.047, abs=1e-3)


def test_an_interval_of_shares_stays_within_0_and_1():
    assert wilson(0.0, 3).low == 0.0
    assert wilson(1.0, 3).high == 1.0


def test_hundred_thousand_sessions_take_seconds():
    """No time limit of its own, which would break elsewhere: pair by pair this would not end within the test's."""
    one = [float((n * 7919) % 100_003) for n in range(50_000)]
    two = [float((n * 104_729) % 100_003) + 900.0 for n in range(50_000)]
    assert mann_whitney(one, two).p < 0.05
    assert hodges_lehmann(one, two).estimate == pytest.approx(900.0, abs=200.0)
    assert fisher_exact(20_000, 50_000, 20_300, 50_000) == pytest.approx(0.053, abs=0.003)
