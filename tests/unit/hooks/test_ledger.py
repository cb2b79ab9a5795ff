"""What hooks report, in the ledger and beside it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tachograph.analytics.compile import answer
from tachograph.analytics.query import Query, Window
from tachograph.analytics.report import build_report
from tachograph.inputs.hooks.fields import MAX_COUNT, Wrong
from tachograph.inputs.hooks.payload import What, read
from tachograph.ports import Batch, Statement
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, EventKind, Source
from tests.unit.hooks.making import body_of, event, native_event, native_session, session
from tests.unit.hooks.test_joined import run
from tests.unit.transcripts.making import NAMES

MODEL = "claude-opus-4-5"
AT = 1_795_138_310_000_000  # 2026-11-20T01:31:50Z
S1 = NAMES.sessions["s1"]


@pytest.fixture
def store() -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:")
    yield store
    store.close()


def used(output: int, **more: int) -> list[dict[str, Any]]:
    return [{"model": MODEL, "input_tokens": 10, "output_tokens": output, **more}]


def sessions(*payloads: dict[str, Any]) -> list[Event]:
    return run(*((What.SESSIONS, payload) for payload in payloads))


def uses(*payloads: dict[str, Any]) -> list[Event]:
    return run(*((What.EVENTS, payload) for payload in payloads))


def rows(store: DuckDBStore, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in store.query(Statement(name="test", sql=sql)).rows]


def put(store: DuckDBStore, *parts: list[Event]) -> None:
    for events in parts:
        store.write(Batch(events=events))
        store.settle()


def test_usage_of_a_session_that_only_hooks_saw_is_counted_and_priced(store):
    put(store, sessions(native_session()))
    found = rows(
        store,
        """select outcome, cost_basis, session_id, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
            cache_write_1h_tokens, cost_nanousd from requests""",
    )
    # 10 at 5, 200 at 25, 40,000 at 0.5, 2,000 at 6.25 and 1,000 at 10 dollars a million
    assert found == [("residual", "counter", S1, MODEL, 10, 200, 40000, 3000, 1000, 47_550_000)]
    totals = build_report(store, Window()).totals
    assert (totals["sessions"], totals["requests"], totals["output_tokens"]) == (1, 0, 200)
    assert rows(store, "select way, output_tokens from counters") == [("hook", 200)]


def test_a_session_that_is_reported_again_replaces_and_never_adds(store):
    reports = [
        sessions(native_session(end_timestamp=f"2026-11-20T0{hour}:00:00Z", usage=used(100 * hour), prompt_count=hour))
        for hour in (2, 3, 4)
    ]
    for order in itertools.permutations(reports):
        fresh = DuckDBStore(":memory:")
        put(fresh, *order, order[0])
        assert rows(fresh, "select sum(output_tokens)::bigint from requests") == [(400,)]
        assert rows(fresh, "select prompts, hour(ended_at) from hook_sessions") == [(4, 4)]
        fresh.close()


def test_a_fork_begins_with_what_its_parent_used(store):
    """Its file repeats the parent's records, so it begins at the same moment."""
    parent = native_session(session_id="p", end_timestamp="2026-11-20T02:00:00Z", usage=used(100))
    fork = native_session(session_id="f", end_timestamp="2026-11-20T03:00:00Z", usage=used(130, cache_read_tokens=5))
    for order in ((parent, fork), (fork, parent)):
        fresh = DuckDBStore(":memory:")
        put(fresh, *(sessions(payload) for payload in order))
        assert rows(fresh, "select sum(output_tokens)::bigint, sum(input_tokens)::bigint from requests") == [(130, 10)]
        fresh.close()


def test_what_the_original_client_counts_is_never_usage(store):
    put(store, sessions(session()))
    assert rows(store, "select count(*) from requests") == [(0,)]
    found = rows(
        store,
        """select said_input_tokens, said_output_tokens, said_cache_write_tokens, said_cache_read_tokens, counting, payload_form,
            integrity, turns, user_messages, tool_calls, tool_errors, had_errors, exit_reason, session_seconds from hook_sessions""",
    )
    assert found == [(50000, 12000, 15000, 35000, "records", "compat", "checksum", 42, 45, 156, 3, True, "clear", 5400)]
    assert answer(store, Query(metrics=["reported_tokens", "total_tokens"])).rows == [(0, 0)]


def test_the_native_form_goes_before_the_originals(store):
    late = session(end_timestamp="2026-11-20T09:00:00Z")
    put(store, sessions(native_session()), sessions(late))
    assert rows(store, "select payload_form, prompts from hook_sessions") == [("native", 5)]


def test_a_report_that_anybody_could_have_sent_replaces_none_that_is_signed(store):
    signed = run((What.SESSIONS, native_session()), integrity=b"keyed")
    forged = sessions(native_session(end_timestamp="2026-11-20T09:00:00Z", prompt_count=999, lines_added=999_999))
    put(store, signed, forged)
    assert rows(store, "select integrity, prompts, lines_added from hook_sessions") == [("keyed", 5, 8)]
    assert rows(store, "select sum(lines_added) from outcomes") == [(8,)]
    later = native_session(end_timestamp="2026-11-20T10:00:00Z", prompt_count=6)
    put(store, run((What.SESSIONS, later), integrity=b"keyed"))
    assert rows(store, "select integrity, prompts from hook_sessions") == [("keyed", 6)]


def test_the_largest_count_that_is_taken_does_not_stop_the_ledger(store):
    """One report of 2^53 tokens cost more than the store's integers hold, and nothing was settled any more."""
    names = ("input_tokens", "output_tokens", "cache_creation_tokens", "cache_creation_1h_tokens", "cache_read_tokens")
    most = {"model": MODEL} | dict.fromkeys(names, MAX_COUNT)
    put(store, sessions(native_session(usage=[most], active_seconds=MAX_COUNT, lines_added=MAX_COUNT)))
    assert rows(store, "select output_tokens from requests") == [(MAX_COUNT,)]
    assert build_report(store, Window()).totals["output_tokens"] == MAX_COUNT
    for more in (MAX_COUNT + 1, 2**53 - 1):
        told = native_session(usage=[most | {"output_tokens": more}])
        with pytest.raises(Wrong, match="output_tokens must be from 0 to 10"):
            read(What.SESSIONS, body_of(told), {})
        assert sessions(told) == []  # in a journal that was written before


def test_usage_under_an_id_that_changes_daily_is_shown_and_not_counted(store):
    put(store, sessions(native_session(session_id="0f" * 16, session_id_kind="rotating")))
    assert rows(store, "select count(*) from requests") == [(0,)]
    assert rows(store, "select session_id_kind from hook_sessions") == [("rotating",)]
    assert answer(store, Query(metrics=["reported_sessions", "reported_tokens"])).rows == [(1, 10 + 200 + 3000 + 40000)]


def activity(seconds: float, key: str) -> Event:
    return make_event(
        EventKind.SESSION_ACTIVITY, key=key, source=Source.OTEL_METRIC, session_id=S1, at_us=AT, active_seconds=seconds
    )


def test_active_time_and_lines_are_of_one_source_and_of_the_last_report(store):
    first = native_session(active_seconds=20.5, lines_added=3, lines_removed=1)
    last = first | {"active_seconds": 30.5, "lines_added": 5, "end_timestamp": "2026-11-20T03:00:00Z"}
    put(store, sessions(first), sessions(last))
    found = "select active_seconds, lines_added, lines_removed from sessions"
    assert rows(store, found) == [(30.5, 5, 1)]
    put(store, [activity(20, "a")])  # the agent's own figure
    assert rows(store, found) == [(20, 5, 1)]
    put(store, [activity(20, "b")], sessions(last | {"end_timestamp": "2026-11-20T04:00:00Z"}))
    assert rows(store, found) == [(40, 5, 1)]


def skill(key: str, source: Source, name: str, second: int, **more: Any) -> Event:
    return make_event(
        EventKind.FEATURE_USE, key=key, source=source, session_id=S1, at_us=AT + second * 1_000_000, feature="skill",
        feature_name=name, **more,
    )  # fmt: skip


def counted(store: DuckDBStore) -> dict[tuple[str, str | None], int]:
    found = answer(store, Query(metrics=["feature_uses"], by=["feature", "feature_name"])).rows
    return {(feature, name): count for feature, name, count in found}


def command_prompt(key: str, source: Source, second: int, **more: Any) -> Event:
    return make_event(
        EventKind.PROMPT, key=key, source=source, session_id=S1, at_us=AT + second * 1_000_000, prompt_origin="command",
        prompt_id=f"p_{second}", **more,
    )  # fmt: skip


def test_a_use_counts_once_whoever_tells_of_it(store):
    """A typed command as a transcript, OTel (twice) and a hook tell of it; and a skill that the model used."""
    typed = [
        command_prompt("t", Source.TRANSCRIPT, 0),
        command_prompt("o", Source.OTEL_LOG, 0, command="custom"),
        skill("a", Source.OTEL_LOG, "custom_skill", 0, trigger="user-slash"),
        *uses(native_event()),
    ]
    model = [
        skill("b", Source.OTEL_LOG, "custom_skill", 9, trigger="nested-skill"),
        skill("c", Source.TRANSCRIPT, "pdf", 9, tool_use_id="toolu_1"),
        *uses(native_event(type="skill", name="pdf", timestamp="2026-11-20T01:31:59+00:00", name_source="skill_tool")),
    ]
    for order in (typed + model, (typed + model)[::-1]):
        fresh = DuckDBStore(":memory:")
        put(fresh, *([one] for one in order))
        assert counted(fresh) == {("command", "jira:solve"): 1, ("skill", "pdf"): 1}
        fresh.close()


def test_uses_that_one_source_missed_are_those_of_the_other(store):
    put(
        store,
        [skill(f"o{n}", Source.OTEL_LOG, "custom_skill", n, trigger="nested-skill") for n in range(5)],
        [skill(f"t{n}", Source.TRANSCRIPT, "pdf", n) for n in range(2)],
        uses(
            *(
                native_event(type="skill", name=name, timestamp=f"2026-11-20T01:31:5{n}Z")
                for n, name in enumerate(("pdf", "pdf", "pdf", "xlsx"))
            )
        ),
    )
    assert counted(store) == {("skill", "pdf"): 3, ("skill", "xlsx"): 1, ("skill", None): 1}


def test_an_event_that_is_sent_again_counts_once_and_names_that_are_none_are_not_kept(store):
    path = event(name="Users/jane/secret/file.py", timestamp="2026-11-20T01:40:00Z")
    put(store, uses(event(), event()), uses(event(), path, path))
    assert counted(store) == {("command", "jira:solve"): 1, ("command", None): 1}
    assert rows(store, "select count(*), count(distinct user_id) from feature_uses") == [(2, 1)]


@pytest.mark.parametrize("reported_first", [True, False])
def test_counters_that_name_no_session_are_held_against_what_a_plugin_reported(store, reported_first):
    """`session.id` switched off: telemetry calls the person otherwise than the plugin does."""
    counters = [
        make_event(
            EventKind.USAGE_COUNTER, key=f"c{counter}", source=Source.OTEL_METRIC, session_id=None, user_id="u_account",
            at_us=AT, counter=counter, quantity=quantity, model=MODEL,
        )
        for counter, quantity in (("input", 10), ("output", 250))
    ]  # fmt: skip
    told = sessions(native_session(usage=used(200)))
    put(store, *((told, counters) if reported_first else (counters, told)))
    found = rows(store, "select sum(input_tokens)::bigint, sum(output_tokens)::bigint from requests")
    assert found == [(10, 250)]


def test_a_plugin_author_is_answered(store):
    for person in ("a", "b", "c"):
        mine: dict[str, Any] = {"user_id": f"person {person}", "session_id": f"of {person}"}
        put(store, sessions(native_session(**mine)), uses(native_event(**mine)))
    put(store, uses(native_event(name="help", session_id="of a", user_id="person a")))
    by = answer(store, Query(metrics=["feature_uses", "users", "sessions"], by=["feature_name"])).rows
    assert by == [("help", 1, 1, 1), ("jira:solve", 3, 3, 3)]
    wanted = ["reported_sessions", "turns_per_session", "tool_calls_per_session", "reported_tool_error_ratio"]
    assert answer(store, Query(metrics=[*wanted, "session_p50_seconds"])).rows == [(3, 42, 159, 4 / 159, 5400)]
