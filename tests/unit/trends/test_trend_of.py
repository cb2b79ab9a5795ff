"""Directions, weekdays, change points and days that stand out: known series, and the rates that are stated."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bench.daily_histories import QUIET, days_from, draw_history
from bench.forecast import STILL, alarm_share, anomaly_rates, direction_share, shift_at
from tachograph.analytics.trends.anomalies import find_anomalies
from tachograph.analytics.trends.changes import find_changes
from tachograph.analytics.trends.direction import trend_of
from tachograph.analytics.trends.series import fill_days, rank_within_weekdays
from tachograph.analytics.trends.weekdays import weekdays_of

MONDAY = date(2026, 1, 5)


def most(share: float, rounds: int) -> float:
    """More than so many of so many rounds happen less than once in a thousand times."""
    return rounds * share + 3.3 * math.sqrt(rounds * share * (1.0 - share))


def made(values: list[float], first: date = MONDAY) -> list[tuple[date, float]]:
    return days_from(first, values)


# Directions


def test_a_line_rises_and_turned_round_it_falls():
    up = trend_of(made([10.0 + 2.0 * place for place in range(56)]))
    assert (up.direction, up.reason) == ("increasing", None)
    assert up.p_value is not None
    assert up.p_value < 1e-6
    assert up.slope_per_day == pytest.approx(2.0)
    assert up.slope_low == pytest.approx(2.0)
    assert up.change_ratio == pytest.approx(93.0 / 37.0 - 1.0)  # middle of weeks 5-8 over that of weeks 1-4
    down = trend_of(made([120.0 - 2.0 * place for place in range(56)]))
    assert down.direction == "decreasing"
    assert down.slope_per_day == pytest.approx(-2.0)


def test_a_weekday_pattern_is_no_direction_wherever_the_series_begins():
    for start in range(7):
        for length in (28, 31, 45, 90):
            values = [(5.0, 9.0, 8.0, 7.0, 4.0, 0.0, 0.5)[(start + place) % 7] for place in range(length)]
            told = trend_of(made(values, MONDAY + timedelta(days=start)))
            assert (told.direction, told.p_value) == ("stable", 1.0), (start, length)
            assert told.slope_per_day == pytest.approx(0.0)
            assert told.change_ratio == pytest.approx(0.0)  # also where the first week lacks days


def test_a_pattern_does_not_hide_a_rise():
    values = [(5.0, 9.0, 8.0, 7.0, 4.0, 0.0, 0.0)[place % 7] * 1.02**place for place in range(70)]
    assert trend_of(made(values)).direction == "increasing"


def test_single_wild_days_are_no_direction():
    values = [10.0 + place % 3 for place in range(60)]
    values[58] = values[59] = 1e6
    assert trend_of(made(values)).direction == "stable"


@pytest.mark.parametrize("length", [0, 1, 7, 27])
def test_too_short_is_not_known_and_says_what_it_takes(length):
    told = trend_of(made([1.0] * length))
    assert told.direction is None
    assert told.p_value is told.slope_per_day is told.change_ratio is None
    assert told.reason is not None
    assert f"{length} whole day" in told.reason
    assert "28" in told.reason


@pytest.mark.parametrize("value", [0.0, 7.5, -3.0])
def test_what_is_always_the_same_is_stable(value):
    told = trend_of(made([value] * 40))
    assert (told.direction, told.p_value, told.slope_per_day) == ("stable", 1.0, 0.0)
    assert told.change_ratio == (0.0 if value > 0 else None)


def test_values_below_zero_have_directions_too():
    told = trend_of(made([float(-place) for place in range(60)]))
    assert told.direction == "decreasing"
    assert told.change_ratio is None  # there is no "times" from below nothing


def test_missing_days_are_not_zeros():
    values = [10.0 + 0.3 * place for place in range(80)]
    kept = [day for place, day in enumerate(made(values)) if place % 7 < 5]
    told = trend_of(kept)
    assert (told.direction, told.days) == ("increasing", len(kept))
    assert told.slope_per_day == pytest.approx(0.3)


def test_filled_days_are_zeros():
    assert fill_days({MONDAY: 3.0}, MONDAY, MONDAY + timedelta(days=2)) == made([3.0, 0.0, 0.0])
    assert fill_days({}, MONDAY, MONDAY - timedelta(days=1)) == []


def test_ranks_are_among_the_same_weekday():
    assert rank_within_weekdays(made([1.0, 100.0, 0, 0, 0, 0, 0, 2.0, 90.0])) == [
        0.25, 0.75, 0.5, 0.5, 0.5, 0.5, 0.5, 0.75, 0.25,
    ]  # fmt: skip


@pytest.mark.parametrize("family", STILL)
def test_directions_are_false_alarms_as_often_as_stated(family):
    """Where moods last very long (0.8 from a day to the next), a little more often: 8 % are allowed."""
    rounds = 0
    told = fixed = 0
    for length, count in ((28, 150), (90, 150)):
        one, other = direction_share(STILL[family], length, count, random.Random(length))
        told, fixed, rounds = told + one, fixed + other, rounds + count
    assert told <= most(0.08 if family == "long memory" else 0.05, rounds)
    assert fixed > 0.6 * rounds  # what a fixed 5 % would have told


def test_a_true_direction_is_seen():
    told, _ = direction_share(QUIET, 180, 40, random.Random(3), growth=0.01)
    assert told >= 38
    told, _ = direction_share(QUIET, 90, 100, random.Random(4), growth=0.01)
    assert told >= 45


# Weekdays


def test_weekdays_are_told_with_their_factors():
    told = weekdays_of(made([2.0, 4.0, 4.0, 4.0, 0.0, 0.0, 0.0] * 6, MONDAY))
    assert told.is_seasonal is True
    assert told.factors == pytest.approx((1.0, 2.0, 2.0, 2.0, 0.0, 0.0, 0.0))
    assert told.weeks == 6
    shifted = weekdays_of(made([4.0, 4.0, 0.0, 0.0, 0.0, 2.0, 4.0] * 6 + [4.0, 4.0], MONDAY + timedelta(days=2)))
    assert shifted.factors == pytest.approx((1.0, 2.0, 2.0, 2.0, 0.0, 0.0, 0.0))


def test_weeks_with_a_day_missing_do_not_count():
    days = made([2.0, 4.0, 4.0, 4.0, 0.0, 0.0, 0.0] * 4)
    del days[9]
    told = weekdays_of(days)
    assert (told.is_seasonal, told.weeks) == (None, 3)
    assert told.reason is not None
    assert "3 whole weeks" in told.reason


def test_all_equal_and_all_zero_have_no_weekdays():
    assert weekdays_of(made([3.0] * 35)).is_seasonal is False
    nothing = weekdays_of(made([0.0] * 35))
    assert (nothing.is_seasonal, nothing.factors) == (False, None)
    assert weekdays_of([]).is_seasonal is None


def test_weekdays_are_false_alarms_as_often_as_stated_and_a_work_week_is_seen():
    flat = replace(QUIET, weekdays=(1.0,) * 7, zero_weekend=QUIET.zero)
    for family in (flat, replace(flat, mood=0.5, memory=0.8), replace(flat, spread=1.0, bursts=0.03)):
        assert alarm_share(family, 60, 300, random.Random(6)) <= most(0.05, 300)
    assert alarm_share(QUIET, 60, 50, random.Random(7)) >= 49


# Change points


def test_a_step_is_found_on_its_day_with_the_levels_before_and_after():
    pattern = (2.0, 3.0, 3.0, 3.0, 2.0, 0.0, 0.0)
    values = [pattern[place % 7] * (3.0 if place >= 45 else 1.0) + 0.01 * (place % 5) for place in range(90)]
    found, why = find_changes(made(values))
    assert why is None
    assert [change.day for change in found] == [MONDAY + timedelta(days=45)]
    assert found[0].before == pytest.approx(13 / 7, abs=0.03)
    assert found[0].after == pytest.approx(39 / 7, abs=0.05)
    assert found[0].p_value <= 0.05
    assert found[0].change_ratio == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("back_to", [1.0, 9.0])
def test_two_steps_are_two_changes_in_order(back_to):
    rng = random.Random(8)
    levels = [1.0] * 60 + [4.0] * 60 + [back_to] * 60
    found, _ = find_changes(made([level * (0.9 + 0.2 * rng.random()) for level in levels]))
    assert [(change.day - MONDAY).days for change in found] == pytest.approx([60, 120], abs=1)
    assert found[0].before < found[0].after == pytest.approx(found[1].before, rel=0.05)


@pytest.mark.parametrize("length", [0, 1, 41])
def test_too_short_for_changes_is_said(length):
    found, why = find_changes(made([1.0] * length))
    assert found == []
    assert why is not None
    assert "42" in why


def test_what_never_changes_has_no_change():
    for values in ([0.0] * 100, [5.0] * 100, [1.0, 2.0, 3.0, 4.0, 5.0, 0.0, 0.0] * 15):
        assert find_changes(made(values)) == ([], None)


def test_a_change_from_nothing_has_no_ratio():
    found, _ = find_changes(made([0.0] * 50 + [3.0 + place % 2 for place in range(50)]))
    assert len(found) == 1
    assert (found[0].before, found[0].change_ratio) == (0.0, None)


def test_changes_are_false_alarms_as_often_as_stated_and_true_ones_are_seen():
    for family in ("steady", "zero days", "heavy tails", "weekday pattern"):
        told, _, _ = shift_at(STILL[family], 90, 150, random.Random(9))
        assert told <= most(0.06, 150), family
    told, near, off = shift_at(QUIET, 90, 60, random.Random(10), at=45, factor=3.0)
    assert told >= 55
    assert near >= 45
    assert sorted(off)[len(off) // 2] <= 3


# Days that stand out


def calm(length: int, seed: int, first: date = MONDAY) -> list[float]:
    family = replace(QUIET, spread=0.25, mood=0.15, zero=0.0, zero_weekend=0.0)
    return draw_history(family, length, random.Random(seed), first=first)


def test_a_planted_day_is_found_and_only_that():
    for seed in range(8):
        values = calm(90, seed)
        values[60] *= 10.0
        found, why = find_anomalies(made(values))
        assert why is None
        assert MONDAY + timedelta(days=60) in [one.day for one in found], seed
        planted = next(one for one in found if one.day == MONDAY + timedelta(days=60))
        assert (planted.direction, planted.is_running) == ("high", False)
        assert planted.value > planted.limit > planted.expected > 0
        assert planted.score > 3


def test_a_day_too_low_is_found_but_a_day_off_is_none():
    values = calm(90, 2)
    values[50] /= 30.0
    values[40] = 0.0
    found, _ = find_anomalies(made(values))
    assert [(one.day - MONDAY).days for one in found if one.direction == "low"] == [50]
    assert MONDAY + timedelta(days=40) not in [one.day for one in found]


def test_days_are_measured_against_their_weekday():
    """A working day's amount on a Sunday stands out; the same on a Monday does not."""
    values = calm(91, 3)
    sunday, monday = 62, 63
    usual = sorted(values[0::7])[6]
    values[sunday] = values[monday] = usual
    assert [(one.day - MONDAY).days for one in find_anomalies(made(values))[0]] == [sunday]


def test_the_running_day_can_only_be_too_high():
    values = calm(60, 4)
    today = MONDAY + timedelta(days=60)
    assert [one.is_running for one in find_anomalies(made(values), running=(today, 0.01))[0]] == []
    found, _ = find_anomalies(made(values), running=(today, 400.0))
    assert [(one.day, one.is_running) for one in found] == [(today, True)]


def test_the_running_day_moves_no_judgement_of_others():
    values = calm(60, 5)
    values[30] *= 10
    today = MONDAY + timedelta(days=60)
    without, _ = find_anomalies(made(values))
    beside, _ = find_anomalies(made(values), running=(today, 1e9))
    assert without == [one for one in beside if not one.is_running]


def test_a_ratio_is_measured_by_differences():
    rng = random.Random(15)
    values = [0.9 + rng.gauss(0.0, 0.01) for _ in range(60)]
    values[33] = 0.5
    found, _ = find_anomalies(made(values), is_sum=False)
    assert [((one.day - MONDAY).days, one.direction) for one in found] == [(33, "low")]
    assert found[0].expected == pytest.approx(0.9, abs=0.02)


def test_too_few_days_with_a_value_are_said():
    found, why = find_anomalies(made([0.0] * 60 + [1.0] * 20))
    assert found == []
    assert why is not None
    assert "20 days with a value" in why
    assert find_anomalies([])[1] is not None


def test_all_equal_has_none_and_one_that_differs_stands_out():
    assert find_anomalies(made([4.0] * 60)) == ([], None)
    found, _ = find_anomalies(made([4.0] * 60 + [4.5] + [4.0] * 10))
    assert [(one.day - MONDAY).days for one in found] == [60]
    assert found[0].score == math.inf


def test_quiet_months_stay_quiet_and_planted_days_are_found_as_often_as_stated():
    for family in ("steady", "zero days", "weekday pattern", "long memory"):
        alarms, _, plain, _ = anomaly_rates(STILL[family], 90, 120, random.Random(13))
        assert alarms <= 0.1 + 3.3 * math.sqrt(0.1 / 360), family  # in 360 months
        assert plain > 2 * alarms, family
    _, found, _, _ = anomaly_rates(QUIET, 90, 60, random.Random(14), factor=20.0)
    assert found >= 0.85
