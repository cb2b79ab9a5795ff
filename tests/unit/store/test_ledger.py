"""The ledger's rules, one by one; docs/decisions/ledger.md has them in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tachograph.ports import Batch, PricePeriod, Statement
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import UnknownModel
from tachograph_sdk.model.event import Event, EventKind, Source
from tachograph_sdk.model.money import Money
from tachograph_sdk.model.usage import TokenUsage

A, B = "s_000000000000000a", "s_000000000000000b"
AT = 1_760_000_000_000_000
DAY_US = 86_400_000_000


@pytest.fixture
def store() -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:")
    yield store
    store.close()


def settle(store: DuckDBStore, *events: Event) -> None:
    store.write(Batch(events=events))
    store.settle()


def ask(store: DuckDBStore, sql: str) -> list[dict[str, Any]]:
    return store.query(Statement(name="test", sql=sql)).records()


def usage(**tokens: Any) -> dict[str, Any]:
    return {"model": "opus", "input_tokens": 10, "output_tokens": 5, **tokens}


def otel(key: str, **attributes: Any) -> Event:
    reported = {"cost_nanousd": 7_000, "cost_basis": "reported"}
    return make_event(key=f"otel {key}", session_id=A, **{**usage(), **reported, **attributes})


def transcript(key: str, session: str = A, **attributes: Any) -> Event:
    priced = {"cost_nanousd": 9_000, "cost_basis": "priced"}
    return make_event(
        key=f"transcript {key}", source=Source.TRANSCRIPT, session_id=session, **{**usage(), **priced, **attributes}
    )


def counter(kind: str, quantity: int, **attributes: Any) -> Event:
    value = {"cost_nanousd": quantity} if kind == "cost" else {"quantity": quantity}
    at = attributes.pop("at_us", AT)
    session = attributes.pop("session_id", A)
    key = f"{kind} {quantity} {at} {session} {attributes}"
    more = {"model": "opus", **value, **attributes}
    return make_event(
        EventKind.USAGE_COUNTER, key=key, source=Source.OTEL_METRIC, at_us=at, session_id=session, counter=kind, **more
    )


# --- requests ---


def test_event_span_and_transcript_of_one_request_are_one_row(store):
    span = make_event(key="span", source=Source.OTEL_SPAN, session_id=A, request_id="r1", **usage(ttft_ms=80))
    settle(store, otel("1", request_id="r1"), span, transcript("1", request_id="r1", message_id="m1", output_tokens=6))
    (row,) = ask(store, "select * from requests")
    assert (row["input_tokens"], row["output_tokens"], row["ttft_ms"]) == (10, 6, 80)
    assert (row["cost_nanousd"], row["cost_basis"]) == (7_000, "reported")
    assert row["seen_event"]
    assert row["seen_span"]
    assert row["seen_transcript"]
    assert not row["seen_hook"]


@pytest.mark.parametrize("late", [0, 1])
def test_a_transcript_that_comes_a_week_later_joins_what_otel_said(store, late):
    events = [otel("1", request_id="r1", at_us=AT + 5_000), transcript("1", request_id="r1", message_id="m1", at_us=AT)]
    settle(store, events[late])
    settle(store, *[make_event(key=f"noise {i}", session_id=B, at_us=AT + i * DAY_US, **usage()) for i in range(7)])
    settle(store, replace(events[1 - late], received_us=AT + 7 * DAY_US))
    (row,) = ask(store, f"select * from requests where session_id = '{A}'")
    assert row["seen_event"]
    assert row["seen_transcript"]
    assert row["occurred_at"].timestamp() % 1 == 0  # the transcript's time, not five milliseconds later


def test_a_message_counts_once_under_two_request_ids_and_two_messages_of_one_request_id_twice(store):
    settle(
        store,
        transcript("1", message_id="m1", request_id="r1"),
        transcript("2", message_id="m1", request_id="r2", is_sidechain=True),
        transcript("3", message_id="m2", request_id="r9"),
        transcript("4", message_id="m3", request_id="r9"),
        otel("1", request_id="r2"),
    )
    assert [r["request_key"] for r in ask(store, "select * from requests order by 1")] == ["m:m1", "m:m2", "m:m3"]


def test_the_largest_count_of_each_class_wins(store):
    settle(store, transcript("1", message_id="m1", output_tokens=1, cache_write_tokens=0, cache_write_5m_tokens=4))
    settle(store, transcript("2", message_id="m1", output_tokens=50, input_tokens=2, cost_nanousd=9_500))
    (row,) = ask(store, "select * from requests")
    assert (row["input_tokens"], row["output_tokens"], row["cache_write_tokens"]) == (10, 50, 4)
    assert row["cost_nanousd"] == 9_500


def test_reports_without_ids_pair_with_the_transcript_by_model_and_tokens(store):
    """As 2.0.76 does: eight reports over OTel, seven responses in the transcript, eight requests."""
    counts = [(11, 1), (100, 20), (100, 20), (300, 9), (400, 8), (500, 7), (600, 6), (11, 1)]
    events = [otel(f"{i}", input_tokens=a, output_tokens=b, at_us=AT + i) for i, (a, b) in enumerate(counts)]
    shown = [
        transcript(f"{i}", message_id=f"m{i}", input_tokens=a, output_tokens=b) for i, (a, b) in enumerate(counts[:7])
    ]
    settle(store, *events)
    settle(store, *shown)
    rows = ask(store, "select * from requests")
    assert (len(rows), sum(r["input_tokens"] for r in rows)) == (8, sum(a for a, _ in counts))
    assert sum(r["seen_event"] and r["seen_transcript"] for r in rows) == 7
    assert all(r["cost_basis"] == "reported" for r in rows)


def test_a_report_of_no_tokens_pairs_by_model_and_its_cost_is_not_believed(store):
    settle(store, otel("1", input_tokens=0, output_tokens=0, cost_nanousd=0), transcript("1", message_id="m1"))
    (row,) = ask(store, "select * from requests")
    assert (row["input_tokens"], row["cost_nanousd"], row["cost_basis"]) == (10, 9_000, "priced")


def test_a_request_that_nobody_can_price_has_no_cost(store):
    settle(store, make_event(source=Source.TRANSCRIPT, message_id="m1", cost_basis="unpriced", **usage()))
    (row,) = ask(store, "select * from requests")
    assert (row["cost_nanousd"], row["cost_basis"]) == (None, "unpriced")


def test_errors_are_rows_of_their_own_and_retries_others(store):
    failed = make_event(EventKind.API_ERROR, key="e", session_id=A, request_id="r1", status_code=400)
    shown = make_event(EventKind.API_ERROR, key="f", source=Source.TRANSCRIPT, session_id=A, status_code=400)
    retry = make_event(
        EventKind.API_ERROR, key="g", source=Source.TRANSCRIPT, session_id=A, status_code=529, status="retried"
    )
    span = make_event(key="s", source=Source.OTEL_SPAN, session_id=A, request_id="r1", success=False)
    settle(store, failed, shown, retry, span, otel("1", request_id="r2"))
    rows = ask(store, "select outcome, count(*) as n from requests group by 1 order by 1")
    assert {r["outcome"]: r["n"] for r in rows} == {"error": 1, "ok": 1, "retried": 1}


def test_the_long_context_suffix_is_no_other_model(store):
    span = make_event(key="s", source=Source.OTEL_SPAN, session_id=A, request_id="r1", **usage(model="opus[1m]"))
    settle(store, span, otel("1", request_id="r1"), counter("input", 10, model="opus[1m]"), counter("output", 5))
    (row,) = ask(store, "select * from requests")
    assert row["model"] == "opus"


# --- forks ---


def forked(key: str, session: str) -> list[Event]:
    return [
        make_event(EventKind.SESSION_START, key=f"start {session}", source=Source.TRANSCRIPT, session_id=session),
        transcript(key, session, message_id=f"m {key}", request_id=f"r {key}"),
        make_event(EventKind.PROMPT, key=f"p {key}", source=Source.TRANSCRIPT, session_id=session, prompt_id=f"p {key}"),
        make_event(
            EventKind.TOOL_CALL, key=f"t {key}", source=Source.TRANSCRIPT, session_id=session, tool_use_id=f"t {key}",
            tool_name="Bash", success=True,
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("copy_first", [True, False])
def test_a_forks_copies_belong_to_the_session_they_were_copied_from(store, copy_first):
    batches = [forked("1", A), forked("1", B) + forked("2", B)]
    for batch in reversed(batches) if copy_first else batches:
        settle(store, *batch)
    rows = ask(store, "select session_id, requests, prompts, tool_calls, counts from sessions order by session_id")
    assert [tuple(r.values()) for r in rows] == [(A, 1, 1, 1, True), (B, 1, 1, 1, True)]


@pytest.mark.parametrize("copy_first", [True, False])
@pytest.mark.parametrize(("parent", "fork"), [(A, B), (B, A)])
def test_a_fork_from_the_middle_takes_nothing_from_its_parent(store, copy_first, parent, fork):
    def part(key: str, session: str, minute: int) -> list[Event]:
        return [
            e if e.kind == EventKind.SESSION_START else replace(e, at_us=AT + minute * 60_000_000)
            for e in forked(key, session)
        ]

    whole = part("1", parent, 1) + part("2", parent, 2) + part("3", parent, 3)
    batches = [whole, part("1", fork, 1) + part("4", fork, 9)]
    for batch in reversed(batches) if copy_first else batches:
        settle(store, *batch)
    rows = ask(store, "select session_id, requests from sessions")
    assert {r["session_id"]: r["requests"] for r in rows} == {parent: 3, fork: 1}


@pytest.mark.parametrize("copy_first", [True, False])
def test_a_fork_in_which_nothing_happened_is_a_session_all_the_same(store, copy_first):
    batches = [forked("1", A), forked("1", B)]
    for batch in reversed(batches) if copy_first else batches:
        settle(store, *batch)
    assert ask(store, "select count(*) as n from requests") == [{"n": 1}]
    assert ask(store, "select count(distinct session_id) as n from session_hours") == [{"n": 2}]
    assert ask(store, "select sum(requests) as n from sessions") == [{"n": 1}]


def test_a_copy_that_grew_is_the_same_request(store):
    settle(store, transcript("1", A, message_id="m1", request_id="r1", output_tokens=1))
    settle(store, transcript("2", B, message_id="m1", request_id="r1", output_tokens=30))
    for table in ("requests", "hours"):
        sql = f"select count(*) as n, sum(input_tokens) as i, sum(output_tokens) as o from {table}"
        assert ask(store, sql) == [{"n": 1, "i": 10, "o": 30}]


def test_telemetry_without_a_session_joins_the_session_its_request_id_names(store):
    event = replace(otel("1", request_id="r1", user_id="u_1"), session_id=None)
    settle(store, event)
    assert ask(store, "select session_id from requests") == [{"session_id": None}]
    settle(store, transcript("1", message_id="m1", request_id="r1"))
    assert ask(store, "select session_id, user_id from requests") == [{"session_id": A, "user_id": "u_1"}]


def test_a_request_of_which_nobody_says_the_tokens_has_no_cost(store):
    nothing = {"input_tokens": 0, "output_tokens": 0, "cost_nanousd": 0}
    settle(store, otel("1", request_id="r1", **nothing, cost_basis="priced"), otel("2", request_id="r2", **nothing))
    unknown, known = ask(store, "select cost_nanousd, cost_basis from requests order by request_id")
    assert (unknown["cost_nanousd"], unknown["cost_basis"]) == (None, "unpriced")
    assert (known["cost_nanousd"], known["cost_basis"]) == (0, "reported")  # the agent itself says so


# --- counters ---


def test_counters_that_the_rows_explain_leave_no_residual(store):
    settle(store, otel("1", request_id="r1"), counter("input", 10), counter("output", 5), counter("cost", 7_400))
    assert ask(store, "select outcome from requests") == [{"outcome": "ok"}]


def test_counters_that_say_more_leave_exactly_what_is_missing(store):
    settle(store, otel("1", request_id="r1"), counter("input", 25), counter("output", 5), counter("cost", 20_000))
    (row,) = ask(store, "select * from requests where outcome = 'residual'")
    assert (row["input_tokens"], row["output_tokens"], row["cost_nanousd"]) == (15, 0, 13_000)
    assert (row["cost_basis"], row["seen_counter"], row["session_id"]) == ("counter", True, A)


def test_the_residual_goes_when_the_requests_arrive(store):
    settle(store, counter("input", 10), counter("output", 5))
    assert ask(store, "select outcome from requests") == [{"outcome": "residual"}]
    settle(store, transcript("1", message_id="m1"))
    assert ask(store, "select outcome, cost_basis from requests") == [{"outcome": "ok", "cost_basis": "priced"}]


def test_a_session_of_counters_alone_counts_fully_on_its_days(store):
    settle(store, counter("input", 10), counter("input", 20, at_us=AT + DAY_US), counter("cost", 5, at_us=AT + DAY_US))
    rows = ask(
        store, "select cast(hour as date)::varchar as day, sum(input_tokens) as t from hours group by 1 order by 1"
    )
    assert [r["t"] for r in rows] == [10, 20]
    assert ask(store, "select counts, input_tokens, requests from sessions") == [
        {"counts": True, "input_tokens": 30, "requests": 0}
    ]


def test_counters_without_a_session_are_held_against_the_whole_day(store):
    settle(store, counter("input", 12, session_id=None, user_id="u_1"), otel("1", request_id="r1"))
    rows = ask(store, "select outcome, sum(input_tokens) as t from requests group by 1 order by 1")
    assert rows == [{"outcome": "ok", "t": 10}, {"outcome": "residual", "t": 2}]
    settle(store, otel("2", request_id="r2"))
    assert ask(store, "select sum(input_tokens) as t from requests") == [{"t": 20}]
    assert ask(store, "select sum(input_tokens) as t from hours") == [{"t": 20}]


def test_the_same_counter_through_otlp_and_console_counts_once(store):
    told = counter("input", 10)
    settle(store, told, replace(told, event_id="0" * 31 + "1", source=Source.CONSOLE))
    assert ask(store, "select sum(input_tokens) as t from requests") == [{"t": 10}]


# --- tool calls ---


def tool(key: str, kind: EventKind = EventKind.TOOL_CALL, source: Source = Source.OTEL_LOG, **attributes: Any) -> Event:
    return make_event(kind, key=key, source=source, session_id=A, **{"tool_name": "Bash", **attributes})


def test_decision_result_span_and_transcript_are_one_call_with_its_real_name(store):
    settle(
        store,
        tool(
            "d",
            EventKind.TOOL_DECISION,
            tool_use_id="t1",
            tool_name="mcp_tool",
            decision="accept",
            decision_source="config",
        ),
        tool("r", tool_use_id="t1", tool_name="mcp_tool", success=True, duration_ms=12),
        tool("s", source=Source.OTEL_SPAN, tool_use_id="t1"),
        tool("t", source=Source.TRANSCRIPT, tool_use_id="t1", tool_name="mcp__files__read", success=True),
    )
    (row,) = ask(store, "select * from tool_calls")
    assert (row["tool_name"], row["decision"], row["success"], row["duration_ms"]) == (
        "mcp__files__read",
        "accept",
        True,
        12,
    )


def test_a_rejected_call_is_a_call_but_no_error(store):
    settle(
        store,
        tool("d", EventKind.TOOL_DECISION, tool_use_id="t1", decision="reject"),
        tool("t", source=Source.TRANSCRIPT, tool_use_id="t1", success=False, decision="reject"),
        tool("f", tool_use_id="t2", success=False),
    )
    rows = ask(store, "select tool_use_id, is_error, decision from tool_calls order by 1")
    assert [tuple(r.values()) for r in rows] == [("t1", False, "reject"), ("t2", True, None)]


def test_calls_without_an_id_pair_by_tool_and_outcome(store):
    settle(store, tool("1", success=True), tool("2", success=False), tool("3", tool_name="Grep", success=True))
    settle(
        store,
        tool("a", source=Source.TRANSCRIPT, tool_use_id="t1", success=True),
        tool("b", source=Source.TRANSCRIPT, tool_use_id="t2", success=False),
        tool("c", source=Source.TRANSCRIPT, tool_use_id="t3", tool_name="Grep", success=True),
        tool("d", source=Source.TRANSCRIPT, tool_use_id="t4", tool_name="Edit", success=True),
    )
    rows = ask(store, "select seen_event, seen_transcript, is_error from tool_calls order by tool_use_id")
    assert [tuple(r.values()) for r in rows] == [
        (True, True, False), (True, True, True), (True, True, False), (False, True, False),
    ]  # fmt: skip


# --- prompts ---


@pytest.mark.parametrize(
    ("told", "counted"), [([], "human"), (["agent"], "agent"), (["human"], "human"), (["agent", "human"], "human")]
)
def test_the_transcript_says_whether_a_person_typed(store, told, counted):
    shown = [
        make_event(
            EventKind.PROMPT,
            key=f"t{origin}",
            source=Source.TRANSCRIPT,
            session_id=A,
            prompt_id="p1",
            prompt_origin=origin,
        )
        for origin in told
    ]
    settle(store, make_event(EventKind.PROMPT, key="o", session_id=A, prompt_id="p1"), *shown)
    assert ask(store, "select prompt_origin from prompts") == [{"prompt_origin": counted}]


# --- outcomes ---


def change(source: Source, lines: int, session: str = A) -> Event:
    return make_event(
        EventKind.CODE_CHANGE, key=f"{source}{lines}{session}", source=source, session_id=session, lines_added=lines
    )


def reading(session: str, at_us: int, **total: Any) -> Event:
    """What an agent's own session total says; `lineage` is what it has been counted since."""
    lineage = total.pop("lineage", "1795000000000")
    key = f"reading {session} {at_us} {total}"
    return make_event(
        EventKind.USAGE_COUNTER,
        key=key,
        source=Source.TRANSCRIPT,
        at_us=at_us,
        session_id=session,
        counter="session_total",
        lineage=lineage,
        **{"model": "opus", **total},
    )


def residuals(store: DuckDBStore) -> dict[str, int]:
    rows = ask(
        store, "select session_id, sum(input_tokens)::bigint as n from requests where outcome = 'residual' group by 1"
    )
    return {row["session_id"]: row["n"] for row in rows}


def test_a_sessions_own_total_is_a_reading_and_never_added_up(store):
    settle(
        store, transcript("1", request_id="r1", message_id="m1"), reading(A, AT + 1, input_tokens=10, output_tokens=5)
    )
    assert residuals(store) == {}
    settle(
        store,
        reading(A, AT + 2, input_tokens=13, output_tokens=6),
        reading(A, AT + 3, input_tokens=17, output_tokens=6),
    )
    assert residuals(store) == {A: 7}  # 17 - 10: a title, a compaction
    settle(store, reading(A, AT + 3, input_tokens=17, output_tokens=6))
    assert residuals(store) == {A: 7}


def test_what_a_fork_inherited_is_not_its_own(store):
    """The parent used 10 and, for a title, 3; the fork copied the request and the total, and used 20 and 4 of its own."""
    one = transcript("1", A, request_id="r1", message_id="m1")
    copy = replace(one, session_id=B)
    own = transcript("2", B, request_id="r2", message_id="m2", at_us=AT + 100, input_tokens=20)
    later = transcript("3", A, request_id="r3", message_id="m3", at_us=AT + 200, input_tokens=40)
    settle(store, one, reading(A, AT + 1, input_tokens=13), copy, own, reading(B, AT + 101, input_tokens=37))
    assert residuals(store) == {A: 3, B: 4}
    settle(store, later, reading(A, AT + 201, input_tokens=55))  # the parent goes on from its own: 2 more for a title
    assert residuals(store) == {A: 5, B: 4}
    (row,) = ask(store, "select input_tokens, shown_input_tokens from counters where session_id = '" + B + "'")
    assert (row["input_tokens"], row["shown_input_tokens"]) == (24, 20)


def test_a_session_that_was_cleared_goes_on_from_the_total_before_it(store):
    settle(store, transcript("1", A, message_id="m1"), reading(A, AT + 1, input_tokens=12))
    settle(store, transcript("2", B, message_id="m2", at_us=AT + 50), reading(B, AT + 51, input_tokens=25))
    assert residuals(store) == {A: 2, B: 3}


def test_another_lineage_begins_at_nothing(store):
    settle(store, transcript("1", A, message_id="m1"), reading(A, AT + 1, input_tokens=12))
    settle(store, transcript("2", A, message_id="m2", at_us=AT + 9), reading(A, AT + 10, input_tokens=11, lineage="2"))
    assert residuals(store) == {A: 3}


def test_the_largest_of_two_ways_counts_never_their_sum(store):
    settle(store, counter("input", 30), counter("output", 4), reading(A, AT + 1, input_tokens=25, output_tokens=9))
    (row,) = ask(store, "select input_tokens, output_tokens from requests")
    assert (row["input_tokens"], row["output_tokens"]) == (30, 9)
    ways = ask(store, "select way, input_tokens, cost_nanousd from counters order by way")
    assert [(w["way"], w["input_tokens"], w["cost_nanousd"]) for w in ways] == [
        ("otel_metric", 30, None),
        ("transcript", 25, None),
    ]


def test_a_prompt_counted_with_its_cache_and_an_output_without_its_reasoning_count_alike(store):
    settle(
        store,
        counter("input_total", 100),
        counter("cache_read", 70),
        counter("cache_write", 10),
        counter("output_visible", 5),
        counter("reasoning", 8),
        counter("web_search", 2),
    )
    (row,) = ask(store, "select * from requests")
    assert (row["input_tokens"], row["cache_read_tokens"], row["cache_write_tokens"]) == (20, 70, 10)
    assert (row["output_tokens"], row["reasoning_tokens"], row["web_search_requests"]) == (13, 8, 2)


def test_the_same_of_counters_without_a_session(store):
    common = {"session_id": None, "user_id": "u_1"}
    settle(
        store,
        counter("input_total", 100, **common),
        counter("cache_read", 70, **common),
        counter("output", 13, **common),
        counter("reasoning", 8, **common),
    )
    (row,) = ask(store, "select * from requests")
    assert (row["input_tokens"], row["cache_read_tokens"], row["output_tokens"]) == (30, 70, 13)
    (way,) = ask(store, "select * from counters")
    assert (way["input_tokens"], way["shown_input_tokens"], way["session_id"]) == (30, 0, None)


def test_what_only_counters_without_a_cost_saw_has_the_tables_price(store):
    million = 1_000_000
    settle(store, counter("input", million, model="claude-opus-5"), counter("output", million, model="nobody-knows-it"))
    known, unknown = ask(store, "select model, cost_nanousd, cost_basis from requests order by model")
    assert (known["cost_nanousd"], known["cost_basis"]) == (5_000_000_000, "counter")
    assert (unknown["cost_nanousd"], unknown["cost_basis"]) == (None, "counter")


def test_a_newer_price_never_parts_the_ledger_from_its_hours():
    class Prices:
        version = "made up"
        knows = False

        def price(self, usage: TokenUsage, **_: Any) -> Money:
            if not self.knows:
                raise UnknownModel("not yet")
            return Money(usage.input)

        def periods(self, model: str) -> list[PricePeriod]:
            return []

    prices = Prices()
    store = DuckDBStore(":memory:", prices=prices)
    try:
        settle(store, counter("input", 30))
        prices.knows = True
        settle(store, counter("input", 5, session_id=None, user_id="u_1", at_us=AT + DAY_US))
        cost = "select coalesce(sum(cost_nanousd), 0)::bigint as cost from "
        assert ask(store, cost + "requests") == ask(store, cost + "hours") == [{"cost": 5}]
    finally:
        store.close()


def test_counters_that_say_less_than_the_rows_are_there_to_see(store):
    settle(store, otel("1", request_id="r1"), counter("input", 4), counter("cost", 6_000))
    assert residuals(store) == {}
    (way,) = ask(store, "select * from counters")
    assert (way["input_tokens"], way["shown_input_tokens"]) == (4, 10)
    assert (way["cost_nanousd"], way["shown_cost_nanousd"], way["shown_requests"]) == (6_000, 7_000, 1)


def test_lines_come_from_the_transcript_or_the_counters_never_from_both(store):
    settle(store, change(Source.OTEL_METRIC, 9), change(Source.OTEL_METRIC, 4, B))
    settle(store, change(Source.TRANSCRIPT, 8))
    rows = ask(store, "select session_id, lines_added from sessions order by 1")
    assert [tuple(r.values()) for r in rows] == [(A, 8), (B, 4)]


def test_commits_of_otel_count_although_the_transcript_tells_lines(store):
    settle(
        store, change(Source.TRANSCRIPT, 8), make_event(EventKind.VCS_COMMIT, source=Source.OTEL_METRIC, session_id=A)
    )
    (row,) = ask(store, "select lines_added, commits, active_seconds from sessions")
    assert row == {"lines_added": 8, "commits": 1, "active_seconds": None}


# --- sessions ---


def test_a_session_of_notices_alone_is_kept_but_does_not_count(store):
    settle(store, make_event(EventKind.AGENT_NOTICE, session_id=A), make_event(EventKind.SESSION_START, session_id=A))
    assert ask(store, "select counts from sessions") == [{"counts": False}]
    assert ask(store, "select * from session_hours") == []


def test_settling_again_without_news_changes_nothing(store):
    settle(store, otel("1", request_id="r1"))
    before = ask(store, "select * from requests")
    store.settle()
    store.write(Batch(events=[otel("1", request_id="r1")]))
    store.settle()
    assert ask(store, "select * from requests") == before
