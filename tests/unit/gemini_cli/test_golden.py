"""Recorded sessions of the real Gemini CLI give exactly what was played to it: alone, from its chats, and both as one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tachograph_sdk.model.event import DropReason, EventKind, Source
from tests.sessions import GOLDEN, expected, export_frames, ledger, local_records, make_pipeline, ran, totals, usage

SESSIONS = sorted(path.parent for path in (GOLDEN / "gemini_cli").glob("*/*/expected.json"))
EXPORTED = [session for session in SESSIONS if (session / "otlp").is_dir()]
NEWEST = [session for session in SESSIONS if session.parent.name == "0.61.0"]
# Requests that no chat shows: the router's, and in 0.11.3 all but one of a turn with tools, and its helpers.
MISSING_IN_CHATS = {"tooluse-auto": 1}

each_session = pytest.mark.parametrize("session", SESSIONS, ids=lambda p: f"{p.parent.name}-{p.name}")
each_export = pytest.mark.parametrize("session", EXPORTED, ids=lambda p: f"{p.parent.name}-{p.name}")
each_new = pytest.mark.parametrize("session", NEWEST, ids=lambda p: p.name)


def played(session: Path) -> dict[str, int]:
    """The Gemini API's numbers in our classes."""
    tokens = expected(session)["tokens"]
    return {
        "input_tokens": tokens["input"] - tokens["cached"] + tokens.get("tool", 0),
        "cache_read_tokens": tokens["cached"],
        "output_tokens": tokens["output"] + tokens["thoughts"],
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
    assert len(SESSIONS) == 7
    assert len(EXPORTED) == 5


@each_export
def test_telemetry_alone_gives_what_was_played(session: Path) -> None:
    batch = make_pipeline().run(export_frames(session))
    assert usage(batch.events, Source.OTEL_LOG) == played(session)
    assert len([e for e in batch.events if e.kind is EventKind.PROMPT]) == expected(session)["user_prompts"]
    calls = [e for e in batch.events if e.kind is EventKind.TOOL_CALL]
    assert len(calls) == sum(expected(session)["tool_calls_sent"].values())


@each_export
def test_counters_say_the_same_as_the_events(session: Path) -> None:
    counted: Counter[str] = Counter()
    for event in make_pipeline().run(export_frames(session)).events:
        if event.kind is EventKind.USAGE_COUNTER:
            counted[str(event.attributes["counter"])] += int(event.attributes["quantity"])
    tokens = expected(session)["tokens"]
    assert counted == {
        "input_total": tokens["input"] + tokens.get("tool", 0),
        "cache_read": tokens["cached"],
        "output_visible": tokens["output"],
        "reasoning": tokens["thoughts"],
    }


@each_export
def test_everything_the_client_sends_is_known(session: Path) -> None:
    drops = make_pipeline().run(export_frames(session)).drops
    assert {reason for reason, _ in drops} <= {DropReason.NOT_RELEASED, DropReason.NOT_NEEDED}, drops


@each_new
def test_chats_alone_give_all_but_what_no_chat_shows(session: Path) -> None:
    shown = usage(ran(local_records(session, "gemini_cli")), Source.TRANSCRIPT)
    truth = played(session)
    missing = MISSING_IN_CHATS.get(session.name, 0)
    assert shown["requests"] == truth["requests"] - missing
    if not missing:
        assert shown == truth


@each_new
def test_chats_tell_of_tools_lines_prompts_and_commits_as_the_client_does(session: Path) -> None:
    events = ran(local_records(session, "gemini_cli"))
    calls = [e for e in events if e.kind is EventKind.TOOL_CALL]
    assert len(calls) == stats(session, "tools", "totalCalls")
    assert sum(e.attributes["success"] is False for e in calls) == stats(session, "tools", "totalFail")
    changes = [e for e in events if e.kind is EventKind.CODE_CHANGE]
    assert sum(int(e.attributes["lines_added"]) for e in changes) == stats(session, "files", "totalLinesAdded")
    assert sum(int(e.attributes["lines_removed"]) for e in changes) == stats(session, "files", "totalLinesRemoved")
    assert len([e for e in events if e.kind is EventKind.PROMPT]) == expected(session)["user_prompts"]
    assert len([e for e in events if e.kind is EventKind.VCS_COMMIT]) == session.name.startswith("edit")


def test_an_older_client_writes_its_chat_as_one_document_and_some_of_its_requests_only() -> None:
    (session,) = [session for session in SESSIONS if session.parent.name == "0.11.3"]
    events = ran(local_records(session, "gemini_cli", only="gemini_cli_document"))
    assert usage(events, Source.TRANSCRIPT) == {
        "input_tokens": 6201 - 2048 + 6401 - 6144 + 6501 - 6144,
        "cache_read_tokens": 2048 + 6144 + 6144,
        "output_tokens": 11 + 9 + 5 + 3 + 6,
        "reasoning_tokens": 9 + 3,
        "requests": 3,
    }
    assert Counter(e.kind for e in events)[EventKind.TOOL_CALL] == 5


@pytest.mark.parametrize("order", ["telemetry first", "chats first", "metrics last"])
@each_export
def test_telemetry_and_chats_together_count_once(session: Path, order: str) -> None:
    exported = list(make_pipeline().run(export_frames(session)).events)
    chats = ran(local_records(session, "gemini_cli"))
    metrics = [e for e in exported if e.source is Source.OTEL_METRIC]
    others = [e for e in exported if e.source is not Source.OTEL_METRIC]
    parts = {
        "telemetry first": (exported, chats),
        "chats first": (chats, exported, exported),
        "metrics last": (others, chats, metrics),
    }[order]
    store = ledger(*parts)
    found = totals(store)
    truth = played(session)
    assert {name: found[name] for name in ("requests", "input_tokens", "cache_read_tokens", "output_tokens")} == {
        name: truth[name] for name in ("requests", "input_tokens", "cache_read_tokens", "output_tokens")
    }
    assert found["coverage"]["residual"]["tokens"] == 0
    assert found["prompts"] == expected(session)["user_prompts"]
    assert found["tool_calls"] == sum(expected(session)["tool_calls_sent"].values())
    if session in NEWEST:
        assert found["tool_errors"] == stats(session, "tools", "totalFail")
        assert found["lines_added"] == stats(session, "files", "totalLinesAdded")
        assert found["lines_removed"] == stats(session, "files", "totalLinesRemoved")
    store.close()


@each_export
def test_metrics_alone_count_too(session: Path) -> None:
    exported = make_pipeline().run(export_frames(session)).events
    store = ledger([e for e in exported if e.source is Source.OTEL_METRIC])
    found, truth = totals(store), played(session)
    assert {name: found[name] for name in ("input_tokens", "cache_read_tokens", "output_tokens")} == {
        name: truth[name] for name in ("input_tokens", "cache_read_tokens", "output_tokens")
    }
    store.close()


@each_session
def test_the_same_chat_read_twice_gives_the_same_events(session: Path) -> None:
    first, again = ran(local_records(session, "gemini_cli")), ran(local_records(session, "gemini_cli"))
    assert [e.event_id for e in first] == [e.event_id for e in again]
    assert len({e.event_id for e in first}) == len(first)


@each_export
def test_no_event_holds_a_session_id_or_what_somebody_wrote(session: Path) -> None:
    exported = make_pipeline().run(export_frames(session)).events
    events = repr([*exported, *ran(local_records(session, "gemini_cli"))])
    secrets = expected(session).get("observed_in_telemetry", {}).get("session_ids", [])
    for secret in (*secrets, "/home/dev", "devbox", "zwei", "Improve the file", "note.txt", "date -u"):
        assert secret not in events
