"""Readings of a plan's limits: a table of their own, which changes no other figure and leaves with everything else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tachograph.analytics.limits import limits_of
from tachograph.analytics.query import Window
from tachograph.analytics.zones import find_zone
from tachograph.ports import Batch, Statement
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, EventKind, Source
from tachograph_sdk.model.subject import Selection

AT_US = 1_795_180_000_000_000
AT = datetime(1970, 1, 1) + timedelta(microseconds=AT_US)  # noqa: DTZ001 - as the store keeps times
HOUR_US = 3_600_000_000
A, B = "s_000000000000000a", "s_000000000000000b"
EVERYTHING = Window()


@pytest.fixture
def store() -> Iterator[DuckDBStore]:
    made = DuckDBStore(":memory:")
    yield made
    made.close()


def reading(window: str, used: float, *, session: str | None = A, at_us: int = AT_US) -> Event:
    return make_event(
        EventKind.USAGE_LIMIT,
        key=f"limit:{session}:{at_us}:{window}",
        source=Source.HOOK,
        name="status_line",
        session_id=session,
        at_us=at_us,
        received_us=at_us,
        limit_window=window,
        limit_used_ratio=used,
        limit_resets_s=at_us // 1_000_000 + 7200,
    )


def request(number: int, *, session: str = A, at_us: int = AT_US) -> Event:
    return make_event(
        key=f"request-{number}", session_id=session, at_us=at_us, received_us=at_us, request_id=f"req_{number}",
        model="claude-sonnet-5-5", input_tokens=10, output_tokens=5, cost_nanousd=1000, cost_basis="reported",
    )  # fmt: skip


def put(store: DuckDBStore, *events: Event) -> None:
    store.write(Batch(events=events))
    store.settle()


def ask(store: DuckDBStore, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in store.query(Statement(name="test", sql=sql)).rows]


def test_a_reading_is_a_row(store: DuckDBStore) -> None:
    put(store, reading("five_hour", 0.83), reading("seven_day", 0.41))
    assert ask(store, "select limit_window, used_ratio, session_id, resets_at, occurred_at from limits order by 1") == [
        ("five_hour", 0.83, A, AT + timedelta(hours=2), AT),
        ("seven_day", 0.41, A, AT + timedelta(hours=2), AT),
    ]


def test_the_peak_of_each_limit_and_when_it_was(store: DuckDBStore) -> None:
    later = AT_US + 5 * HOUR_US
    put(
        store,
        reading("five_hour", 0.5),
        reading("five_hour", 0.83, at_us=AT_US + 60),
        reading("five_hour", 0.1, at_us=later),
    )
    put(store, reading("five_hour", 0.83, at_us=later + 60), reading("seven_day", 0.2))
    zone = find_zone("Europe/Berlin")
    five, seven = limits_of(store, Window(zone=zone))
    assert five == {
        "limit": "five_hour", "agent": "claude_code", "peak_ratio": 0.83, "readings": 4,
        "peak_at": zone.as_text(AT + timedelta(microseconds=60)),
    }  # fmt: skip
    assert (seven["limit"], seven["peak_ratio"]) == ("seven_day", 0.2)
    (only,) = limits_of(store, Window(start=AT + timedelta(hours=5), end=AT + timedelta(hours=5, microseconds=60)))
    assert (only["peak_ratio"], only["readings"]) == (0.1, 1)
    again, *_ = limits_of(store, Window(start=AT + timedelta(hours=4)))
    assert again["peak_at"].startswith((AT + timedelta(hours=5, microseconds=60)).isoformat()), (
        "the first time in the window"
    )
    assert limits_of(store, Window(end=AT)) == []


def test_readings_change_nothing_else(store: DuckDBStore) -> None:
    put(store, request(1), request(2, at_us=AT_US + 60))
    tables = ("requests", "sessions", "session_hours", "hours", "prompts")
    before = {table: ask(store, f"from {table} order by all") for table in tables}
    put(store, reading("five_hour", 0.5, at_us=AT_US + 9 * HOUR_US), reading("five_hour", 0.5, session=B))
    assert {table: ask(store, f"from {table} order by all") for table in tables} == before
    assert ask(store, "select count(*) from limits") == [(2,)]


def test_the_same_again_and_a_rebuild_give_the_same(store: DuckDBStore) -> None:
    events = [request(1), reading("five_hour", 0.5), reading("five_hour", 0.6, at_us=AT_US + 60, session=B)]
    put(store, *events)
    before = ask(store, "from limits order by all")
    put(store, *events)
    assert ask(store, "from limits order by all") == before
    store.rebuild()
    assert ask(store, "from limits order by all") == before


def test_an_erasure_takes_the_readings_of_its_session_and_no_others(store: DuckDBStore) -> None:
    put(store, request(1), reading("five_hour", 0.5), reading("five_hour", 0.6, session=B))
    subject = store.subject(Selection(sessions=(A,)))
    assert subject.tables["limits"] == 1
    assert subject.kinds["usage.limit"] == 1
    with store.subject_rows(Selection(sessions=(A,))) as rows:
        assert [row[11:13] for row in rows.rows("limits")] == [("five_hour", 0.5)]
    store.erase(Selection(sessions=(A,)), "e1", remember=lambda _: None)
    assert ask(store, "select session_id, used_ratio from limits") == [(B, 0.6)]
    store.erase(Selection(everything=True), "e2", remember=lambda _: None)
    assert ask(store, "select count(*) from limits") == [(0,)]


def test_readings_have_their_time_also_where_there_is_nothing_else(store: DuckDBStore) -> None:
    put(store, reading("five_hour", 0.5))
    store.retain(AT + timedelta(days=91), confirmed=True)
    assert ask(store, "select count(*) from events") == [(0,)]
    assert ask(store, "select used_ratio from limits") == [(0.5,)]
    store.retain(AT + timedelta(days=731), confirmed=True)
    assert ask(store, "select count(*) from limits") == [(0,)]
