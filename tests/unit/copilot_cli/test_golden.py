"""Recorded sessions of the real client give what was played to it: from telemetry, from its own files, from both."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tachograph_sdk.model.event import DropReason, Event, EventKind, Source
from tests.recorded import GOLDEN, history, telemetry, totals

SESSIONS = sorted(path.parent for path in (GOLDEN / "copilot_cli").glob("*/*/expected.json"))
WITH_TELEMETRY = [session for session in SESSIONS if (session / "otlp").is_dir()]
TOKENS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "reasoning": "reasoning_tokens",
}
OUTCOMES = ("prompts", "sessions", "tool_calls", "tool_failures", "lines_added", "lines_removed")

each_session = pytest.mark.parametrize("session", SESSIONS, ids=lambda path: path.name)
each_with_telemetry = pytest.mark.parametrize("session", WITH_TELEMETRY, ids=lambda path: path.name)


def expected(session: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((session / "expected.json").read_text("utf-8"))
    return told


def own_files(session: Path) -> list[Event]:
    return list(history("copilot_cli", session.glob("session-state/*/events.jsonl")).events)


def sent(session: Path, encoding: str = "") -> list[Event]:
    if (session / "otlp").is_dir():
        return list(telemetry(session, encoding).events)
    return list(history("copilot_cli_otel", session.glob("otel-file/*.jsonl")).events)


def by_model(events: list[Event]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for event in events:
        if event.kind is EventKind.API_REQUEST:
            of_model = found.setdefault(str(event.attributes["model"]), {"requests": 0, **dict.fromkeys(TOKENS, 0)})
            of_model["requests"] += 1
            for played, ours in TOKENS.items():
                of_model[played] += int(event.attributes.get(ours, 0))
    return found


def test_all_sessions_are_here() -> None:
    assert (len(SESSIONS), len(WITH_TELEMETRY)) == (5, 4)


@each_session
def test_requests_by_model_from_its_own_files_are_what_was_played(session: Path) -> None:
    assert by_model(own_files(session)) == expected(session)["by_model"]


@each_session
def test_requests_by_model_from_spans_are_what_was_played(session: Path) -> None:
    assert by_model(sent(session)) == expected(session)["by_model"]


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
@each_with_telemetry
def test_the_encoding_makes_no_difference(session: Path, encoding: str) -> None:
    assert {e.event_id: e.attributes for e in sent(session, encoding)} == {
        e.event_id: e.attributes for e in sent(session)
    }


@each_session
@pytest.mark.parametrize("ways", ["files", "spans", "files then spans", "spans then files", "spans twice, then files"])
def test_totals_are_what_was_played_whatever_was_seen_and_in_whatever_order(session: Path, ways: str) -> None:
    told = expected(session)
    batches: dict[str, list[Callable[[Path], list[Event]]]] = {
        "files": [own_files],
        "spans": [sent],
        "files then spans": [own_files, sent],
        "spans then files": [sent, own_files],
        "spans twice, then files": [sent, sent, own_files],
    }
    found = totals(*(read(session) for read in batches[ways]))
    assert {name: found[name] for name in TOKENS} == told["tokens"]
    assert (found["requests"], found["residuals"]) == (told["requests"], 0)
    names = list(OUTCOMES)
    if ways != "spans":
        names += ["commits", "pull_requests"]  # commands are not in the spans
    elif "otlp" not in {path.name for path in session.iterdir()}:
        names = [name for name in names if not name.startswith("lines")]  # metrics of a file are not read
    assert {name: found[name] for name in names} == {name: told[name] for name in names}


def test_the_running_total_of_a_resumed_session_explains_nothing_beyond_its_requests() -> None:
    (session,) = (path for path in SESSIONS if path.name == "basic-http-json")
    counters = [e for e in own_files(session) if e.kind is EventKind.USAGE_COUNTER]
    assert [e.attributes["counter"] for e in counters] == ["session_total"] * 2
    assert counters[0].attributes["lineage"] == counters[1].attributes["lineage"]
    assert [e.attributes["output_tokens"] for e in counters] == [38, 49]  # goes on over the resume: never added up


@each_session
def test_without_its_requests_the_running_total_is_all_there_is(session: Path) -> None:
    """Older releases write no `session.usage_record`."""
    told = expected(session)
    found = totals([e for e in own_files(session) if e.kind is not EventKind.API_REQUEST])
    assert {name: found[name] for name in TOKENS if name != "reasoning"} == {
        name: count for name, count in told["tokens"].items() if name != "reasoning"
    }
    assert found["requests"] == 0


def test_counters_alone_are_the_total_of_the_session() -> None:
    (session,) = (path for path in SESSIONS if path.name == "edit-commit-http-protobuf")
    found = totals([e for e in sent(session) if e.source is Source.OTEL_METRIC])
    told = expected(session)["tokens"]
    assert {name: found[name] for name in ("input", "output", "cache_read")} == {
        name: told[name] for name in ("input", "output", "cache_read")
    }
    assert (found["lines_added"], found["lines_removed"]) == (5, 1)


def test_who_asked_and_for_which_prompt() -> None:
    (session,) = (path for path in SESSIONS if path.name == "subagent-errors-http-json")
    for events in (own_files(session), sent(session)):
        requests = sorted((e for e in events if e.kind is EventKind.API_REQUEST), key=lambda e: e.at_us)
        assert [e.attributes["query_source"] for e in requests] == ["main", "subagent", "subagent", "main"]
    files = own_files(session)
    assert {e.attributes.get("subagent") for e in files if e.attributes.get("is_sidechain")} == {"general-purpose"}
    assert [e.attributes["feature_name"] for e in files if e.kind is EventKind.FEATURE_USE] == ["general-purpose"]


def test_a_failed_request_is_an_error_once_and_a_refused_call_is_told_from_a_broken_one() -> None:
    (session,) = (path for path in SESSIONS if path.name == "subagent-errors-http-json")
    # One try failed with 529 and was repeated, which only a span shows; another failed for good.
    assert totals(sent(session))["errors"] == 2
    assert totals(own_files(session))["errors"] == 1
    assert totals(sent(session), own_files(session))["errors"] == 2
    (session,) = (path for path in SESSIONS if path.name == "edit-commit-http-protobuf")
    for events in (own_files(session), sent(session)):
        calls = [e.attributes for e in events if e.kind is EventKind.TOOL_CALL]
        assert [a.get("decision") for a in calls if not a["success"]] == [None, "reject"]


@each_session
def test_both_sources_know_a_request_by_the_same_id(session: Path) -> None:
    ids = [
        {e.attributes["message_id"] for e in events if e.kind is EventKind.API_REQUEST}
        for events in (own_files(session), sent(session))
    ]
    assert ids[0] == ids[1]
    assert len(ids[0]) == expected(session)["requests"]


@each_session
def test_nothing_that_was_planted_gets_through(session: Path) -> None:
    planted = json.loads((session / "scenario.json").read_text("utf-8"))["planted"]
    for event in itertools.chain(own_files(session), sent(session)):
        text = repr(event)
        for secret in (planted, planted.lower(), "planted_c0ffee", "/home/dev", "127.0.0.1", "example.com", "sk-fake"):
            assert secret not in text


@each_with_telemetry
def test_every_record_is_read_or_known_to_say_nothing(session: Path) -> None:
    reasons = {reason for reason, _ in telemetry(session).drops}
    assert not reasons & {DropReason.UNKNOWN_EVENT, DropReason.UNKNOWN_AGENT, DropReason.UNKNOWN_ATTRIBUTE}
