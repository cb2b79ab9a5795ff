"""What a figure rests on: computed by hand, per source, counter, agent, model and row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tachograph.analytics.coverage import answer_with_coverage, compact, percent
from tachograph.analytics.query import Query, Window
from tachograph.analytics.report import build_report
from tachograph.analytics.zones import find_zone
from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, EventKind, Source

A, B = "s_000000000000000a", "s_000000000000000b"
AT = 1_760_000_000_000_000  # 2025-10-09T08:53:20Z


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture
def store() -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:")
    yield store
    store.close()


def settle(store: DuckDBStore, *events: Event) -> None:
    store.write(Batch(events=events))
    store.settle()


def request(source: Source, number: int, *, input: int = 100, output: int = 10, **more: Any) -> Event:  # noqa: A002
    told = {"session_id": A, "at_us": AT, "model": "opus", "cost_nanousd": 5_000_000, "cost_basis": "reported", **more}
    return make_event(
        key=f"{number}", source=source, request_id=f"r{number}", input_tokens=input, output_tokens=output, **told
    )


def counter(name: str, quantity: int, **more: Any) -> Event:
    value = {"cost_nanousd": quantity} if name == "cost" else {"quantity": quantity}
    told = {"session_id": A, "at_us": AT, "model": "opus", "source": Source.OTEL_METRIC, **value, **more}
    return make_event(EventKind.USAGE_COUNTER, key=f"{name} {told}", counter=name, **told)


def coverage(store: DuckDBStore, window: Window | None = None) -> dict[str, Any]:
    found: dict[str, Any] = build_report(store, window or Window()).totals["coverage"]
    return found


def test_each_source_has_what_it_told_not_what_the_ledger_made_of_it(store):
    settle(
        store,
        request(Source.OTEL_LOG, 1),
        request(Source.TRANSCRIPT, 1, output=1, cost_nanousd=4_000_000, cost_basis="priced"),  # a placeholder
        request(Source.OTEL_SPAN, 2, input=50, output=5),
        request(Source.CONSOLE, 3),
        request(Source.HOOK, 4, input=20, output=2),
        request(Source.SDK, 5, input=30, output=3),
    )
    found = coverage(store)
    told = {
        name: (s["requests"], s["input_tokens"], s["output_tokens"], s["cost_microusd"])
        for name, s in found["sources"].items()
    }
    assert told == {
        "otel_log": (1, 100, 10, 5000), "otel_span": (1, 50, 5, 5000), "console": (1, 100, 10, 5000),
        "transcript": (1, 100, 1, 4000), "hook": (1, 20, 2, 5000), "sdk": (1, 30, 3, 5000),
    }  # fmt: skip
    assert found["sources"]["transcript"]["share"] == 101 / 330
    assert found["summary"] == "coverage 100 %, residual 0 %, seen by transcript, OTel, console, hooks and SDK"


def test_what_a_source_left_out_stays_exact_in_any_window(store):
    settle(store, *[request(Source.OTEL_LOG, n, at_us=AT + n * 60_000_000) for n in range(100)])
    settle(store, *[request(Source.TRANSCRIPT, n, output=n % 3, at_us=AT + n * 60_000_000) for n in range(0, 100, 2)])
    window = Window(start=at("2025-10-09T09:03:20"), end=at("2025-10-09T10:13:20"))  # requests 10 to 79
    found = coverage(store, window)["sources"]
    assert (found["otel_log"]["requests"], found["otel_log"]["output_tokens"]) == (70, 700)
    assert found["transcript"]["output_tokens"] == sum(n % 3 for n in range(10, 80, 2))
    store.rebuild()
    assert coverage(store, window)["sources"] == found


def test_counters_that_say_more_and_counters_that_say_less_are_both_shown(store):
    settle(
        store,
        request(Source.OTEL_LOG, 1, input=100, output=10),
        counter("input", 130), counter("output", 10), counter("cost", 5_000_000),
        request(Source.OTEL_LOG, 2, input=70, output=7, session_id=B),
        counter("input", 40, session_id=B), counter("output", 7, session_id=B),
        request(Source.OTEL_LOG, 3, input=1000, output=0, session_id="s_000000000000000c", agent="codex"),
    )  # fmt: skip
    found = coverage(store)
    assert found["residual"]["tokens"] == 30
    assert found["share"] == 1187 / 1217
    assert found["summary"] == "coverage 97.5 %, residual 2.5 %, seen by OTel and counters"
    counters = found["counters"]
    assert counters["below"] == {
        "sessions": 1, "input_tokens": 30, "output_tokens": 0, "cache_read_tokens": 0, "cache_write_tokens": 0, "cost_microusd": 0,
    }  # fmt: skip
    assert counters["ways"]["otel_metric"]["below"] == counters["below"]
    assert (counters["ways"]["otel_metric"]["input_tokens"], counters["ways"]["otel_metric"]["sessions"]) == (170, 2)
    assert counters["confirmed_tokens"] == 110 + 47
    assert counters["by_request_only_tokens"] == 1187 - 157
    assert counters["by_counter_only_tokens"] == 30
    notes = build_report(store, Window()).notes
    assert "30 tokens were seen only by the agent's counters, not request by request" in notes
    assert any("in 1 session " in note and "30 tokens" in note for note in notes)
    agents = found["agents"]
    assert (agents["codex"]["share"], agents["codex"]["sources"]) == (1.0, ["otel_log"])
    assert agents["claude_code"]["residual_tokens"] == 30
    assert agents["claude_code"]["share"] == 187 / 217


def test_of_two_ways_in_the_larger_count_is_the_one_that_is_compared(store):
    settle(
        store,
        request(Source.OTEL_LOG, 1, input=100, output=0),
        counter("input", 60),
        counter("input", 100, source=Source.CONSOLE),
    )
    counters = coverage(store)["counters"]
    assert counters["below"]["input_tokens"] == 0
    assert counters["ways"]["otel_metric"]["below"]["input_tokens"] == 40
    assert counters["confirmed_tokens"] == 100


def test_usage_without_a_price_is_named_with_its_tokens(store):
    unknown: dict[str, Any] = {"cost_nanousd": None, "cost_basis": "unpriced"}
    settle(
        store,
        request(Source.TRANSCRIPT, 1, model="mystery", **unknown),
        request(Source.TRANSCRIPT, 2, model="mystery", **unknown),
        request(Source.TRANSCRIPT, 3, model=None, input=7, output=0, agent="codex", **unknown),
        counter("input", 55, model="nobody-knows", session_id=B),
        request(Source.OTEL_LOG, 4),
    )
    found = coverage(store)
    assert [(e["model"], e["agent"], e["requests"], e["input_tokens"], e["residual_tokens"]) for e in found["unpriced"]] == [
        ("mystery", "claude_code", 2, 200, 0), ("unknown", "codex", 1, 7, 0), ("nobody-knows", "claude_code", 0, 55, 55),
    ]  # fmt: skip
    assert (found["unpriced_requests"], found["unpriced_models"]) == (3, ["mystery", "unknown"])
    notes = build_report(store, Window()).notes
    assert "3 requests (227 tokens) have no known cost (models: mystery, unknown)" in notes
    assert "55 tokens that only counters saw have no known cost" in notes


def test_every_row_with_a_cost_says_what_it_rests_on(store):
    settle(
        store,
        request(Source.OTEL_LOG, 1),
        counter("input", 100), counter("output", 10), counter("input", 33, model="haiku"),
        request(Source.TRANSCRIPT, 2, model="mystery", cost_nanousd=None, cost_basis="unpriced"),
    )  # fmt: skip
    rows = {row["model"]: row["coverage"] for row in build_report(store, Window(), ["model"]).by["model"]}
    assert rows == {
        "opus": {"share": 1.0, "residual_share": 0.0, "unpriced_requests": 0},
        "haiku": {"share": 0.0, "residual_share": 1.0, "unpriced_requests": 0},
        "mystery": {"share": 1.0, "residual_share": 0.0, "unpriced_requests": 1},
    }
    result, whole, by_row = answer_with_coverage(store, Query(metrics=["cost_usd"], by=["model"]))
    assert {row[0]: one for row, one in zip(result.rows, by_row or (), strict=True)} == rows
    assert list(result.columns) == ["model", "cost_usd"]
    assert whole == {"share": 220 / 253, "residual_share": 33 / 253, "unpriced_requests": 1}
    assert answer_with_coverage(store, Query(metrics=["tool_calls"], by=["tool"]))[1:] == (None, None)
    nothing = answer_with_coverage(
        store, Query(metrics=["cost_usd"], by=["model"], window=Window(start=at("2031-01-01")))
    )
    assert nothing[1] == {"share": None, "residual_share": None, "unpriced_requests": 0}


def test_counters_of_cost_alone_are_covered_by_cost(store):
    settle(store, counter("cost", 9_000_000))
    assert coverage(store)["share"] == 0.0
    assert coverage(store)["residual"]["cost_microusd"] == 9000


def test_nothing_rests_on_nothing(store):
    found = coverage(store)
    assert (found["share"], found["residual_share"], found["summary"]) == (None, None, "no usage in this time range")
    assert found["agents"] == {}
    assert found["unpriced"] == []


def test_coverage_is_asked_in_one_zone_as_in_another(store):
    settle(store, request(Source.OTEL_LOG, 1), counter("input", 150))
    inside = Window(start=at("2025-10-09T08:00:00"), end=at("2025-10-09T09:30:00"), zone=find_zone("Asia/Kolkata"))
    assert coverage(store, inside) == coverage(store)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1.0, "100 %"),
        (0.9999, "99.9 %"),
        (0.992, "99.2 %"),
        (0.0, "0 %"),
        (0.0004, "0.0 %"),
        (0.999999999, "99.9 %"),
        (0.99, "99.0 %"),
        (1 / 3, "33.3 %"),
    ],
)
def test_a_share_is_never_rounded_up(share, text):
    assert percent(share) == text


def test_shares_of_a_row_add_up():
    assert compact([99, 1, 0, 0, 0]) == {"share": 0.99, "residual_share": 0.01, "unpriced_requests": 0}
    assert compact([0, 0, 0, 0, 0]) == {"share": None, "residual_share": None, "unpriced_requests": 0}
    assert compact([0, 0, 75, 25, 0])["share"] == 0.75
