"""Pricing again gives what would be there had the new prices held from the start, and says what it changed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tachograph.ports import Batch, PricePeriod, Repriced, Statement, Unpriced
from tachograph.store import reprice as module
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import StoreError, UnknownModel
from tachograph_sdk.model.event import Event, EventKind, Source
from tachograph_sdk.model.money import Money
from tachograph_sdk.model.usage import TokenUsage
from tests.effort import rounds
from tests.unit.store.test_settle_property import TABLES, rows, write_in_pieces
from tests.unit.store.traffic import make_traffic

A, B = "s_000000000000000a", "s_000000000000000b"
AT = 1_760_000_000_000_000  # 2025-10-09T08:53:20Z
DAY_US = 86_400_000_000


@dataclass
class Table:
    """So many nano-dollars a token, by model; unknown models have no price."""

    rates: dict[str, int]
    version: str = "new"
    fast: int = 2

    def price(self, usage: TokenUsage, *, model: str, at_us: int, speed: str | None = None, **_: Any) -> Money:
        try:
            rate = self.rates[model.removesuffix("[1m]")]
        except KeyError:
            raise UnknownModel("no") from None
        return Money((usage.context + usage.output) * rate * (self.fast if speed == "fast" else 1))

    def periods(self, model: str) -> list[PricePeriod]:
        rate = self.rates.get(model)
        plain = {"input": 10, "output": 50, "cache_read": 10 - (rate or 0), "cache_write_5m": 12, "cache_write_1h": 20}
        return [] if rate is None else [PricePeriod(from_day=None, until_day=None, **plain)]


@pytest.fixture
def store() -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:")
    yield store
    store.close()


def request(key: str, session: str = A, *, at_us: int = AT, **attributes: Any) -> Event:
    priced = {"cost_nanousd": 150, "cost_basis": "priced", "price_version": "old"}
    has = {"model": "opus", "input_tokens": 10, "output_tokens": 5, "message_id": key, **priced, **attributes}
    return make_event(key=key, source=Source.TRANSCRIPT, session_id=session, at_us=at_us, **has)


def unpriced(key: str, session: str = A, **attributes: Any) -> Event:
    event = request(key, session, cost_basis="unpriced", **attributes)
    kept = {name: value for name, value in event.attributes.items() if name not in ("cost_nanousd", "price_version")}
    return replace(event, attributes=kept)


def settle(store: DuckDBStore, *events: Event) -> None:
    store.write(Batch(events=events))
    store.settle()


def ask(store: DuckDBStore, sql: str) -> list[tuple[Any, ...]]:
    return list(store.query(Statement(name="test", sql=sql)).rows)


def test_a_new_price_reaches_events_ledger_sessions_and_totals(store):
    settle(store, request("m1"), request("m2", at_us=AT + DAY_US), request("m3", B))
    told = store.reprice(Table({"opus": 100}))
    assert (told.examined, told.changed, told.price_version) == (3, 3, "new")
    assert told.rows == [
        Repriced(model="opus", day=date(2025, 10, 9), requests=2, newly_priced=0, no_longer_priced=0, before_nanousd=300,
                 after_nanousd=3000),
        Repriced(model="opus", day=date(2025, 10, 10), requests=1, newly_priced=0, no_longer_priced=0, before_nanousd=150,
                 after_nanousd=1500),
    ]  # fmt: skip
    assert ask(store, "select sum(cost_nanousd) from requests") == [(4500,)]
    assert ask(store, "select sum(cost_nanousd) from sessions") == [(4500,)]
    assert ask(store, "select sum(cost_nanousd) from hours") == [(4500,)]
    assert ask(store, "select distinct attr(attributes, 'price_version') from events") == [("new",)]


def test_what_an_agent_reported_is_never_touched(store):
    settle(store, request("m1", cost_basis="reported"), request("m2"))
    told = store.reprice(Table({"opus": 100}))
    assert (told.examined, told.changed) == (1, 1)
    assert ask(store, "select cost_nanousd, cost_basis from requests order by message_id") == [
        (150, "reported"),
        (1500, "priced"),
    ]


def test_the_same_table_changes_nothing(store):
    settle(store, request("m1"), request("m2", B))
    before = [ask(store, f"select * from {name}") for name in ("events", *TABLES)]
    told = store.reprice(Table({"opus": 10}))
    assert (told.examined, told.changed, told.rows) == (2, 0, [])
    assert [ask(store, f"select * from {name}") for name in ("events", *TABLES)] == before
    assert ask(store, "select distinct attr(attributes, 'price_version') from events") == [("old",)]


def test_an_unpriced_model_gets_its_price_and_a_vanished_one_loses_it(store):
    settle(store, unpriced("m1", model="new"), request("m2", model="gone"), unpriced("m3", model=None))
    told = store.reprice(Table({"new": 2}))
    assert {(row.model, row.newly_priced, row.no_longer_priced, row.before_nanousd, row.after_nanousd) for row in told.rows} == {
        ("new", 1, 0, 0, 30),
        ("gone", 0, 1, 150, 0),
    }  # fmt: skip
    assert told.unpriced == [
        Unpriced(model=None, requests=1, tokens=15, first_day=date(2025, 10, 9), last_day=date(2025, 10, 9)),
        Unpriced(model="gone", requests=1, tokens=15, first_day=date(2025, 10, 9), last_day=date(2025, 10, 9)),
    ]
    found = ask(
        store, "select message_id, cost_nanousd, cost_basis, attr(attributes, 'price_version') from events order by 1"
    )
    assert found == [("m1", 30, "priced", "new"), ("m2", None, "unpriced", None), ("m3", None, "unpriced", None)]


def test_speed_tier_and_place_are_asked_for(store):
    asked = []

    class Asked(Table):
        def price(self, usage: TokenUsage, **how: Any) -> Money:
            asked.append((usage, how))
            return Money(1)

    more: dict[str, Any] = {"speed": "fast", "service_tier": "batch", "inference_geo": "us", "cache_write_tokens": 7,
            "cache_write_1h_tokens": 9, "cache_read_tokens": 4, "web_search_requests": 2}  # fmt: skip
    settle(store, request("m1", **more))
    store.reprice(Asked({}))
    usage = TokenUsage(input=10, output=5, cache_read=4, cache_write=9, cache_write_1h=9, web_search_requests=2)
    assert asked == [
        (usage, {"model": "opus", "at_us": AT, "speed": "fast", "service_tier": "batch", "inference_geo": "us"})
    ]


def test_other_attributes_stay(store):
    settle(store, request("m1", inference_geo="us", terminal='a "b" \\ é'))
    (before,) = ask(store, "select attributes from events")
    assert "old" in before[0]
    store.reprice(Table({"opus": 1}))
    (after,) = ask(store, "select attr(attributes, 'inference_geo'), attr(attributes, 'terminal') from events")
    assert after == ("us", 'a "b" \\ é')


def test_only_the_days_and_models_that_are_meant(store):
    settle(
        store,
        request("m1"),
        request("m2", at_us=AT + DAY_US),
        request("m3", at_us=AT + DAY_US, model="opus[1m]"),
        request("m4", at_us=AT + DAY_US, model="haiku"),
    )
    told = store.reprice(
        Table({"opus": 100, "haiku": 100}),
        start_us=AT + DAY_US,
        end_us=AT + DAY_US + 1,
        is_wanted=lambda m: "opus" in m,
    )
    assert told.changed == 2
    assert ask(store, "select message_id from requests where cost_nanousd = 1500 order by 1") == [("m2",), ("m3",)]
    assert store.reprice(Table({"opus": 100, "haiku": 100}), end_us=AT).examined == 0


def test_a_dry_run_says_the_same_and_changes_nothing(store, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 1)
    settle(store, request("m1"), request("m2", B, at_us=AT + DAY_US), unpriced("m3", model="x"))
    before = [ask(store, f"select * from {name}") for name in ("events", *TABLES)]
    dry = store.reprice(Table({"opus": 100, "x": 1}), dry_run=True)
    assert [ask(store, f"select * from {name}") for name in ("events", *TABLES)] == before
    assert store.reprice(Table({"opus": 100, "x": 1})) == dry
    assert dry.changed == 3


def test_one_request_that_two_sources_priced_is_one_row(store):
    otel = replace(request("m1", request_id="r1"), source=Source.OTEL_LOG, event_id="0" * 31 + "1")
    settle(store, otel, request("m1", request_id="r1"))
    told = store.reprice(Table({"opus": 1}))
    assert told.changed == 2
    (row,) = told.rows
    assert (row.requests, row.before_nanousd, row.after_nanousd) == (1, 150, 15)


def test_usage_that_only_counters_saw_follows_the_prices(store):
    events = [
        make_event(EventKind.USAGE_COUNTER, key=f"c{n}", source=Source.OTEL_METRIC, at_us=AT + n * 9 * DAY_US, session_id=session,
                   counter="output", quantity=100, model="opus")
        for n, session in enumerate((A, None))
    ]  # fmt: skip
    other = DuckDBStore(":memory:", prices=Table({"opus": 3}))
    try:
        settle(other, *events)
        assert ask(other, "select sum(cost_nanousd) from requests") == [(600,)]
        told = other.reprice(Table({"opus": 5}))
        assert (told.residual_before_nanousd, told.residual_after_nanousd) == (600, 1000)
        assert ask(other, "select sum(cost_nanousd) from requests") == [(1000,)]
        assert ask(other, "select sum(cost_nanousd) from hours") == [(1000,)]
    finally:
        other.close()


def test_progress_counts_events(store, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 2)
    settle(store, *(request(f"m{n}", f"s_{n // 2:016x}") for n in range(6)))
    seen: list[tuple[int, int]] = []
    store.reprice(Table({"opus": 1}), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 6), (4, 6), (6, 6)]


def test_a_failure_leaves_whole_chunks(store, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 1)
    settle(store, request("m1"), request("m2", B))

    class Breaks(Table):
        def price(self, usage: TokenUsage, **how: Any) -> Money:
            if len(calls) == 1:
                raise StoreError("broken")
            calls.append(1)
            return Money(7)

    calls: list[int] = []
    with pytest.raises(StoreError):
        store.reprice(Breaks({}))
    assert ask(store, "select sum(cost_nanousd) from events") == [(157,)]
    assert ask(store, "select sum(cost_nanousd) from requests") == [(157,)]
    store.reprice(Table({"opus": 1}))
    assert ask(store, "select sum(cost_nanousd) from requests") == [(30,)]


def _as_priced(event: Event, table: Table) -> Event:
    """What the pipeline would have made of it."""
    if event.kind is not EventKind.API_REQUEST or event.attributes.get("cost_basis") not in ("priced", "unpriced"):
        return event
    has = {k: v for k, v in event.attributes.items() if k not in ("cost_nanousd", "cost_basis", "price_version")}
    try:
        cost = table.price(TokenUsage.from_attributes(has), model=str(has["model"]), at_us=event.at_us)
    except UnknownModel:
        return replace(event, attributes={**has, "cost_basis": "unpriced"})
    return replace(
        event, attributes={**has, "cost_nanousd": cost.nanousd, "cost_basis": "priced", "price_version": table.version}
    )


def _without_reports(events: list[Event], chance: random.Random) -> list[Event]:
    """Some agents report no cost: their events are unpriced."""
    old: Callable[[Event], Event] = lambda e: _as_priced(  # noqa: E731
        replace(e, attributes={**e.attributes, "cost_basis": "unpriced"}), Table({"opus": 3}, version="old")
    )
    return [old(e) if e.kind is EventKind.API_REQUEST and chance.random() < 0.6 else e for e in events]


@pytest.mark.timeout(300)
@settings(max_examples=rounds(1, thorough=4), deadline=None)
@given(st.integers(0, 10**9))
def test_pricing_again_equals_having_priced_so_from_the_start(seed):
    chance = random.Random(seed)
    events = _without_reports(make_traffic(seed).events, chance)
    table = Table({"opus": 5, "haiku": 7} if chance.random() < 0.5 else {"haiku": 2})
    one, two = DuckDBStore(":memory:", prices=table), DuckDBStore(":memory:", prices=table)
    module.CHUNK = chance.choice([1, 3, 10_000])
    try:
        write_in_pieces(one, events, chance)
        one.reprice(table)
        write_in_pieces(two, [_as_priced(event, table) for event in events], chance)
        first = {name: rows(one, name) for name in TABLES}
        for name in TABLES:
            assert rows(two, name) == first[name], f"{name} differs from prices that held from the start"
        one.rebuild()
        for name in TABLES:
            assert rows(one, name) == first[name], f"rebuild changed {name}"
    finally:
        module.CHUNK = 20_000
        one.close()
        two.close()
