"""What a report opens with: the window before is as long and ends where this one begins, and no day is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tachograph.analytics.highlights import COMPARED, highlights
from tachograph.analytics.query import Window, parse_window
from tachograph.analytics.scope import Scope
from tachograph.analytics.zones import find_zone
from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import EventKind

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
NOW_US = int(NOW.timestamp()) * 1_000_000


def request(days_ago: float, *, cost: int = 1_000_000, model: str = "opus", session: str = "s_1") -> Any:
    return make_event(
        at_us=NOW_US - int(days_ago * 86_400_000_000),
        session_id=session,
        model=model,
        input_tokens=1,
        cost_nanousd=cost,
        cost_basis="reported",
    )


def asked(
    *events: Any, range_: str | None = "7d", zone: str = "UTC", window: Window | None = None, **options: Any
) -> Any:
    store = DuckDBStore(":memory:")
    store.write(Batch(events=list(events)))
    store.settle()
    made = window or parse_window(now_us=NOW_US, range_=range_, zone=find_zone(zone))
    told = highlights(store, Scope(window=made, now_us=NOW_US, **options))
    store.close()
    return told


def test_an_empty_store_has_zeros_and_nulls() -> None:
    told = asked()
    assert told["figures"]["cost_microusd"] == 0
    assert told["before"]["requests"] == 0
    assert told["models"] == told["tools"] == []
    assert set(told["score"].values()) == {None}
    assert told["budget"] is None
    assert [piece["cost_microusd"] for piece in told["course"]["pieces"]] == [0] * 8
    assert asked(range_="all")["course"]["pieces"] == []
    assert set(told["reasons"]) == {"active_seconds", *told["score"]}
    assert all(told["reasons"].values())


def test_the_window_before_is_as_long_and_no_record_is_in_both() -> None:
    told = asked(request(1), request(6.9), request(7), request(7.1), request(13.9), request(14.1))
    assert told["figures"]["requests"] == 3  # the start is included
    assert told["before"]["requests"] == 2
    before = told["before_window"]
    assert before == {"since": "2026-11-06T12:30:00Z", "until": "2026-11-13T12:30:00Z", "tz": "UTC"}
    assert set(told["figures"]) == set(told["before"]) == set(COMPARED)


def test_whole_months_are_compared_as_tables_compare_them() -> None:
    october = parse_window(now_us=NOW_US, since="2026-10-01", until="2026-11-01", zone=find_zone("Europe/Berlin"))
    assert asked(window=october)["before_window"]["since"] == "2026-09-01T00:00:00+02:00"
    days = parse_window(now_us=NOW_US, since="2026-10-25", until="2026-10-26", zone=find_zone("Europe/Berlin"))
    told = asked(window=days)["before_window"]  # that day had 25 hours, the one before has 24
    assert told == {"since": "2026-10-24T00:00:00+02:00", "until": "2026-10-25T00:00:00+02:00", "tz": "Europe/Berlin"}


def test_without_a_beginning_there_is_nothing_before_and_without_an_end_it_ends_now() -> None:
    assert asked(request(1), range_="all")["before"] is None
    open_end = Window(start=datetime(2026, 11, 18, 12, 30))  # noqa: DTZ001 - UTC, as stores keep times
    told = asked(request(1), request(3), window=open_end)
    assert told["before"]["requests"] == 1
    assert told["before_window"]["since"] == "2026-11-16T12:30:00Z"


def test_before_a_calendar_month_is_the_month_before_it_as_everywhere() -> None:
    zone = find_zone("Europe/Berlin")  # its October has an hour more than thirty-one days
    told = asked(request(51), window=parse_window(now_us=NOW_US, since="2026-10-01", until="2026-11-01", zone=zone))
    assert told["before_window"]["since"] == "2026-09-01T00:00:00+02:00"
    assert told["before_window"]["until"] == "2026-10-01T00:00:00+02:00"


def test_the_course_has_every_day_of_the_zone_and_sums_to_the_cost() -> None:
    told = asked(request(0.01), request(2, cost=3_000_000), request(6.9), zone="Asia/Kolkata")
    pieces = told["course"]["pieces"]
    assert [piece["since"] for piece in pieces] == [f"2026-11-{day}" for day in range(13, 21)]
    assert sum(piece["cost_microusd"] for piece in pieces) == told["figures"]["cost_microusd"] == 5000
    assert pieces[-3] == {"since": "2026-11-18", "cost_microusd": 3000}


@pytest.mark.parametrize(("days", "grain", "most"), [(80, "day", 81), (200, "week", 31), (2000, "month", 68)])
def test_a_long_course_is_told_by_week_or_month(days: int, grain: str, most: int) -> None:
    told = asked(request(0), request(days), range_="all")
    assert told["course"]["grain"] == grain
    pieces = told["course"]["pieces"]
    assert len(pieces) <= most
    assert sum(piece["cost_microusd"] for piece in pieces) == 2000
    assert pieces[0]["cost_microusd"] == pieces[-1]["cost_microusd"] == 1000
    first = datetime.fromisoformat(pieces[0]["since"])
    assert first.weekday() == 0 or grain != "week"
    assert first.day == 1 or grain != "month"


def test_a_clock_far_off_does_not_make_a_course_without_end() -> None:
    told = asked(request(0), request(-365 * 120), range_="all")
    assert len(told["course"]["pieces"]) <= 1500


def test_models_and_tools_with_most_come_first_and_nothing_is_left_out_for_being_unpriced() -> None:
    calls = [
        make_event(EventKind.TOOL_CALL, at_us=NOW_US - 1, tool_name=name, success=ok)
        for name, ok in (("Read", True), ("Bash", True), ("Bash", False))
    ]
    free = make_event(at_us=NOW_US - 1, model="house", input_tokens=5, cost_basis="unpriced")
    told = asked(request(1), request(1, model="haiku", cost=9_000_000), free, *calls)
    assert [row["model"] for row in told["models"]] == ["haiku", "opus", "house"]
    assert told["models"][2]["unpriced_requests"] == 1
    assert [(row["tool"], row["tool_calls"], row["tool_errors"]) for row in told["tools"]] == [
        ("Bash", 2, 1),
        ("Read", 1, 0),
    ]


def test_the_budget_is_of_this_calendar_month_whatever_the_window() -> None:
    events = [request(1), request(19), request(25, cost=50_000_000)]
    told = asked(*events, range_="1h", monthly_budget_microusd=4_000)["budget"]
    assert told["spent_microusd"] == 2000
    assert told["month"] == "2026-11"
    assert told["month_share"] == pytest.approx((19 + 12.5 / 24) / 30)


def test_filters_narrow_it() -> None:
    told = asked(request(1), request(1, session="s_2"), request(9, session="s_2"), filters={"session": ["s_2"]})
    assert (told["figures"]["requests"], told["before"]["requests"]) == (1, 1)
    assert told["models"][0]["requests"] == 1
    assert sum(piece["cost_microusd"] for piece in told["course"]["pieces"]) == 1000


def test_a_window_that_has_not_begun_is_answered() -> None:
    later = Window(start=NOW.replace(tzinfo=None) + timedelta(days=3))
    assert asked(request(1), window=later)["figures"]["requests"] == 0
