"""Spearman's rank correlation against cases worked out by hand."""

from __future__ import annotations

import pytest

from tachograph.analytics.statistics.rank_correlation import spearman
from tachograph.analytics.statistics.ranks import midranks


def test_equal_values_share_the_mean_of_their_ranks() -> None:
    assert midranks([10, 30, 20, 20]) == [1.0, 4.0, 2.5, 2.5]
    assert midranks([7, 7, 7]) == [2.0, 2.0, 2.0]


def test_what_rises_together_is_one_however_unevenly() -> None:
    assert spearman([1, 2, 3, 4], [1, 100, 101, 1e9]) == 1.0
    assert spearman([1, 2, 3, 4], [9, 8, 1, 0]) == -1.0


def test_a_case_without_ties_follows_the_formula_of_squared_differences() -> None:
    one, two = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110], [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]
    assert spearman(one, two) == pytest.approx(1 - 6 * 194 / 990)


def test_a_case_with_ties_is_the_correlation_of_midranks() -> None:
    # midranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4; deviations from 2.5: products 2.25 + 0 + 0 + 2.25 = 4.5, squares 4.5 and 5
    assert spearman([1, 2, 2, 3], [1, 3, 2, 4]) == pytest.approx(4.5 / (4.5 * 5) ** 0.5)


def test_without_variation_there_is_none() -> None:
    assert spearman([1, 1, 1], [1, 2, 3]) is None
    assert spearman([], []) is None


def test_both_need_as_many_values() -> None:
    with pytest.raises(ValueError, match="everything"):
        spearman([1.0], [1.0, 2.0])
