"""What every store promises, run over each kind of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tachograph.analytics.query import Window
from tachograph.analytics.report import build_report
from tachograph.ports import Batch, FileState, Position, Quarantined, Statement, Store, StreamState
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import QueryError, QueryTooLarge, StoreError
from tachograph_sdk.model.event import DropReason, EventKind, Source
from tests.unit.store.traffic import make_traffic

KINDS = {"memory": lambda folder: ":memory:", "file": lambda folder: folder / "store.duckdb"}


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = DuckDBStore(KINDS[request.param](tmp_path))
    yield store
    store.close()


def count(store: Store, table: str = "events") -> int:
    return store.query(Statement(name="count", sql=f"select count(*) from {table}")).rows[0][0]


def test_writing_the_same_events_again_changes_nothing(store):
    events = make_traffic(3).events
    unique = len({e.event_id for e in events})
    first = store.write(Batch(events=events))
    again = store.write(Batch(events=list(reversed(events))))
    assert (first.new, first.duplicate) == (unique, len(events) - unique)
    assert (again.new, again.duplicate) == (0, len(events))
    assert count(store) == unique


def test_events_of_ten_years_in_one_batch_are_found_again(store):
    events = [make_event(key=str(i), at_us=1_500_000_000_000_000 + i * 86_400_000_000 * 36) for i in range(100)]
    store.write(Batch(events=events))
    assert store.write(Batch(events=events[40:60])).new == 0


def test_a_failed_batch_leaves_nothing_behind(store):
    good = [make_event(key=str(i)) for i in range(5)]
    broken = replace(make_event(), at_us=10**30)  # no store can keep such a time
    with pytest.raises((StoreError, OverflowError)):
        store.write(Batch(events=[*good, broken], drops={(DropReason.BAD_LINE, "x"): 1}, position=Position(3, 4)))
    assert (count(store), count(store, "drops"), store.position()) == (0, 0, Position(0, 0))
    assert store.write(Batch(events=good)).new == 5


def test_the_rest_of_a_batch_is_kept_with_it(store):
    state = FileState(file_id="f_1", inode=2**64 - 1, size_bytes=10, mtime_ns=3, offset=7, lines=2, head="abc")
    aside = Quarantined(origin="f_1", place="line 7", reason=DropReason.BAD_LINE, detail="not JSON", size_bytes=9)
    batch = Batch(
        drops={(DropReason.UNKNOWN_ATTRIBUTE, "x"): 2},
        position=Position(5, 17),
        streams={"a": StreamState(start_ns=1, at_ns=2, value=3.5)},
        files=[state],
        quarantined=[aside, aside],
    )
    store.write(batch)
    later = replace(state, offset=10)
    store.write(
        Batch(
            files=[state, later],
            streams={"a": StreamState(start_ns=1, at_ns=9, value=4)},
            drops=batch.drops,
            quarantined=[aside],
        )
    )
    assert store.position() == Position(5, 17)
    assert store.files() == {"f_1": later}
    assert store.streams() == {"a": StreamState(start_ns=1, at_ns=9, value=4)}
    assert store.query(Statement(name="drops", sql="select * from drops")).rows == [("unknown_attribute", "x", 4)]
    assert count(store, "quarantine") == 1


def test_a_value_of_the_wrong_type_is_left_out_and_counted_and_its_event_kept(store):
    odd = [
        make_event(input_tokens=5.5, model="a\ud800"),
        make_event(input_tokens=2**70, success=3, terminal="\ud800"),
        make_event(input_tokens=6, duration_ms=float("inf")),
        make_event(input_tokens=7, duration_ms=3, tool_name="Ωmega\0"),
    ]
    assert store.write(Batch(events=odd)).new == 4
    store.settle()
    assert store.query(Statement(name="sum", sql="select sum(input_tokens), count(*) from requests")).rows == [(13, 4)]
    dropped = dict(store.query(Statement(name="drops", sql="select name, quantity from drops")).rows)
    assert {"input_tokens": 2, "model": 1, "success": 1, "terminal": 1}.items() <= dropped.items()
    store.rebuild()  # nothing is in the store that no later question could read


def test_attributes_without_a_column_are_kept_as_json(store):
    store.write(Batch(events=[make_event(terminal='ti"ck', sequence=4, is_sidechain=True)]))
    sql = "select attr(attributes, 'terminal') as t, attr(attributes, 'sequence') as s from events"
    assert store.query(Statement(name="attr", sql=sql)).rows == [('ti"ck', "4")]


def test_what_is_not_settled_is_not_shown_and_settling_shows_all_of_it_at_once(store):
    store.write(Batch(events=make_traffic(2).events))
    assert build_report(store, Window()).totals["requests"] == 0
    store.settle()
    traffic = make_traffic(2)
    totals = build_report(store, Window()).totals
    assert (totals["requests"], totals["tool_calls"]) == (traffic.requests, traffic.tool_calls)
    assert totals["cost_microusd"] * 1000 == traffic.cost_nanousd


def test_values_are_bound_never_pasted(store):
    store.write(Batch(events=[make_event(model="x'; drop table events; --")]))
    store.settle()
    sql = "select count(*) from requests where model = $model"
    assert store.query(Statement(name="q", sql=sql, parameters={"model": "x'; drop table events; --"})).rows == [(1,)]


def test_too_many_rows_and_wrong_sql_are_query_errors(store):
    store.write(Batch(events=[make_event() for _ in range(20)]))
    with pytest.raises(QueryTooLarge, match="more than 10 rows"):
        store.query(Statement(name="q", sql="select event_id from events"), max_rows=10)
    assert len(store.query(Statement(name="q", sql="select event_id from events"), max_rows=20).rows) == 20
    with pytest.raises(QueryError):
        store.query(Statement(name="q", sql="select nothing from nowhere"))


def test_queries_do_not_write(store):
    with pytest.raises(QueryError):
        store.query(Statement(name="q", sql="delete from events returning *"))


def test_many_threads_write_and_ask_at_once(store):
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for round_ in range(3):
                events = [make_event(key=f"{n % 2} {round_} {n}") for n in range(50)]
                store.write(Batch(events=events))
                store.settle()
                count(store, "requests")
        except BaseException as error:  # noqa: BLE001 - shown below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert (count(store), count(store, "requests")) == (150, 150)


def test_closing_twice_is_safe_and_a_closed_store_says_so(store):
    store.close()
    store.close()
    with pytest.raises(StoreError):
        store.write(Batch(events=[make_event()]))


def test_kinds_and_sources_are_stored_by_their_plain_names(store):
    store.write(Batch(events=[make_event(EventKind.TOOL_CALL, source=Source.OTEL_SPAN)]))
    sql = "select kind, source from events"
    assert store.query(Statement(name="q", sql=sql)).rows == [("tool.call", "otel_span")]
