from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tachograph_sdk.model.money import Money

amounts = st.integers(-(10**24), 10**24)


@given(amounts, amounts)
def test_adding_is_exact(a, b):
    assert Money(a) + Money(b) == Money(a + b)
    assert Money(a) - Money(b) == Money(a - b)
    assert Money.sum([Money(a), Money(b)]) == Money(a + b)
    assert -Money(a) + Money(a) == Money(0)


def test_a_hundred_thousand_tenths_of_a_microdollar_are_ten_thousand_microdollars():
    assert Money.sum(Money(100) for _ in range(100_000)).microusd == 10_000


@pytest.mark.parametrize(
    ("nanousd", "microusd"), [(0, 0), (499, 0), (500, 1), (1499, 1), (1500, 2), (-500, 0), (-501, -1), (-1500, -1)]
)
def test_microdollars_are_rounded_half_up(nanousd, microusd):
    assert Money(nanousd).microusd == microusd


@pytest.mark.parametrize(
    ("reported", "nanousd"),
    [
        (0.1, 100_000_000),
        (0.009115999999999999, 9_116_000),
        (0.0000000005, 1),
        (1.5e-9, 2),  # as a binary fraction it is a little less than that
        (0.00000000049, 0),
        ("0.019296", 19_296_000),
        (Decimal("1e-9"), 1),
        (3, 3_000_000_000),
        ("12345678901234567890.123456789", 12345678901234567890123456789),
    ],
)
def test_what_an_agent_reports_becomes_whole_nanodollars(reported, nanousd):
    assert Money.from_usd(reported) == Money(nanousd)


@pytest.mark.parametrize("reported", [float("nan"), float("inf"), "-Infinity", Decimal("NaN")])
def test_what_is_not_an_amount_is_refused(reported):
    with pytest.raises(ValueError, match="finite"):
        Money.from_usd(reported)


@given(amounts)
def test_dollars_are_exact(nanousd):
    if abs(nanousd) < 10**24:
        assert Money.from_usd(Money(nanousd).usd) == Money(nanousd)


@pytest.mark.parametrize(
    ("nanousd", "text"),
    [
        (0, "$0.00"),
        (19_296_000, "$0.0193"),
        (999_960_000, "$1.0000"),
        (1_234_567_890_000, "$1,234.57"),
        (-5_000_000_000, "-$5.00"),
        (49_999, "<$0.0001"),
        (50_000, "$0.0001"),
    ],
)
def test_people_read_dollars(nanousd, text):
    assert str(Money(nanousd)) == text


def test_amounts_compare_and_nothing_is_false():
    assert Money(1) < Money(2)
    assert not Money(0)
    assert Money(-1)


def test_money_does_not_mix_with_numbers():
    with pytest.raises(TypeError):
        Money(1) + 1  # type: ignore[operator]
    with pytest.raises(TypeError):
        Money(1) - 1  # type: ignore[operator]
