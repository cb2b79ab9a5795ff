"""Events as columns: the same rows as events that are written as such, wherever they were packed."""

from __future__ import annotations

import msgspec
import pytest

from tachograph.ports import Batch, EventColumns, Statement
from tachograph.store.columns import pack
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import DropReason, Event, EventKind
from tests.unit.store.traffic import make_traffic


def rows_of(store: DuckDBStore, table: str = "events", *, without: str = "seq") -> list[tuple[object, ...]]:
    sql = f"select * exclude ({without}) from {table} order by all"
    return [tuple(row) for row in store.query(Statement(name=table, sql=sql)).rows]


def sent(events: list[Event]) -> EventColumns:
    """Packed in one process, unpacked in another."""
    body = msgspec.msgpack.encode(pack(events))
    return msgspec.msgpack.decode(body, type=EventColumns)


def test_events_packed_elsewhere_are_the_rows_that_events_are():
    events = make_traffic(1).events
    events += [make_event(model=f"m{i}", length_chars=i, terminal="→\u2028\n", success=i % 3 == 0) for i in range(60)]
    events += [make_event(EventKind.PROMPT, session_id=None if i % 2 else "s_1") for i in range(60)]
    whole, parts = DuckDBStore(":memory:"), DuckDBStore(":memory:")
    assert whole.write(Batch(events=events)).new == len(events)
    cut = len(events) // 3
    columns = [sent(events[:cut]), sent([]), sent(events[cut:])]
    assert parts.write(Batch(columns=columns)).new == len(events)
    assert rows_of(parts) == rows_of(whole)
    whole.close()
    parts.close()


def test_an_event_that_several_parts_hold_is_stored_once_and_every_session_that_holds_it_is_remembered():
    shared = [make_event(key=f"k{i}", session_id="s_parent", input_tokens=i) for i in range(40)]
    copies = [make_event(key=f"k{i}", session_id="s_fork", input_tokens=i) for i in range(40)]
    own = [make_event(key=f"own{i}", session_id="s_fork") for i in range(5)]
    store = DuckDBStore(":memory:")
    result = store.write(Batch(columns=[sent(shared), sent([*copies, *own]), sent([*own, *own])]))
    assert (result.new, result.duplicate) == (45, 50)
    held = store.query(Statement(name="copies", sql="select session_id, count(*) from event_copies group by 1")).rows
    assert [tuple(row) for row in held] == [("s_fork", 40)]
    again = store.write(Batch(columns=[sent(own)], events=shared))
    assert (again.new, again.duplicate) == (0, 45)
    store.close()


def test_a_value_that_fits_no_column_is_left_out_and_counted_wherever_it_was_packed():
    events = [make_event(model=5 if i == 7 else "m", input_tokens=2**70 if i == 9 else i) for i in range(60)]
    store = DuckDBStore(":memory:")
    assert store.write(Batch(columns=[sent(events)])).new == 60
    assert store.drops() == {(DropReason.BAD_NUMBER, "model"): 1, (DropReason.BAD_NUMBER, "input_tokens"): 1}
    sql = "select count(*), count(model), count(input_tokens) from events"
    assert store.query(Statement(name="count", sql=sql)).rows == [(60, 59, 59)]
    store.close()


def test_what_has_no_time_of_its_own_is_known_again_as_columns_too():
    store = DuckDBStore(":memory:")
    for arrival in (1, 2):
        at_us = 1_795_000_000_000_000 + arrival * 3_600_000_000
        assert pack([make_event(key="undated", at_us=at_us, received_us=at_us)]).undated
        store.write(Batch(columns=[sent([make_event(key="undated", at_us=at_us, received_us=at_us)])]))
    assert len(rows_of(store)) == 1
    store.close()


@pytest.mark.parametrize("rows", [1, 100])
@pytest.mark.parametrize("absurd", [10**13 + 1, 2**63 - 1, -(2**63)])
def test_a_count_that_can_be_none_is_left_out_and_stops_nobody(absurd, rows):
    """Two of these in one record would overflow every sum that they are in, and the store could settle nothing any more."""
    wrong = dict.fromkeys(("input_tokens", "output_tokens", "cache_read_tokens", "cost_nanousd"), absurd)
    events = [
        make_event(key=f"k{n}", request_id=f"r{n}", model="m", cost_basis="reported", **wrong) for n in range(rows)
    ]
    events.append(
        make_event(
            key="good", request_id="good", model="m", input_tokens=10**13, cost_nanousd=10**13, cost_basis="reported"
        )
    )
    store = DuckDBStore(":memory:")
    store.write(Batch(columns=[sent(events)]))
    store.settle()
    sql = "select count(*), sum(input_tokens), sum(output_tokens), sum(cost_nanousd) from requests"
    assert store.query(Statement(name="sums", sql=sql)).rows == [(rows + 1, 10**13, 0, 10**13)]
    assert store.drops()[DropReason.BAD_NUMBER, "input_tokens"] == rows
    store.close()
