"""A counter that counts the prompt with its cache, where none counts the cache: it is held against the whole prompt."""

from __future__ import annotations

from typing import Any

import pytest

from tachograph.ports import Batch, Statement
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, EventKind, Source

SESSION = "s_000000000000000a"
ROW: dict[str, Any] = {
    "model": "m",
    "input_tokens": 200,
    "cache_read_tokens": 1000,
    "cache_write_tokens": 30,
    "output_tokens": 7,
}

with_or_without_session = pytest.mark.parametrize("session", [SESSION, None])


def counter(counts: str, quantity: int, session: str | None, at_us: int = 1_760_000_000_000_000) -> Event:
    return make_event(
        EventKind.USAGE_COUNTER,
        key=f"{counts}{quantity}",
        source=Source.OTEL_METRIC,
        session_id=session,
        at_us=at_us,
        model="m",
        counter=counts,
        quantity=quantity,
    )


def residual(session: str | None, *counters: Event) -> dict[str, Any] | None:
    store = DuckDBStore(":memory:")
    try:
        row = make_event(
            EventKind.API_REQUEST, key="r", source=Source.OTEL_SPAN, session_id=session, message_id="m1", **ROW
        )
        store.write(Batch(events=[row, *counters]))
        store.settle()
        sql = "select input_tokens, cache_read_tokens, cache_write_tokens from requests where outcome = 'residual'"
        found = store.query(Statement(name="test", sql=sql)).records()
        return found[0] if found else None
    finally:
        store.close()


@with_or_without_session
def test_it_leaves_nothing_where_the_rows_show_as_much(session: str | None) -> None:
    assert residual(session, counter("input_total", 1230, session)) is None


@with_or_without_session
def test_what_it_says_beyond_is_input(session: str | None) -> None:
    found = residual(session, counter("input_total", 1280, session))
    assert found == {"input_tokens": 50, "cache_read_tokens": 0, "cache_write_tokens": 0}


@with_or_without_session
def test_a_class_that_is_counted_is_not_held_against_it_twice(session: str | None) -> None:
    counters = [counter("input_total", 1240, session), counter("cache_read", 1000, session)]
    assert residual(session, *counters) == {"input_tokens": 10, "cache_read_tokens": 0, "cache_write_tokens": 0}
    counters.append(counter("cache_write", 30, session))
    assert residual(session, *counters) == {"input_tokens": 10, "cache_read_tokens": 0, "cache_write_tokens": 0}
