"""A filter by what no source told of outcomes: unknown is null with a reason, and 0 is said only where it is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tachograph.analytics.compare import compare
from tachograph.analytics.compile import compile_query
from tachograph.analytics.query import Query, parse_window
from tachograph.analytics.table import Order, Table, TableQuestion, ask_table
from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import EventKind, Source

DAY_US = 86_400_000_000
FIRST_US = 1_793_404_800_000_000  # 2026-10-31, 00:00 UTC
NOW_US = FIRST_US + 3 * DAY_US


@pytest.fixture(scope="module")
def store() -> Iterator[DuckDBStore]:
    """The first day's changes are of no known model, the second's of one; requests are told with theirs on both."""
    made = DuckDBStore(":memory:")
    change: dict[str, Any] = {"source": Source.OTEL_METRIC, "session_id": "s_1", "project": "p_1"}
    events = [
        make_event(at_us=FIRST_US + day * DAY_US + 1, request_id=f"r{day}", model="opus", cost_nanousd=10**9,
                   cost_basis="reported", session_id="s_1", project="p_1")
        for day in range(2)
    ]  # fmt: skip
    told: list[tuple[int, str | None]] = [(0, None), (1, "opus")]
    events += [
        make_event(EventKind.CODE_CHANGE, at_us=FIRST_US + day * DAY_US + 2, lines_added=10, lines_removed=4,
                   model=model, **change)
        for day, model in told
    ]  # fmt: skip
    made.write(Batch(events=events))
    made.settle()
    yield made
    made.close()


def asked(store: DuckDBStore, metrics: str, since: str = "2026-10-31", until: str = "2026-11-01", **more: Any) -> Table:
    by = more.pop("by", ())
    layout = {name: more.pop(name) for name in ("grain", "order", "limit") if name in more}
    query = Query(
        metrics=metrics.split(","), by=by, filters=more, window=parse_window(now_us=NOW_US, since=since, until=until)
    )
    return ask_table(store, TableQuestion(query=query, **layout), now=parse_window(now_us=NOW_US, range_="1h").end)  # type: ignore[arg-type]


WHY = "there is some in this time range, but no source says of which model"


def test_what_no_source_told_is_unknown_and_not_none(store):
    told = asked(store, "lines_added,lines_net,code_churn,commits,cost_usd", model=["opus"])
    assert told.result.rows == [(None, None, None, 0, 1.0)]  # nobody committed anything: that is known
    assert told.reasons == dict.fromkeys(("lines_added", "lines_net", "code_churn"), WHY)


def test_where_all_is_told_and_none_fits_it_is_none(store):
    told = asked(store, "lines_added,lines_net,commits", "2026-11-01", "2026-11-02", model=["haiku"])
    assert told.result.rows == [(0, 0, 0)]
    assert told.reasons == {}
    assert asked(store, "lines_added", "2026-11-02", "2026-11-03", model=["opus"]).result.rows == [(0,)]
    assert asked(store, "lines_added", project=["p_2"]).result.rows == [(0,)]  # every change has a project
    # of another project there is nothing that could be of the model
    assert asked(store, "lines_added", model=["opus"], project=["p_2"]).result.rows == [(0,)]


def test_what_is_found_is_told_although_there_may_be_more(store):
    told = asked(store, "lines_added,lines_net", "2026-10-31", "2026-11-02", model=["opus"])
    assert told.result.rows == [(10, 6)]
    assert asked(store, "lines_added", model=["opus", None]).result.rows == [(10,)]
    assert asked(store, "lines_added", model=[None]).result.rows == [(10,)]
    assert asked(store, "lines_added").result.rows == [(10,)]


def test_each_piece_of_time_has_its_own(store):
    told = asked(store, "lines_added,requests", "2026-10-30", "2026-11-03", grain="day", model=["opus"])
    assert [row[1:] for row in told.result.rows] == [(0, 0), (None, 1), (10, 1), (0, 0)]
    ordered = asked(
        store, "lines_added", "2026-10-30", "2026-11-03", by=("day",), order=(Order("lines_added"),), limit=5,
        model=["opus"],
    )  # fmt: skip
    assert ordered.result.rows == [("2026-11-01", 10), ("2026-10-31", None)]  # unknown is last, not 0
    assert ordered.total_rows == 2


def test_a_quotient_of_what_is_unknown_says_both_reasons(store):
    told = asked(store, "cost_per_line_usd", model=["opus"])
    assert told.result.rows == [(None,)]
    assert told.reasons["cost_per_line_usd"].endswith(f", or {WHY}")


def test_what_was_unknown_before_has_no_change(store):
    query = Query(
        metrics=["lines_added"], filters={"model": ["opus"]},
        window=parse_window(now_us=NOW_US, since="2026-11-01", until="2026-11-02"),
    )  # fmt: skip
    found = compare(store, query, [(10,)], now=parse_window(now_us=NOW_US, range_="1h").end)  # type: ignore[arg-type]
    assert (found.rows, found.changes, found.ratios) == ([(None,)], [(None,)], [(None,)])


def test_only_a_filter_that_may_miss_outcomes_costs_anything_and_then_one_more_look_at_them():
    plain = compile_query(Query(metrics=["lines_added", "cost_usd"], filters={"agent": [None]}))
    assert plain == compile_query(Query(metrics=["lines_added", "cost_usd"], filters={"agent": [None]}), untold=True)
    told = compile_query(Query(metrics=["lines_added", "lines_removed"], filters={"model": ["opus"]}), untold=True)
    assert told.sql.count("from outcomes") == 2
    two = {"model": ["opus"], "project": ["p_1"]}
    both = compile_query(Query(metrics=["lines_added", "commits"], filters=two), untold=True)
    assert both.sql.count("from outcomes") == 2
    usage = compile_query(Query(metrics=["cost_usd", "total_tokens"], filters=two), untold=True)
    assert usage == compile_query(Query(metrics=["cost_usd", "total_tokens"], filters=two))
