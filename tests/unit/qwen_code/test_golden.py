"""Recorded sessions of the real Qwen Code give exactly what was played to it, from each source and from all as one."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest

from tachograph_sdk.model.event import DropReason, EventKind, Source
from tests.effort import some_long
from tests.sessions import GOLDEN, expected, export_frames, ledger, local_records, make_pipeline, ran, totals, usage

SESSIONS = sorted(path.parent for path in (GOLDEN / "qwen_code").glob("*/*/expected.json"))
EXPORTED = [session for session in SESSIONS if (session / "otlp").is_dir()]
WITH_LEDGER = [session for session in SESSIONS if (session / "local" / "usage").is_dir()]
CLASSES = ("requests", "input_tokens", "cache_read_tokens", "output_tokens")

each_session = pytest.mark.parametrize("session", SESSIONS, ids=lambda p: f"{p.parent.name}-{p.name}")
each_export = pytest.mark.parametrize("session", EXPORTED, ids=lambda p: f"{p.parent.name}-{p.name}")
each_ledger = pytest.mark.parametrize("session", WITH_LEDGER, ids=lambda p: f"{p.parent.name}-{p.name}")


def played(session: Path) -> dict[str, int]:
    """The API's numbers in our classes: an OpenAI-like API has its reasoning inside the output, Gemini's beside it."""
    tokens = expected(session)["tokens"]
    inside = expected(session)["note"].startswith("OpenAI")
    return {
        "input_tokens": tokens["input"] - tokens["cached"],
        "cache_read_tokens": tokens["cached"],
        "output_tokens": tokens["output"] + (0 if inside else tokens["thoughts"]),
        "reasoning_tokens": tokens["thoughts"],
        "requests": expected(session)["api_responses_ok"],
    }


def stats(session: Path, *path: str) -> int:
    """What the client itself summed up at the end of its runs."""
    found = 0
    for run in expected(session)["client_json_stats"]:
        value = run["stats"]
        for name in path:
            value = value[name]
        found += value
    return found


def test_all_sessions_are_here() -> None:
    assert len(SESSIONS) == 6
    assert len(EXPORTED) == 4
    assert len(WITH_LEDGER) == 3


@each_export
def test_telemetry_alone_gives_what_was_played(session: Path) -> None:
    batch = make_pipeline().run(export_frames(session))
    assert usage(batch.events, Source.OTEL_LOG) == played(session)
    assert len([e for e in batch.events if e.kind is EventKind.PROMPT]) == expected(session)["user_prompts"]
    calls = [e for e in batch.events if e.kind is EventKind.TOOL_CALL and e.source is Source.OTEL_LOG]
    assert len(calls) == stats(session, "tools", "totalCalls")


@each_export
def test_a_span_names_the_response_and_the_call_that_an_event_names(session: Path) -> None:
    events = make_pipeline().run(export_frames(session)).events
    for kind, name in ((EventKind.API_REQUEST, "message_id"), (EventKind.TOOL_CALL, "tool_use_id")):
        spanned = {e.attributes[name] for e in events if e.kind is kind and e.source is Source.OTEL_SPAN}
        logged = {e.attributes.get(name) for e in events if e.kind is kind and e.source is Source.OTEL_LOG}
        assert spanned <= logged
        assert spanned or session.parent.name != "0.24.4" or (kind is EventKind.TOOL_CALL and not logged)


@each_export
def test_everything_the_client_sends_is_known(session: Path) -> None:
    drops = make_pipeline().run(export_frames(session)).drops
    assert {reason for reason, _ in drops} <= {DropReason.NOT_RELEASED, DropReason.NOT_NEEDED}, drops


@each_session
def test_chats_alone_give_what_was_played(session: Path) -> None:
    events = ran(local_records(session, "qwen_code", only="qwen_code"))
    assert usage(events, Source.TRANSCRIPT) == played(session)
    calls = [e for e in events if e.kind is EventKind.TOOL_CALL]
    assert len(calls) == stats(session, "tools", "totalCalls")
    assert sum(e.attributes["success"] is False for e in calls) == stats(session, "tools", "totalFail")
    changes = [e for e in events if e.kind is EventKind.CODE_CHANGE]
    assert sum(int(e.attributes["lines_added"]) for e in changes) == stats(session, "files", "totalLinesAdded")
    assert sum(int(e.attributes["lines_removed"]) for e in changes) == stats(session, "files", "totalLinesRemoved")
    assert len([e for e in events if e.kind is EventKind.PROMPT]) == expected(session)["user_prompts"]
    assert len([e for e in events if e.kind is EventKind.VCS_COMMIT]) == session.name.startswith("edit")


@each_ledger
def test_the_ledger_alone_gives_what_was_played(session: Path) -> None:
    assert usage(ran(local_records(session, "qwen_code", only="qwen_code_ledger")), Source.TRANSCRIPT) == played(
        session
    )


@each_ledger
def test_what_only_the_ledger_has_is_counted_and_what_chats_have_too_is_not_counted_twice(session: Path) -> None:
    chats = ran(local_records(session, "qwen_code", only="qwen_code"))
    rows = ran(local_records(session, "qwen_code", only="qwen_code_ledger"))
    lost = next(e for e in chats if e.kind is EventKind.API_REQUEST)
    kept = [e for e in chats if e is not lost]
    for parts in ((kept, rows), (rows, kept)):
        store = ledger(*parts)
        found, truth = totals(store), played(session)
        assert {name: found[name] for name in CLASSES} == {name: truth[name] for name in CLASSES}
        store.close()


@each_ledger
def test_session_totals_alone_count_each_session_once_however_often_it_ended(session: Path) -> None:
    store = ledger(ran(local_records(session, "qwen_code", only="qwen_code_totals")))
    found, truth = totals(store), played(session)
    assert {name: found[name] for name in CLASSES[1:]} == {name: truth[name] for name in CLASSES[1:]}
    store.close()


@each_ledger
def test_what_only_the_session_totals_hold_becomes_a_residual(session: Path) -> None:
    chats = ran(local_records(session, "qwen_code", only="qwen_code"))
    lost = next(e for e in chats if e.kind is EventKind.API_REQUEST)
    store = ledger(
        [e for e in chats if e is not lost], ran(local_records(session, "qwen_code", only="qwen_code_totals"))
    )
    found, truth = totals(store), played(session)
    assert found["requests"] == truth["requests"] - 1
    assert {name: found[name] for name in CLASSES[1:]} == {name: truth[name] for name in CLASSES[1:]}
    assert found["coverage"]["residual"]["output_tokens"] == lost.attributes["output_tokens"]
    store.close()


@pytest.mark.parametrize("session", some_long(EXPORTED, 2), ids=lambda p: f"{p.parent.name}-{p.name}")
def test_all_sources_together_count_once_in_any_order(session: Path) -> None:
    exported = list(make_pipeline().run(export_frames(session)).events)
    parts = [
        exported,
        ran(local_records(session, "qwen_code", only="qwen_code")),
        ran(
            local_records(session, "qwen_code", only="qwen_code_ledger")
            + local_records(session, "qwen_code", only="qwen_code_totals")
        ),
    ]
    truth = played(session)
    for some in permutations(parts):
        store = ledger(*some)
        found = totals(store)
        assert {name: found[name] for name in CLASSES} == {name: truth[name] for name in CLASSES}
        assert found["coverage"]["residual"]["tokens"] == 0
        assert found["prompts"] == expected(session)["user_prompts"]
        assert found["tool_calls"] == stats(session, "tools", "totalCalls")
        assert found["tool_errors"] == stats(session, "tools", "totalFail")
        assert found["lines_added"] == stats(session, "files", "totalLinesAdded")
        assert found["sessions"] == len({run["session_id"] for run in expected(session)["client_json_stats"]})
        store.close()


@each_export
def test_metrics_alone_count_too(session: Path) -> None:
    exported = make_pipeline().run(export_frames(session)).events
    store = ledger([e for e in exported if e.source is Source.OTEL_METRIC])
    found, tokens = totals(store), expected(session)["tokens"]
    assert found["input_tokens"] == tokens["input"] - tokens["cached"]
    assert found["cache_read_tokens"] == tokens["cached"]
    assert found["output_tokens"] == tokens["output"]  # with the reasoning inside, as the usual API has it
    store.close()


@each_session
def test_the_same_chat_read_twice_gives_the_same_events(session: Path) -> None:
    first, again = ran(local_records(session, "qwen_code")), ran(local_records(session, "qwen_code"))
    assert [e.event_id for e in first] == [e.event_id for e in again]
    assert len({e.event_id for e in first}) == len(first)


def test_requests_that_nobody_asked_for_are_auxiliary() -> None:
    session = next(session for session in SESSIONS if session.name == "edit-http-openai")
    told = make_pipeline().run(export_frames(session)).events
    for events in (told, ran(local_records(session, "qwen_code", only="qwen_code"))):
        purposes = Counter(
            e.attributes["query_source"]
            for e in events
            if e.kind is EventKind.API_REQUEST and e.source is not Source.OTEL_SPAN
        )
        assert purposes == {"main": 7, "auxiliary": 1}


@each_session
def test_no_event_holds_a_session_id_or_what_somebody_wrote(session: Path) -> None:
    exported = make_pipeline().run(export_frames(session)).events if session in EXPORTED else []
    events = repr([*exported, *ran(local_records(session, "qwen_code"))])
    sessions = [run["session_id"] for run in expected(session)["client_json_stats"]]
    for secret in (*sessions, "/home/dev", "zwei", "Improve the file", "git init", "Count the files", "wc -l"):
        assert secret not in events
