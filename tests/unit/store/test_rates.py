"""What a cached token saves: from the price table, for the models of the ledger, and made again with another table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest

from tachograph.ports import Batch, PricePeriod
from tachograph.pricing.price import PriceTable
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import UnknownModel
from tachograph_sdk.model.event import EventKind, Source
from tachograph_sdk.model.money import Money
from tachograph_sdk.model.subject import Selection
from tachograph_sdk.model.usage import TokenUsage

APRIL = date(2025, 4, 1)


class Table:
    """One known model, dearer from April on."""

    def __init__(self) -> None:
        self.version = "1"
        self.read = 1
        self.asked: list[str] = []

    def price(self, usage: TokenUsage, **_: Any) -> Money:
        raise UnknownModel("no")

    def periods(self, model: str) -> list[PricePeriod]:
        self.asked.append(model)
        if model != "opus":
            return []
        first = PricePeriod(
            from_day=None,
            until_day=APRIL,
            input=10,
            output=50,
            cache_read=self.read,
            cache_write_5m=12,
            cache_write_1h=20,
        )
        return [
            first,
            PricePeriod(
                from_day=APRIL, until_day=None, input=20, output=90, cache_read=2, cache_write_5m=25, cache_write_1h=40
            ),
        ]


@pytest.fixture
def prices() -> Table:
    return Table()


@pytest.fixture
def store(prices: Table) -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:", prices=prices)
    yield store
    store.close()


def put(store: DuckDBStore, key: str, model: str, **attributes: Any) -> None:
    event = make_event(key=key, request_id=key, model=model, output_tokens=1, **attributes)
    store.write(Batch(events=[event]))
    store.settle()


def rates(store: DuckDBStore) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in store.query_sql("select * from rates order by model, from_at nulls first").rows]


OPUS = [
    ("opus", None, datetime.fromisoformat("2025-04-01"), 9, 2, 10, 10, 50),
    ("opus", datetime.fromisoformat("2025-04-01"), None, 18, 5, 20, 20, 90),
]


def test_a_model_of_the_ledger_has_its_rates_and_is_asked_for_once(store, prices):
    put(store, "1", "opus[1m]")
    put(store, "2", "opus")
    put(store, "3", "nobody-knows")
    put(store, "4", "nobody-knows")
    assert rates(store) == OPUS
    assert prices.asked == ["opus", "nobody-knows"]


def test_a_model_that_only_a_counter_names_has_its_rates(store):
    counter: dict[str, Any] = {"counter": "input", "quantity": 5, "model": "opus"}
    store.write(
        Batch(events=[make_event(EventKind.USAGE_COUNTER, source=Source.OTEL_METRIC, session_id=None, **counter)])
    )
    store.settle()
    assert rates(store) == OPUS


def test_another_table_makes_all_rates_anew(store, prices):
    put(store, "1", "opus")
    prices.version, prices.read = "2", 4
    put(store, "2", "other")
    assert [row[3] for row in rates(store)] == [6, 18]
    prices.version, prices.read = "3", 5
    store.reprice(prices, dry_run=True)
    assert [row[3] for row in rates(store)] == [6, 18]
    store.reprice(prices)
    assert [row[3] for row in rates(store)] == [5, 18]
    assert store.query_sql("select distinct price_version from rated").rows == [("3",)]


def test_rates_of_an_older_store_are_made_anew_with_what_they_lacked(store):
    put(store, "1", "opus")
    store._writer.execute("alter table rates drop column input_femtousd; alter table rates drop column output_femtousd")
    store._writer.execute(files("tachograph.store").joinpath("migrations/0012_plain_rates.sql").read_text("utf-8"))
    assert {row[-2:] for row in rates(store)} == {(None, None)}
    put(store, "2", "opus")
    assert rates(store) == OPUS


def test_a_model_of_which_nothing_is_left_is_forgotten(store):
    put(store, "1", "opus", session_id="s_1")
    put(store, "2", "ft:somebody:own", session_id="s_2")
    assert store.query_sql("select count(*) from rated").rows == [(2,)]
    everything_of = Selection(users=(), sessions=("s_2",), organizations=(), repositories=(), projects=())
    store.erase(everything_of, "e1", remember=lambda _: None)
    assert store.find_values(["ft:somebody"]) == []
    assert rates(store) == OPUS


def test_the_packaged_table_tells_plain_rates_day_by_day():
    table = PriceTable.load()
    for model in ("claude-opus-4-5", "deepseek-chat", "gemini-2.5-pro"):
        periods = table.periods(model)
        assert periods
        for period in periods:
            for day in (
                period.from_day,
                period.until_day and period.until_day.fromordinal(period.until_day.toordinal() - 1),
            ):
                row = table.row_on(model, day or date(2026, 6, 1))
                assert row is not None
                plain = row.tiers[0][1]
                assert (plain.input, plain.cache_read) == (period.input, period.cache_read)
                assert (plain.cache_write_5m, plain.cache_write_1h) == (period.cache_write_5m, period.cache_write_1h)
        for one, other in pairwise(periods):
            assert one.until_day is not None
            assert other.from_day is not None
            assert one.until_day <= other.from_day
    assert table.periods("nobody-knows-it") == []
