"""Lines and commits of a session that several sources tell of, each with holes of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tachograph.ports import Batch, Statement
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, EventKind, Source

A = "s_000000000000000a"


@pytest.fixture
def store() -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:")
    yield store
    store.close()


def told(kind: EventKind, source: Source, number: int, **attributes: Any) -> Event:
    return make_event(kind, key=f"{kind} {source} {number}", source=source, session_id=A, **attributes)


def outcome(store: DuckDBStore, column: str) -> int:
    return int(store.query(Statement(name="test", sql=f"select {column} from sessions")).rows[0][0])


def test_a_transcript_with_holes_does_not_lower_what_counters_tell(store):
    store.write(Batch(events=[told(EventKind.VCS_COMMIT, Source.OTEL_METRIC, 1, quantity=3)]))
    store.settle()
    assert outcome(store, "commits") == 3
    store.write(Batch(events=[told(EventKind.VCS_COMMIT, Source.TRANSCRIPT, 1, quantity=1)]))
    store.settle()
    assert outcome(store, "commits") == 3


def test_a_transcript_that_shows_every_change_is_believed_although_counters_say_a_line_more_for_each(store):
    changes = [told(EventKind.CODE_CHANGE, Source.TRANSCRIPT, i, lines_added=10) for i in range(3)]
    store.write(Batch(events=[*changes, told(EventKind.CODE_CHANGE, Source.OTEL_METRIC, 1, lines_added=33)]))
    store.settle()
    assert outcome(store, "lines_added") == 30


def test_counters_are_believed_where_the_transcript_shows_one_change_of_three(store):
    change = told(EventKind.CODE_CHANGE, Source.TRANSCRIPT, 1, lines_added=10)
    store.write(Batch(events=[change, told(EventKind.CODE_CHANGE, Source.OTEL_METRIC, 1, lines_added=33)]))
    store.settle()
    assert outcome(store, "lines_added") == 33
