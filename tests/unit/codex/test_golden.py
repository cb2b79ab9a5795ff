"""Recorded sessions of the real client give what was played to it: from telemetry, from its threads, from both."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tachograph_sdk.model.event import DropReason, Event, EventKind, Source
from tests.recorded import GOLDEN, history, read_lines, telemetry, totals

SESSIONS = sorted(path.parent for path in (GOLDEN / "codex").glob("*/*/expected.json"))
TOKENS = ("input", "cached", "output", "reasoning")
COUNTED = ("prompts", "tool_failures")
CHANGED = ("lines_added", "lines_removed", "commits", "pull_requests")
# A turn that fails ends the program before it sends anything; the thread has its prompt.
UNSENT_PROMPTS = {"errors-resume": 2}
each_session = pytest.mark.parametrize("session", SESSIONS, ids=lambda path: f"{path.parent.name}-{path.name}")


def session_of(name: str) -> Path:
    version, _, scenario = name.partition("/")
    return GOLDEN / "codex" / version / scenario


def expected(session: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((session / "expected.json").read_text("utf-8"))
    return told


def threads(session: Path) -> list[Path]:
    return sorted([*session.glob("rollouts/**/*.jsonl"), *session.glob("archived_sessions/*.jsonl")])


def own_files(session: Path) -> list[Event]:
    return list(history("codex", threads(session)).events)


def sent(session: Path, encoding: str = "") -> list[Event]:
    return list(telemetry(session, encoding).events)


def requests_of(events: list[Event]) -> list[Event]:
    return [event for event in events if event.kind is EventKind.API_REQUEST]


def tokens(events: list[Event]) -> dict[str, dict[str, int]]:
    """By model, counted as Codex and the API count: input with what was cached."""
    found: dict[str, Counter[str]] = {}
    for event in requests_of(events):
        has = event.attributes
        counts = found.setdefault(str(has["model"]), Counter())
        cache = int(has["cache_read_tokens"]) + int(has["cache_write_tokens"])
        counts["input"] += int(has["input_tokens"]) + cache
        counts["cached"] += int(has["cache_read_tokens"])
        counts["output"] += int(has["output_tokens"])
        counts["reasoning"] += int(has["reasoning_tokens"])
    return {model: {name: counts[name] for name in TOKENS} for model, counts in found.items()}


def played(session: Path) -> dict[str, dict[str, int]]:
    return {m: {name: told[name] for name in TOKENS} for m, told in expected(session)["tokens_by_model"].items()}


def test_all_sessions_are_here() -> None:
    assert Counter(session.parent.name for session in SESSIONS) == {"0.169.0": 10, "0.113.0": 1, "0.80.0": 2}


@each_session
def test_tokens_by_model_from_telemetry_are_what_was_played(session: Path) -> None:
    assert tokens(sent(session)) == played(session)


@each_session
def test_tokens_by_model_from_threads_are_what_was_played(session: Path) -> None:
    assert tokens(own_files(session)) == played(session)


@each_session
def test_both_tell_of_each_request_the_same_in_the_same_session(session: Path) -> None:
    """They share no id of a request, so that numbers and session are all the ledger has to join them by."""

    def told(events: list[Event]) -> list[tuple[object, ...]]:
        names = ("model", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
        return sorted((e.session_id, *(e.attributes[name] for name in names)) for e in requests_of(events))

    assert told(sent(session)) == told(own_files(session))
    assert len(requests_of(sent(session))) == expected(session)["api_responses_ok"]


@each_session
@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_the_encoding_makes_no_difference(session: Path, encoding: str) -> None:
    assert {e.event_id: e.attributes for e in sent(session, encoding)} == {
        e.event_id: e.attributes for e in sent(session)
    }


@each_session
@pytest.mark.parametrize("ways", ["files", "sent", "files, sent", "sent, files", "sent, sent, files, files"])
def test_totals_are_what_was_played_whatever_was_seen_and_in_whatever_order(session: Path, ways: str) -> None:
    told = expected(session)
    found = totals(*({"files": own_files, "sent": sent}[way](session) for way in ways.split(", ")))
    assert found["input"] + found["cache_read"] + found["cache_write"] == told["tokens"]["input"]
    assert found["cache_read"] == told["tokens"]["cached"]
    assert found["output"] == told["tokens"]["output"]
    assert found["reasoning"] == told["tokens"]["reasoning"]
    assert (found["requests"], found["residuals"]) == (told["api_responses_ok"], 0)
    missing = UNSENT_PROMPTS.get(session.name, 0) if ways == "sent" else 0
    assert found["prompts"] == told["user_prompts"] - missing
    assert found["tool_failures"] == told["tool_failures"]
    assert found["sessions"] == len(threads(session))
    if ways != "sent":  # what became of files and commands is in the threads
        assert {name: found[name] for name in CHANGED} == {name: told.get(name, 0) for name in CHANGED}


def test_each_answer_is_told_once_and_steps_of_it_not_at_all() -> None:
    session = session_of("0.169.0/edit-commit-http-json")
    names = Counter(event.name for event in sent(session))
    assert names == {
        "conversation_starts": 1, "user_prompt": 1, "sse_event": 4, "tool_decision": 3, "tool_result": 3, "turn_ttft": 1,
    }  # fmt: skip
    observed = expected(session)["observed_in_telemetry"]["events"]
    dropped = {name: n for (reason, name), n in telemetry(session).drops.items() if reason is DropReason.NOT_NEEDED}
    assert dropped["codex.sse_event"] == observed["codex.sse_event"] - 4
    assert dropped["codex.api_request"] == observed["codex.api_request"] == 4


def test_counters_alone_give_the_same_tokens() -> None:
    session = session_of("0.169.0/basic-grpc")
    found = totals([e for e in sent(session) if e.source is Source.OTEL_METRIC])
    told = expected(session)["tokens"]
    assert found["input"] + found["cache_read"] == told["input"]
    assert (found["cache_read"], found["output"], found["requests"]) == (told["cached"], told["output"], 0)


def test_counters_that_say_more_than_the_events_are_the_residual() -> None:
    session = session_of("0.169.0/basic-grpc")
    lost, *kept = requests_of(sent(session))
    counters = [e for e in sent(session) if e.source is Source.OTEL_METRIC]
    found = totals([*kept, *counters])
    told = expected(session)["tokens"]
    assert (found["requests"], found["residuals"]) == (2, 1)
    assert found["input"] + found["cache_read"] == told["input"]
    assert found["output"] == told["output"]
    assert int(lost.attributes["output_tokens"]) > 0


@each_session
def test_tool_calls_have_the_same_ids_names_and_outcome_in_both(session: Path) -> None:
    def told(events: list[Event]) -> set[tuple[object, ...]]:
        names = ("tool_use_id", "tool_name", "success", "mcp_server", "mcp_tool")
        return {tuple(e.attributes.get(name) for name in names) for e in events if e.kind is EventKind.TOOL_CALL}

    if session.parent.name == "0.169.0":
        assert told(sent(session)) == told(own_files(session))


def test_a_script_s_own_calls_are_calls_beside_the_script() -> None:
    found = totals(own_files(session_of("0.169.0/code-mode")))
    assert found["tool_calls"] == 2
    assert sum(expected(session_of("0.169.0/code-mode"))["tool_calls_sent"].values()) == 1  # which the model made


def test_a_copy_of_a_parent_s_history_is_not_counted_again() -> None:
    session = session_of("0.169.0/subagent")
    subagents = [e for e in own_files(session) if e.kind is EventKind.FEATURE_USE]
    assert [e.attributes["feature_name"] for e in subagents] == ["default"] * 3
    by_source = Counter(e.attributes["query_source"] for e in requests_of(own_files(session)))
    assert by_source == {"main": 6, "subagent": 6}
    (prompt,) = [e for e in own_files(session) if e.kind is EventKind.PROMPT]  # the copy has it, too
    assert prompt.attributes["prompt_origin"] == "human"


@pytest.mark.parametrize("version", ["0.169.0", "0.113.0", "0.80.0"])
def test_a_fork_s_own_turn_is_counted_and_its_copy_is_not(version: str) -> None:
    session = session_of(f"{version}/fork-archive")
    (archived,) = session.glob("archived_sessions/*.jsonl")
    events = list(history("codex", [archived]).events)
    assert [e.attributes["output_tokens"] for e in requests_of(events)] == [9]
    assert [e.attributes["length_chars"] for e in events if e.kind is EventKind.PROMPT] == [len("Second question")]


def test_retries_and_failed_turns() -> None:
    session = session_of("0.169.0/errors-resume")
    retried = [e.attributes for e in sent(session) if e.attributes.get("feature") == "api_retry"]
    assert [(a["status_code"], a["attempts"]) for a in retried] == [(500, 1), (503, 2), (500, 1)]
    failed = [e.attributes for e in own_files(session) if e.kind is EventKind.API_ERROR]
    assert [(a["error_class"], a.get("status_code")) for a in failed] == [
        ("response_too_many_failed_attempts", 429),
        ("other", None),
    ]
    assert totals(sent(session), own_files(session))["errors"] == 2


def test_cache_writes_are_part_of_the_input_and_counted_apart() -> None:
    for events in (sent(session_of("0.169.0/mcp-cachewrite")), own_files(session_of("0.169.0/mcp-cachewrite"))):
        first = min(requests_of(events), key=lambda e: e.at_us).attributes
        assert (first["input_tokens"], first["cache_read_tokens"], first["cache_write_tokens"]) == (101, 0, 5900)


def test_a_request_in_a_dearer_tier_says_so_in_both_and_costs_the_same() -> None:
    session = session_of("0.169.0/service-tier")
    ((seen,), (shown,)) = requests_of(sent(session)), requests_of(own_files(session))
    for name in ("service_tier", "effort", "cost_nanousd"):
        assert seen.attributes[name] == shown.attributes[name]
    assert (seen.attributes["service_tier"], seen.attributes["effort"]) == ("priority", "high")


def test_what_compaction_repeats_is_counted_once() -> None:
    """The same numbers twice in a row are two requests here, and a third record with a zero usage is none."""
    session = session_of("0.169.0/compact")
    assert [e.attributes["output_tokens"] for e in requests_of(own_files(session))] == [17, 17, 17, 19, 17]
    (compaction,) = [e for e in own_files(session) if e.attributes.get("feature") == "compaction"]
    assert compaction.attributes["pre_tokens"] == 4307 + 17


@each_session
def test_spans_add_no_usage(session: Path) -> None:
    spans = [e for e in sent(session) if e.source is Source.OTEL_SPAN]
    assert {e.kind for e in spans} <= {EventKind.AGENT_NOTICE}
    if session.name == "traces":
        (turn,) = spans
        assert turn.attributes["total_tokens"] == expected(session)["tokens"]["total"]
        assert turn.session_id == requests_of(sent(session))[0].session_id


@each_session
@pytest.mark.parametrize("portion", [1, 7])
def test_a_thread_read_in_portions_makes_the_same_events(session: Path, portion: int) -> None:
    for path in threads(session):
        whole = {(e.key, e.kind): e.attributes for e in read_lines("codex", path)}
        assert {(e.key, e.kind): e.attributes for e in read_lines("codex", path, portion=portion)} == whole


@each_session
def test_nothing_that_was_said_or_run_gets_through(session: Path) -> None:
    prompts = json.loads((session / "scenario.json").read_text("utf-8"))["prompts"]
    texts = [
        *prompts,
        "print(",
        "nope.py",
        "/home/dev",
        "127.0.0.1",
        "devbox",
        "hi.py",
        "sk-fake",
        "rollout-",
        "python3",
    ]
    texts += [path.stem[-36:] for path in threads(session)]  # ids of threads are pseudonyms: they are file names, too
    raw = b"".join(path.read_bytes() for path in threads(session))
    assert b"/home/dev" in raw
    for event in itertools.chain(own_files(session), sent(session)):
        text = repr(event)
        for secret in texts:
            assert secret not in text


@each_session
def test_every_record_is_read_or_known_to_say_nothing(session: Path) -> None:
    unknown = {DropReason.UNKNOWN_EVENT, DropReason.UNKNOWN_AGENT, DropReason.UNKNOWN_ATTRIBUTE}
    for batch in (telemetry(session), history("codex", threads(session))):
        assert not [drop for drop in batch.drops if drop[0] in unknown]
