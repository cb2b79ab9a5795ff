"""The window before, and what the rows of an answer were in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tachograph.analytics.compare import compare, window_before
from tachograph.analytics.compile import answer
from tachograph.analytics.query import Query, Window, parse_window
from tachograph.analytics.zones import find_zone
from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import BadWindow

NOW = datetime(2026, 11, 20, 16, 20)  # noqa: DTZ001 - UTC
LATER = datetime(2030, 1, 1)  # noqa: DTZ001 - UTC
BERLIN = find_zone("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def us(text: str) -> int:
    return int(at(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def window(since: str, until: str | None, zone: str = "UTC") -> Window:
    return parse_window(now_us=0, since=since, until=until, zone=find_zone(zone))


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        (window("2026-11-13", "2026-11-20"), "2026-11-06", "2026-11-13"),
        (window("2026-11-01", "2026-12-01"), "2026-10-01", "2026-11-01"),
        (window("2026-01-01", "2026-03-01"), "2025-11-01", "2026-01-01"),
        (window("2028-03-01", "2028-04-01"), "2028-02-01", "2028-03-01"),
        (window("2026-11-20T10:00", "2026-11-20T10:30"), "2026-11-20T09:30", "2026-11-20T10:00"),
        # the clock is put back on 25 October: the week has 169 hours, the one before 168
        (window("2026-10-19", "2026-10-26", "Europe/Berlin"), "2026-10-11T22:00", "2026-10-18T22:00"),
        (window("2026-10-26", "2026-11-02", "Europe/Berlin"), "2026-10-18T22:00", "2026-10-25T23:00"),
        (window("2026-11-01", "2026-12-01", "Europe/Berlin"), "2026-09-30T22:00", "2026-10-31T23:00"),
    ],
)
def test_the_window_before_has_the_same_length_by_the_calendar_of_its_zone(asked, start, end):
    before = window_before(asked, now=LATER)
    assert (before.start, before.end, before.zone) == (at(start), at(end), asked.zone)


@pytest.mark.parametrize(
    ("asked", "now", "start", "end"),
    [
        # until now: a length of time as it is, days as days
        (window("2026-11-19T16:20", None), "2026-11-20T16:20", "2026-11-18T16:20", "2026-11-19T16:20"),
        (window("2026-11-20", None), "2026-11-20T16:20", "2026-11-19", "2026-11-19T16:20"),
        (window("2026-11-01", None), "2026-11-20T16:20", "2026-10-12", "2026-10-31T16:20"),
        (window("2026-11-01", None), "2026-11-30T16:20", "2026-10-02", "2026-10-31T16:20"),  # not one day of it another
        (window("2026-11-13", None), "2026-11-20", "2026-11-06", "2026-11-13"),  # today has just begun
        # until a time that is to come
        (window("2026-11-20", "2026-11-21"), "2026-11-20T16:20", "2026-11-19", "2026-11-19T16:20"),
        (window("2026-11-16", "2026-11-23"), "2026-11-20T16:20", "2026-11-09", "2026-11-13T16:20"),
        (window("2026-11-01", "2026-12-01"), "2026-11-20T16:20", "2026-10-01", "2026-10-20T16:20"),
        (window("2026-03-01", "2026-04-01"), "2026-03-31T12:00", "2026-02-01", "2026-03-01"),  # February had no more
        (window("2026-11-20T10:00", "2026-11-20T18:00"), "2026-11-20T12:00", "2026-11-20T02:00", "2026-11-20T04:00"),
        (window("2026-11-20", "2026-11-21"), "2026-11-21", "2026-11-19", "2026-11-20"),  # it has just ended
        # the clock is put back on 25 October: the same time of the day, not as many hours
        (
            window("2026-10-25", "2026-10-26", "Europe/Berlin"),
            "2026-10-25T11:00",
            "2026-10-23T22:00",
            "2026-10-24T10:00",
        ),
        (window("2026-10-26", None, "Europe/Berlin"), "2026-10-26T11:00", "2026-10-24T22:00", "2026-10-25T11:00"),
        # a clock that is put back at midnight, to the day before: less than an hour later it is earlier
        (
            window("2026-11-01", "2026-11-02", "America/Havana"),
            "2026-11-01T05:10",
            "2026-10-31T04:00",
            "2026-10-31T04:10",
        ),
    ],
)
def test_a_window_that_is_not_over_is_held_against_as_much_of_the_one_before(asked, now, start, end):
    before = window_before(asked, now=at(now))
    assert (before.start, before.end, before.zone) == (at(start), at(end), asked.zone)


@pytest.mark.parametrize(
    "asked",
    [
        Window(),
        Window(end=NOW),
        Window(start=at("2030-01-01")),
        window("0001-01-02", "2026-01-01"),
        window("2026-12-01", "2027-01-01"),
        window("2026-11-20T16:20", "2026-11-21"),
    ],
)
def test_where_there_is_no_window_before_it_is_said(asked):
    with pytest.raises(BadWindow) as error:
        window_before(asked, now=NOW)
    assert error.value.hint


@pytest.fixture(scope="module")
def store() -> Iterator[DuckDBStore]:
    """Requests by time and model, with as many tokens as the number says; a cost where it ends with a 5."""
    told: Sequence[tuple[str, str, int]] = (
        ("2026-01-03T10:00:00", "opus", 10), ("2026-02-03T09:00:00", "opus", 25), ("2026-02-03T09:30:00", "haiku", 3),
        ("2026-01-31T10:00:00", "opus", 100), ("2026-03-31T10:00:00", "opus", 7), ("2026-02-28T10:00:00", "opus", 2),
        # hours in Berlin: 12 o'clock on both days, by UTC an hour apart
        ("2026-10-24T10:00:00", "night", 4), ("2026-10-25T11:00:00", "night", 6),
    )  # fmt: skip
    made = DuckDBStore(":memory:")
    made.write(
        Batch(
            events=[
                make_event(
                    at_us=us(time), request_id=f"r{place}", session_id=f"s{place}", model=model, input_tokens=tokens,
                    cost_nanousd=tokens * 1000 if tokens % 10 == 5 else None,
                    cost_basis="reported" if tokens % 10 == 5 else None,
                )
                for place, (time, model, tokens) in enumerate(told)
            ]
        )
    )  # fmt: skip
    made.settle()
    yield made
    made.close()


def compared(store: DuckDBStore, asked: Window, metrics: Sequence[str], by: Sequence[str], **filters: Any) -> Any:
    query = Query(metrics=metrics, by=by, window=asked, filters=filters)
    rows = answer(store, query).rows
    found = compare(store, query, rows, now=NOW)
    return {
        row[: len(by)]: (row[len(by) :], *rest)
        for row, *rest in zip(rows, found.rows, found.changes, found.ratios, strict=True)
    }


def test_rows_belong_together_by_their_dimensions(store):
    found = compared(store, window("2026-02-01", "2026-03-01"), ["input_tokens"], ["model"])
    assert found == {
        ("opus",): ((27,), (110,), (-83,), (-83 / 110,)),
        ("haiku",): ((3,), (0,), (3,), (None,)),  # nothing before: how many times more cannot be said
    }


def test_what_is_not_known_has_no_change(store):
    asked = window("2026-02-01", "2026-03-01")
    found = compared(store, asked, ["cost_per_commit_usd", "cost_usd", "cache_hit_ratio"], [])
    assert found == {(): ((None, 0.000025, 0.0), (None, 0.0, 0.0), (None, 0.000025, 0.0), (None, None, None))}


def test_pieces_of_time_belong_together_by_their_place(store):
    found = compared(store, window("2026-02-01", "2026-03-01"), ["input_tokens"], ["day"])
    assert found[("2026-02-03",)] == ((28,), (10,), (18,), (1.8,))
    assert found[("2026-02-28",)] == ((2,), (0,), (2,), (None,))
    march = compared(store, window("2026-03-01", "2026-04-01"), ["input_tokens"], ["day"])
    assert march == {("2026-03-31",): ((7,), None, (None,), (None,))}  # February has no 31st
    months = compared(store, window("2026-02-01", "2026-03-01"), ["input_tokens"], ["month"])
    assert months == {("2026-02-01",): ((30,), (110,), (-80,), (-80 / 110,))}


def test_hours_are_the_same_time_of_the_day_also_where_the_clock_was_changed(store):
    asked = window("2026-10-25", "2026-10-26", "Europe/Berlin")
    found = compared(store, asked, ["input_tokens"], ["hour"], model=["night"])
    assert found == {("2026-10-25T12:00:00+01:00",): ((6,), (4,), (2,), (0.5,))}


@pytest.fixture
def hourly() -> Iterator[DuckDBStore]:
    """A request every hour of two days, with a token more each."""
    made = DuckDBStore(":memory:")
    made.write(
        Batch(
            events=[
                make_event(
                    at_us=us(f"2026-11-{19 + hour // 24}T{hour % 24:02}:30"), request_id=f"r{hour}",
                    session_id="s", model="opus", input_tokens=hour + 1,
                )
                for hour in range(48)
            ]
        )
    )  # fmt: skip
    made.settle()
    yield made
    made.close()


def test_of_a_day_that_has_only_begun_as_much_of_the_day_before_is_compared(hourly):
    """Until 16:20 there are sixteen requests on either day; of the hours to come there is nothing to say."""
    now = at("2026-11-20T16:20")
    for asked in (window("2026-11-20", "2026-11-21"), window("2026-11-20", None)):
        until = replace(asked, end=now)
        whole = Query(metrics=["requests", "input_tokens"], window=asked)
        rows = answer(hourly, replace(whole, window=until)).rows
        found = compare(hourly, whole, rows, now=now)
        assert rows == [(16, sum(range(25, 41)))]
        assert found.rows == [(16, sum(range(1, 17)))]
        assert found.changes == [(0, 16 * 24)]
        assert found.window == Window(start=at("2026-11-19"), end=at("2026-11-19T16:20"))


@pytest.mark.parametrize("start", ["2026-11-20", "2026-11-20T00:30"])
def test_hours_that_are_to_come_are_beside_nothing(hourly, start):
    now = at("2026-11-20T16:20")
    asked = Query(metrics=["requests"], by=["hour"], window=window(start, "2026-11-21"))
    rows = [(f"2026-11-20T{hour:02}:00:00Z", 0) for hour in range(24)]
    found = compare(hourly, asked, rows, now=now)
    if start == "2026-11-20":
        assert found.rows == [(1,)] * 16 + [(0,)] + [None] * 7  # of the hour of 16:20 nothing until then
    else:  # 23 h 30 min before is 01:00, and 15 h 50 min later 16:50: hours by their place
        assert found.rows == [(1,)] * 16 + [None] * 8


def test_a_filter_by_time_goes_back_too(store):
    found = compared(
        store, window("2026-02-01", "2026-03-01"), ["input_tokens"], [], day=["2026-02-03"], model=["opus"]
    )
    assert found == {(): ((25,), (10,), (15,), (1.5,))}
    asked = window("2026-10-25", "2026-10-26", "Europe/Berlin")
    assert compared(store, asked, ["input_tokens"], [], hour=["2026-10-25T12:00"])[()][1] == (4,)
