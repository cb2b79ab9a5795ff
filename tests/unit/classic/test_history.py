"""Trends, forecasts, budgets and correlations of the classic API over months that are made to show them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tachograph.analytics.trends.questions import Forecast, forecast_month_end, trend_of
from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, EventKind, Source
from tests.served import NOW, Served, at_us, served

DAYS = 80
FIRST = NOW.date() - timedelta(days=DAYS)


def usd(day: int) -> int:
    """What day number `day` costs, in cents: it doubles over the time, with a bit of up and down."""
    return 100 + day + (day * 7) % 5


def lines(day: int) -> int:
    return 40 + (day * 3) % 7


def each_day() -> Iterator[Event]:
    for number in range(DAYS + 1):
        day = FIRST + timedelta(days=number)
        at = at_us(f"{day.isoformat()}T09:00")
        session = f"s_{number:016x}"
        yield make_event(
            at_us=at, session_id=session, request_id=f"q{number}", model="opus", input_tokens=1000, user_id="u_1",
            cost_nanousd=usd(number) * 10_000_000, cost_basis="reported",
        )  # fmt: skip
        yield make_event(
            EventKind.CODE_CHANGE, source=Source.TRANSCRIPT, at_us=at, session_id=session, lines_added=lines(number)
        )
        yield make_event(EventKind.VCS_COMMIT, source=Source.TRANSCRIPT, at_us=at, session_id=session, quantity=2)


@pytest.fixture(scope="module")
def api() -> Iterator[Served]:
    with served(list(each_day()), budget_usd=40.0) as made:
        yield made


def days_of(value: Any) -> list[tuple[date, float]]:
    return [(FIRST + timedelta(days=number), float(value(number))) for number in range(DAYS)]


def test_a_trend_is_the_direction_that_the_test_finds_with_its_percentage(api: Served) -> None:
    told = api.data("/api/analytics/trends", range="30d")
    expected = trend_of([(day, value) for day, value in days_of(usd) if day >= NOW.date() - timedelta(days=30)])
    assert expected.direction == "increasing"
    assert expected.change_ratio is not None
    assert told["cost_trend"] == {"Increasing": pytest.approx(100 * expected.change_ratio)}
    assert told["productivity_trend"] == "Stable"
    assert told["token_efficiency_trend"] == "Stable"
    assert told["user_adoption_trend"] == "Stable"
    assert told["range"] == "30d"
    assert told["reasons"] == {} or not any(name.endswith("_trend") for name in told["reasons"])


def test_what_falls_is_decreasing(api: Served) -> None:
    events = [
        make_event(
            at_us=at_us(f"{(FIRST + timedelta(days=n)).isoformat()}T09:00"), session_id=f"s_{n:016x}", request_id=f"q{n}",
            cost_nanousd=(DAYS - n + 40) * 10**9, cost_basis="reported",
        )
        for n in range(DAYS)
    ]  # fmt: skip
    with served(events) as falling:
        (word,) = falling.data("/api/analytics/trends", range="90d")["cost_trend"].items()
    assert word[0] == "Decreasing"
    assert word[1] > 20


def test_a_trend_of_a_short_window_is_null_and_says_so(api: Served) -> None:
    told = api.data("/api/analytics/trends", range="7d")
    for name in ("cost_trend", "productivity_trend", "token_efficiency_trend", "user_adoption_trend"):
        assert told[name] is None
        assert "too few" in told["reasons"][name]
    assert told["forecasted_monthly_cost"] is not None  # it uses the history before the window


def test_forecasts_are_those_of_the_forecaster_with_interval_and_score(api: Served) -> None:
    told = api.data("/api/analytics/trends")
    share = told["forecasts"]["cost"]
    expected = forecast_month_end(
        [*days_of(lambda n: usd(n) / 100), (NOW.date(), usd(DAYS) / 100)], NOW.date(), left_of_today=0.0
    )
    assert isinstance(expected, Forecast)
    assert told["forecasted_monthly_cost"] == pytest.approx(expected.value)
    assert (share["low"], share["high"], share["level"]) == (
        pytest.approx(expected.low), pytest.approx(expected.high), 0.8,
    )  # fmt: skip
    assert set(share["score"]) == {"forecasts", "days_ahead", "coverage", "scaled_error"}
    assert share["score"]["forecasts"] > 10
    work = told["forecasted_monthly_productivity"]
    assert work["commits"] == 60  # two a day, 30 days
    assert work["pull_requests"] is None
    assert "zeros" in told["reasons"]["forecasted_monthly_productivity.pull_requests"]
    assert 30 * 40 < work["lines_of_code"] < 30 * 47


def test_the_budget_is_compared_with_what_is_spent_and_what_will_be(api: Served) -> None:
    told = api.data("/api/analytics/advanced/budget-progress")
    month = [usd(number) for number in range(DAYS + 1) if (FIRST + timedelta(days=number)).month == NOW.month]
    assert told["current_month_cost"] == pytest.approx(sum(month) / 100)
    assert told["percentage_used"] == pytest.approx(sum(month) / 40)
    assert len(told["daily_breakdown"]) == 20
    assert told["projected_month_end_cost"] == api.data("/api/analytics/trends")["forecasted_monthly_cost"]
    assert told["projected_month_end_cost"] > 40 > told["current_month_cost"]
    assert told["is_over_budget"] is True
    assert told["reasons"] == {}
    with served(store=api.store, budget_usd=400.0) as rich:
        assert rich.data("/api/analytics/advanced/budget-progress")["is_over_budget"] is False
    with served(store=api.store, budget_usd=10.0) as poor:
        spent = poor.data("/api/analytics/advanced/budget-progress")
        assert spent["is_over_budget"] is True
        assert spent["percentage_used"] > 100
    with served(store=api.store) as none:
        unset = none.data("/api/analytics/advanced/budget-progress")
        assert unset["monthly_budget"] is unset["percentage_used"] is unset["is_over_budget"] is None
        assert "budget.month_usd" in unset["reasons"]["monthly_budget"]


def scored(number: int, edits: int, reads: int, *, added: int) -> list[Event]:
    """A session an hour, with calls that all succeed: its score follows its lines."""
    session, at = f"s_{number:016x}", at_us("2026-11-18T00:00") + number * 3_600_000_000
    told = [make_event(at_us=at, session_id=session, request_id=f"q{number}")]
    for name, count in (("Bash", edits), ("Read", reads)):
        told += [
            make_event(
                EventKind.TOOL_CALL, at_us=at + 1_000_000 * place, session_id=session, tool_use_id=f"{name}{number}.{place}",
                tool_name=name, success=True,
            )
            for place in range(count)
        ]  # fmt: skip
    told.append(
        make_event(EventKind.CODE_CHANGE, source=Source.TRANSCRIPT, at_us=at, session_id=session, lines_added=added)
    )
    return told


def test_correlation_is_of_ranks_over_sessions_and_null_below_ten() -> None:
    sessions = [scored(n, edits=n + 1, reads=10 - n if n else 0, added=5 * n + 5) for n in range(10)]
    week: dict[str, Any] = {"range": "7d"}
    with served([event for session in sessions for event in session]) as api:
        found = {
            t["tool_name"]: t["productivity_correlation"]
            for t in api.data("/api/analytics/efficiency", **week)["tool_efficiency"]
        }
        # Bash: 1 to 10 calls in the order of the score. Read: 0, 9, 8, … 1, so ranks 1, 10, 9, … 2
        # against 1 to 10: sum of squared differences 240, and 1 - 6 x 240 / (10 x 99)
        assert found == {"Bash": pytest.approx(1.0), "Read": pytest.approx(1 - 6 * 240 / 990)}
        assert len(api.statements) == 5
    with served([event for session in sessions[1:] for event in session]) as fewer:
        told = fewer.data("/api/analytics/efficiency", **week)
        assert {t["productivity_correlation"] for t in told["tool_efficiency"]} == {None}
        assert "10 sessions" in told["reasons"]["tool_efficiency.productivity_correlation"]
