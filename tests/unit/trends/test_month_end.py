"""Month-end forecasts and the budget: calendars, running days, refusals, and how often the interval holds."""

from __future__ import annotations

import calendar
import math
import random
from datetime import date, timedelta

import pytest

from bench.daily_histories import FAMILIES, QUIET, days_from, draw_history
from bench.forecast import forecast_tally
from tachograph.analytics.trends import forecast as forecast_module
from tachograph.analytics.trends.budget import find_crossing
from tachograph.analytics.trends.forecast import (
    MOST_REMEMBERED,
    Forecast,
    Refusal,
    forecast_month_end,
    score_forecasts,
)
from tachograph.analytics.trends.sum_ahead import look_ahead, seasonal_naive

PATTERN = (5.0, 9.0, 8.0, 7.0, 4.0, 0.0, 1.0)


def forecast(days: list[tuple[date, float]], today: date, left: float = 1.0) -> Forecast:
    told = forecast_month_end(days, today, left_of_today=left)
    assert isinstance(told, Forecast), told
    return told


def always(today: date, history: int, value: float = 10.0) -> list[tuple[date, float]]:
    return days_from(today - timedelta(days=history), [value] * history)


@pytest.mark.parametrize(
    "today",
    [
        date(2026, 2, 1), date(2026, 2, 14), date(2026, 2, 28), date(2028, 2, 1), date(2028, 2, 29), date(2026, 4, 30),
        date(2026, 7, 31), date(2026, 12, 31), date(2027, 1, 1), date(2100, 2, 28),
    ],
)  # fmt: skip
def test_a_month_of_equal_days_is_its_length_times_a_day(today):
    """Months of 28 to 31 days, leap years and 2100, first and last days, over the end of a year."""
    length = calendar.monthrange(today.year, today.month)[1]
    told = forecast(always(today, 60), today)
    assert told.month == today.replace(day=1)
    assert told.days_left == length - today.day + 1
    assert [point.day for point in told.path] == [today.replace(day=d) for d in range(today.day, length + 1)]
    for value in (told.value, told.low, told.high):
        assert value == pytest.approx(10.0 * length)
    assert told.so_far == pytest.approx(10.0 * (today.day - 1))


@pytest.mark.parametrize("left", [0.0, 0.3, 1.0])
def test_the_days_to_come_and_those_that_were_sum_to_the_month(left):
    today = date(2026, 11, 11)
    history = days_from(today - timedelta(days=90), draw_history(QUIET, 90, random.Random(5), first=date(2026, 8, 13)))
    there = 3.5
    told = forecast([*history, (today, there)], today, left)
    gone = math.fsum(value for day, value in history if day >= told.month)
    assert told.so_far == pytest.approx(gone + there)
    assert gone + math.fsum(point.day_value for point in told.path) == pytest.approx(told.value)
    before = gone
    for point in told.path:
        assert point.value == pytest.approx(before + point.day_value)
        assert 0.0 <= point.day_low <= point.day_value <= point.day_high
        before = point.value
    first = told.path[0]
    assert first.day_low >= there  # what is there stays
    assert (first.day_low == first.day_high == there) == (left == 0.0)
    # a weekend brings less, and is less uncertain
    weekend = [p.day_high - p.day_low for p in told.path if p.day.weekday() >= 5]
    assert max(weekend) < min(p.day_high - p.day_low for p in told.path[1:] if p.day.weekday() < 4)


@pytest.mark.parametrize("family", FAMILIES)
def test_in_four_days_of_five_the_interval_of_a_day_holds_what_came(family):
    rng = random.Random(11)
    today, held, days = date(2026, 11, 10), 0, 0
    for length in (45, 60, 120) * 8:
        first = today - timedelta(days=length)
        values = draw_history(FAMILIES[family], length + 21, rng, first=first)
        told = forecast_month_end(days_from(first, values[:length]), today, with_score=False)
        assert isinstance(told, Forecast)
        days += len(told.path)
        held += sum(p.day_low <= came <= p.day_high for p, came in zip(told.path, values[length:], strict=True))
    assert 0.70 < held / days < 0.90, held / days


def test_a_weekday_pattern_is_carried_on():
    """Of a pattern that repeats for half a year only what stands beside the weekdays' own means is off."""
    today = date(2026, 11, 11)  # a Wednesday
    first = today - timedelta(days=182)
    days = [(first + timedelta(days=n), PATTERN[(first.weekday() + n) % 7]) for n in range(182)]
    came = sum(PATTERN[date(2026, 11, d).weekday()] for d in range(1, 31))
    told = forecast(days, today)
    assert told.value == pytest.approx(came, rel=0.02)
    assert told.low <= told.value <= told.high


def test_the_running_day_is_never_a_whole_one():
    """What is there of it so far counts; what is to come of it is its usual share, and no more history than before."""
    today = date(2026, 11, 11)
    days = always(today, 60)
    for so_far, left in ((0.0, 1.0), (4.0, 0.6), (9.0, 0.0)):
        told = forecast([*days, (today, so_far)], today, left)
        assert told.history_days == 60
        assert told.so_far == pytest.approx(100.0 + so_far)
        assert told.value == pytest.approx(100.0 + so_far + 10.0 * left + 190.0)
        assert told.path[0].value == pytest.approx(100.0 + so_far + 10.0 * left)
        assert told.days_left == (20 if left else 19)


def test_the_last_evening_of_a_month_is_certain():
    today = date(2026, 11, 30)
    noisy = draw_history(QUIET, 60, random.Random(1), first=today - timedelta(days=60))
    told = forecast([*days_from(today - timedelta(days=60), noisy), (today, 3.0)], today, 0.0)
    assert told.value == told.low == told.high == pytest.approx(math.fsum(noisy[-29:]) + 3.0)
    assert told.days_left == 0


def test_missing_days_are_days_of_nothing_and_later_days_are_left_out():
    today = date(2026, 11, 11)
    days = [day for place, day in enumerate(always(today, 60)) if place % 2 == 0]
    told = forecast([*reversed(days), (today + timedelta(days=3), 1e9)], today)
    assert told.history_days == 60
    assert told.so_far == pytest.approx(50.0)
    assert 110.0 < told.value < 180.0


def test_the_month_may_begin_before_the_history():
    today = date(2026, 11, 25)
    told = forecast(always(today, 400), today)
    assert told.history_days == 182
    assert told.so_far == pytest.approx(240.0)


@pytest.mark.parametrize("history", [0, 1, 20, 34])
def test_too_short_a_history_is_refused_with_a_reason(history):
    today = date(2026, 11, 25)
    told = forecast_month_end([*always(today, history), (today, 2.0)], today)
    assert isinstance(told, Refusal)
    assert f"{history} whole day" in told.reason
    assert "35" in told.reason
    assert told.so_far == pytest.approx(10.0 * min(history, 24) + 2.0)
    fields = told.as_json()
    assert fields["value"] is fields["low"] is fields["high"] is fields["score"] is None
    assert set(fields) == set(forecast(always(today, 60), today).as_json())


def test_one_more_day_is_enough():
    today = date(2026, 11, 25)
    assert isinstance(forecast_month_end(always(today, 35), today), Forecast)


def test_nothing_but_zeros_is_refused():
    today = date(2026, 11, 25)
    told = forecast_month_end(always(today, 90, 0.0), today)
    assert isinstance(told, Refusal)
    assert "zeros" in told.reason
    assert forecast_month_end([], today).so_far == 0.0


def test_what_cannot_be_negative_never_goes_down():
    rng = random.Random(2)
    for name, family in FAMILIES.items():
        today = date(2026, 11, 2)
        days = days_from(today - timedelta(days=50), draw_history(family, 50, rng, first=today - timedelta(days=50)))
        told = forecast(days, today)
        before = told.so_far
        for point in told.path:
            assert before <= point.low <= point.value <= point.high, (name, point)
            before = point.low


def test_values_below_zero_are_forecast_too():
    """Lines net of those removed."""
    today = date(2026, 11, 16)
    told = forecast(always(today, 60, -5.0), today)
    assert told.value == pytest.approx(-150.0)
    rng = random.Random(3)
    mixed = days_from(today - timedelta(days=60), [rng.gauss(0.0, 50.0) for _ in range(60)])
    told = forecast(mixed, today)
    assert told.low < told.value < told.high


def test_the_score_is_worked_out_on_the_very_history():
    """Every forecast of the back-test again, by hand, each from the days before it alone."""
    values = draw_history(QUIET, 60, random.Random(4), first=date(2026, 1, 1))
    score = score_forecasts(values, 3, 10)
    origins = list(range(50, 20, -1))
    held, off, naive = 0, 0.0, 0.0
    for origin in origins:
        told = look_ahead(values[:origin], 3, 10).sum_of(10)
        came = math.fsum(values[origin : origin + 10])
        held += max(0.0, told.low) <= came <= told.high
        off += abs(came - told.value)
        naive += abs(came - seasonal_naive(values[:origin], 10))
    assert (score.forecasts, score.days_ahead, score.reason) == (len(origins), 10, None)
    assert score.coverage == held / len(origins)
    assert score.scaled_error == pytest.approx(off / naive)


def test_the_score_reaches_as_far_as_the_history_allows():
    values = draw_history(QUIET, 35, random.Random(5), first=date(2026, 1, 1))
    score = score_forecasts(values, 3, 29)
    assert (score.forecasts, score.days_ahead) == (1, 14)
    assert score_forecasts(values[:21], 3, 5).coverage is None
    flat = score_forecasts([2.0] * 60, 3, 5)
    assert (flat.coverage, flat.scaled_error) == (1.0, None)
    assert flat.reason is not None


def test_the_last_week_repeated():
    assert seasonal_naive([9.0, *range(7)], 10) == 21.0 + 0 + 1 + 2


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "long memory"])
def test_the_interval_holds_as_often_as_it_says(family):
    """75 to 85 % in each family; of 400 forecasts a share of 0.8 stays within 0.734 and 0.866 but once in a thousand."""
    tally = forecast_tally(FAMILIES[family], 50, random.Random(21), histories=(42, 90), days_ahead=(3, 10, 20, 29))
    assert tally.rounds == 400
    assert 0.75 - 0.05 <= tally.coverage <= 0.85 + 0.05
    assert tally.off < 0.95 * tally.naive_off


def test_the_interval_holds_as_often_as_it_says_over_all_families():
    tallies = [forecast_tally(family, 15, random.Random(22), histories=(35, 60, 180)) for family in FAMILIES.values()]
    held, rounds = sum(tally.held for tally in tallies), sum(tally.rounds for tally in tallies)
    assert 0.76 < held / rounds < 0.84


# The budget


def crossing(budget: float, today: date = date(2026, 11, 11), left: float = 1.0):
    days = always(today, 60)
    month = [(day, value) for day, value in days if day.month == 11] + [(today, 0.0)]
    return find_crossing(budget, month, forecast(days, today, left), None)


def test_a_budget_is_crossed_on_the_day_the_sum_goes_above_it():
    assert crossing(55.0).crossed_on == date(2026, 11, 6)
    assert crossing(50.0).crossed_on == date(2026, 11, 6)  # used up to the last cent is not crossed
    assert crossing(55.0).expected_on is None


def test_a_budget_will_be_crossed_on_the_day_it_is_expected():
    told = crossing(255.0)
    assert (told.crossed_on, told.expected_on, told.reason) == (None, date(2026, 11, 26), None)
    assert told.earliest_on == told.latest_on == date(2026, 11, 26)


def test_a_budget_that_is_not_expected_to_be_crossed_has_a_reason():
    told = crossing(301.0)
    assert (told.crossed_on, told.expected_on, told.earliest_on, told.latest_on) == (None, None, None, None)
    assert told.reason == "it is not expected to be crossed this month"
    assert find_crossing(100.0, [], None, "too short").reason == "too short"


def test_the_days_of_a_crossing_are_in_order():
    today = date(2026, 11, 5)
    first = today - timedelta(days=90)
    days = days_from(first, draw_history(QUIET, 90, random.Random(6), first=first))
    told = forecast(days, today)
    found = find_crossing(told.value - 20.0, [day for day in days if day[0].month == 11], told, None)
    assert found.earliest_on is not None
    assert found.expected_on is not None
    assert found.earliest_on < found.expected_on
    assert found.latest_on is None or found.expected_on < found.latest_on


def test_what_is_remembered_of_a_back_test_has_no_figure_of_any_day() -> None:
    values = [1234.5 + n % 7 for n in range(60)]
    score = score_forecasts(values, 3, 5)
    assert score_forecasts(list(values), 3, 5) is score
    assert score_forecasts(values, 4, 5) is not score
    assert {type(key) for key in forecast_module._scores} == {bytes}
    for n in range(MOST_REMEMBERED + 5):
        score_forecasts([float(n)] * 22, 3, 1)
    assert len(forecast_module._scores) == MOST_REMEMBERED
    assert score_forecasts(values, 3, 5) == score
