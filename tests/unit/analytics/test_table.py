"""A table has no holes in time, is in the order asked for, pages without loss or double, and says why a cell is null."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tachograph.analytics.compile import answer
from tachograph.analytics.coverage import answer_with_coverage
from tachograph.analytics.pieces import PIECES
from tachograph.analytics.query import Query, Window
from tachograph.analytics.table import Order, Table, TableQuestion, ask_table, parse_order
from tachograph.analytics.zones import find_zone
from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import QueryError, QueryTooLarge, UnknownMetric
from tachograph_sdk.model.event import EventKind

NOW = datetime.fromisoformat("2026-11-20T12:00:00")
START = datetime.fromisoformat("2026-11-10")
US = 1_000_000


def us(moment: datetime) -> int:
    return (moment - datetime.fromisoformat("1970-01-01")) // timedelta(microseconds=1)


@pytest.fixture(scope="module")
def store() -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:")
    events = []
    for number in range(60):
        at = START + timedelta(hours=number * 7 % 200)
        cost: dict[str, Any] = {"cost_nanousd": number % 7 * 1_000_000, "cost_basis": "reported"}
        if number % 9 == 0:
            cost = {"cost_basis": "unpriced"}
        events.append(
            make_event(
                key=f"k{number}",
                request_id=f"r{number}",
                at_us=us(at),
                session_id=f"s_{number:02}",
                model=None if number % 10 == 3 else f"m{number % 4}",
                input_tokens=number,
                **cost,
            )
        )
    events.append(
        make_event(EventKind.TOOL_CALL, key="t", tool_use_id="t", tool_name="Bash", success=True, at_us=us(START))
    )
    store.write(Batch(events=events))
    store.settle()
    yield store
    store.close()


def asked(store: DuckDBStore, metrics: str, by: str = "", **options: Any) -> Table:
    window = options.pop("window", Window(start=START, end=NOW))
    filters = options.pop("filters", {})
    query = Query(metrics=metrics.split(","), by=by.split(",") if by else (), window=window, filters=filters)
    options["order"] = parse_order(options.pop("order", "").split(",")) if options.get("order") else ()
    return ask_table(store, TableQuestion(query=query, **options), now=NOW)


def test_without_a_layout_it_is_the_answer_with_its_coverage(store: DuckDBStore) -> None:
    for by in ("", "model", "day,model"):
        table = asked(store, "requests,cost_usd,cache_hit_ratio", by)
        query = table.question.query
        plain, coverage, by_row = answer_with_coverage(store, query)
        assert (list(table.result.rows), table.coverage, table.row_coverage) == (plain.rows, coverage, by_row)
        assert table.total_rows == len(plain.rows)


@pytest.mark.parametrize("order", ["", "-cost_usd", "cost_usd,-model", "-requests,day", "model"])
def test_pages_are_the_whole_in_order_without_loss_or_double(store: DuckDBStore, order: str) -> None:
    whole = asked(store, "requests,cost_usd,cache_hit_ratio", "day,model", order=order)
    for limit in (1, 3, 7, 1000):
        rows: list[Any] = []
        rests: list[Any] = []
        offset = 0
        while True:
            page = asked(
                store, "requests,cost_usd,cache_hit_ratio", "day,model", order=order, limit=limit, offset=offset
            )
            assert page.total_rows == whole.total_rows
            assert page.coverage == whole.coverage, "it is of all rows, not of the page"
            if not page.result.rows:
                break
            rows += page.result.rows
            rests += page.row_coverage or []
            offset += limit
        assert rows == list(whole.result.rows)
        assert rests == list(whole.row_coverage or [])


def test_the_order_is_that_of_the_values_nulls_last_and_ties_by_the_dimensions(store: DuckDBStore) -> None:
    rows = asked(store, "cost_microusd,requests", "session", order="-cost_microusd").result.rows
    expected = sorted(
        asked(store, "cost_microusd,requests", "session").result.rows, key=lambda row: (-row[1], row[0] is None, row[0])
    )
    assert list(rows) == expected
    models = [row[0] for row in asked(store, "requests", "model", order="-model").result.rows]
    assert models == ["m3", "m2", "m1", "m0", None]
    models = [row[0] for row in asked(store, "requests", "model", order="model").result.rows]
    assert models == ["m0", "m1", "m2", "m3", None]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata"])
@pytest.mark.parametrize("grain", PIECES)
def test_a_grain_has_every_piece_and_each_row_of_the_answer_once(store: DuckDBStore, grain: Any, zone: str) -> None:
    window = Window(start=START - timedelta(days=3), end=NOW + timedelta(hours=5), zone=find_zone(zone))
    query = Query(metrics=["requests", "cache_hit_ratio"], by=[grain, "model"], window=window)
    plain = {row[:2]: row for row in answer(store, query).rows}
    table = asked(store, "requests,cache_hit_ratio", "model", grain=grain, window=window)
    assert list(table.result.columns) == [grain, "model", "requests", "cache_hit_ratio"]
    found = {row[:2]: row for row in table.result.rows}
    assert len(found) == len(table.result.rows) == table.total_rows
    assert {key: row for key, row in found.items() if key in plain} == plain
    assert {row[2:] for key, row in found.items() if key not in plain} <= {(0, None)}
    pieces, models = {key[0] for key in found}, {key[1] for key in found}
    assert len(found) == len(pieces) * len(models)
    hours = {"hour": 1, "day": 24, "week": 168, "month": 720}[grain]
    assert len(pieces) >= (13 * 24 + 17) // hours


def test_a_grain_alone_has_every_piece_of_an_empty_window_and_its_figures_rest_on_nothing(store: DuckDBStore) -> None:
    window = Window(start=datetime.fromisoformat("2027-01-01"), end=datetime.fromisoformat("2027-01-04"))
    table = asked(store, "requests,cost_usd,cache_hit_ratio", grain="day", window=window)
    assert list(table.result.rows) == [(f"2027-01-0{day}", 0, 0, None) for day in (1, 2, 3)]
    assert table.coverage == {"share": None, "residual_share": None, "unpriced_requests": 0}
    assert set(table.reasons) == {"cache_hit_ratio"}
    assert table.reasons["cache_hit_ratio"]
    assert list(asked(store, "requests", "model", grain="day", window=window).result.rows) == []


def test_pieces_can_be_ordered_and_paged_too(store: DuckDBStore) -> None:
    whole = asked(store, "requests", grain="day", order="-day").result.rows
    assert [row[0] for row in whole] == sorted((row[0] for row in whole), reverse=True)
    page = asked(store, "requests", grain="day", order="-day", limit=2, offset=1)
    assert (list(page.result.rows), page.total_rows) == (list(whole[1:3]), 11)


def test_what_cannot_be_asked_says_why(store: DuckDBStore) -> None:
    for options, error, told in (
        ({"metrics": "nonsense"}, UnknownMetric, "nonsense"),
        ({"metrics": "requests", "order": "cost_usd"}, QueryError, "not a column"),
        ({"metrics": "requests", "by": "day", "order": "day,-day"}, QueryError, "twice"),
        ({"metrics": "requests", "by": "week", "grain": "day"}, QueryError, "another piece"),
        ({"metrics": "requests", "grain": "hour", "window": Window(start=START - timedelta(days=9999))}, QueryTooLarge, "pieces"),
    ):  # fmt: skip
        with pytest.raises(error, match=told):
            asked(store, **options)


def test_an_answer_is_bounded_also_where_it_is_only_ordered(store: DuckDBStore) -> None:
    assert asked(store, "requests", "session", order="-requests").total_rows == 60
    assert parse_order(["-a", "b"]) == (Order("a", falling=True), Order("b"))


@pytest.mark.parametrize(
    ("hours", "grain"),
    [(1, "hour"), (48, "hour"), (49, "day"), (2400, "day"), (2401, "week"), (17568, "week"), (17569, "month")],
)
def test_a_grain_can_be_as_fits_the_window(store: DuckDBStore, hours: int, grain: str) -> None:
    window = Window(start=NOW - timedelta(hours=hours), end=NOW)
    assert asked(store, "requests", grain="auto", window=window).question.grain == grain
    open_window = asked(store, "requests", grain="auto", window=Window())
    assert open_window.question.grain == "day", "it is as long as what there is"
    assert open_window.result.columns[0] == "day"
