"""The reader of `events.jsonl` and of exported spans, record by record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tachograph.inputs.agents.copilot_cli.agent import CopilotCli
from tachograph.inputs.agents.copilot_cli.exported import ExportedReader
from tachograph.inputs.agents.copilot_cli.history import HISTORIES
from tachograph.inputs.agents.copilot_cli.session import EventsReader
from tachograph.inputs.agents.histories import HISTORIES as ALL
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent, Source, Span
from tests.recorded import GOLDEN, pipeline

SESSION = "11111111-2222-4333-8444-555555555555"
GOLDEN_FILES = sorted((GOLDEN / "copilot_cli").glob("*/*/session-state/*/events.jsonl"))
USAGE = {
    "model": "m", "inputTokens": 1300, "outputTokens": 20, "cacheReadTokens": 1000, "cacheWriteTokens": 200,
    "reasoningTokens": 5, "cost": 0.33, "duration": 900, "timeToFirstTokenMs": 80.5, "initiator": "user",
    "apiCallId": "msg_0123456789abcdef", "reasoningEffort": "high", "finishReason": "stop", "modelProvider": "Anthropic",
    "copilotUsage": {"totalNanoAiu": 1_200_000_000, "tokenDetails": []},
}  # fmt: skip


def line(kind: str, second: float = 1, agent: str | None = None, **data: Any) -> bytes:
    record = {
        "type": kind,
        "data": data,
        "id": f"{kind}-{second}-{agent}",
        "timestamp": f"2026-11-20T10:00:{second:06.3f}Z",
        "parentId": None,
    }
    return json.dumps(record | ({"agentId": agent} if agent else {})).encode()


def start() -> bytes:
    return line(
        "session.start", 0, sessionId=SESSION, copilotVersion="1.0.102", producer="copilot-agent",
        selectedModel="asked", context={"cwd": "/home/dev/project"},
    )  # fmt: skip


def read(*lines: bytes, primed: bytes | None = None) -> list[RawEvent]:
    reader = make(from_start=primed is None)
    if primed is not None:
        reader.prime(primed)
    reader.feed(lines, number=1, offset=0)
    assert not reader.bad_lines
    return reader.finish()


def make(*, from_start: bool = True) -> EventsReader:
    return EventsReader(file_hint=f"/x/session-state/{SESSION}/events.jsonl", received_us=0, from_start=from_start)


def test_a_request_has_all_that_the_record_says() -> None:
    _, event = read(start(), line("session.usage_record", usage=USAGE))
    assert event.kind is EventKind.API_REQUEST
    assert event.attributes == {
        "session_id": SESSION, "agent_version": "1.0.102", "project": "/home/dev/project", "input_tokens": 100,
        "output_tokens": 20, "cache_read_tokens": 1000, "cache_write_tokens": 200, "reasoning_tokens": 5,
        "message_id": "msg_0123456789abcdef", "model": "m", "provider": "anthropic", "effort": "high",
        "query_source": "main", "stop_reason": "stop", "duration_ms": 900, "ttft_ms": 80.5, "premium_requests": 0.33,
        "credits_nano": 1_200_000_000,
    }  # fmt: skip


def test_premium_requests_and_credits_are_kept_and_are_no_money() -> None:
    records = read(start(), line("session.usage_record", usage=USAGE | {"model": "claude-sonnet-4-6"}))
    event = pipeline().run_records(records).events[1]
    assert (event.attributes["premium_requests"], event.attributes["credits_nano"]) == (0.33, 1_200_000_000)
    assert event.attributes["cost_basis"] == "priced"
    assert (
        event.attributes["cost_nanousd"] == 1_650_000
    )  # 100 x 3 + 20 x 15 + 1000 x 0.3 + 200 x 3.75 dollars a million


def test_a_span_and_a_record_of_one_request_say_the_same() -> None:
    (_, record) = read(start(), line("session.usage_record", usage=USAGE | {"apiCallId": "chatcmpl-7"}))
    span = CopilotCli.classify(
        RawEvent(
            agent="copilot_cli", source=Source.OTEL_SPAN, name="chat m", at_ns=1, received_us=0, key=b"",
            attributes={
                "gen_ai.operation.name": "chat", "gen_ai.response.model": "m", "gen_ai.conversation.id": SESSION,
                "gen_ai.response.id": "chatcmpl-7", "gen_ai.usage.input_tokens": "1300", "gen_ai.usage.output_tokens": "20",
                "gen_ai.usage.cache_read_input_tokens": "1000", "gen_ai.usage.cache_creation.input_tokens": "200",
                "gen_ai.usage.reasoning_output_tokens": "5", "github.copilot.cost": 0.33,
                "github.copilot.nano_aiu": 1_200_000_000, "github.copilot.initiator": "user",
            },
            span=Span(trace_id=b"t" * 16, span_id=b"s" * 8, parent_span_id=b"p" * 8, end_ns=2, status_code=0),
        )
    )  # fmt: skip
    assert isinstance(span, RawEvent)
    shared = (
        "session_id", "message_id", "model", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
        "reasoning_tokens", "premium_requests", "credits_nano", "query_source",
    )  # fmt: skip
    assert {n: span.attributes[n] for n in shared} == {n: record.attributes[n] for n in shared}
    assert str(span.attributes["message_id"]).startswith("own-")  # a mere number is no id of its own


@pytest.mark.parametrize("source", ["agent-1", "system", "autopilot"])
def test_who_sent_a_prompt(source: str) -> None:
    prompts = read(
        start(),
        line("user.message", 1, content="héllo", interactionId="i-1", messageId="m-1"),
        line("user.message", 2, content="x", interactionId="i-2", source=source),
        line("user.message", 3, content="x", interactionId="i-3", source="skill-pdf"),
        line("user.message", 4, "sub", content="x", interactionId="i-4"),
    )[1:]
    assert [(p.attributes["prompt_id"], p.attributes["prompt_origin"], p.attributes["length_chars"]) for p in prompts] == [
        ("i-1", "human", 5), ("i-2", "agent", 1), ("i-3", "command", 1),
    ]  # fmt: skip


def test_lines_that_cannot_be_used_are_set_aside_and_stop_nothing() -> None:
    reader = make()
    bad = [
        b"{", b"[1]", b"\xff{}", b'{"type":7}', b'{"type":"tool.execution_start","data":{}}',
        line("session.usage_record", usage=USAGE | {"inputTokens": -1}),
        line("session.usage_record", usage=USAGE | {"outputTokens": True}),
        line("session.usage_record", usage={}),
        line("user.message", interactionId="i").replace(b"2026-11-20T10", b"when"),
        b'{"a":' * 3000,
    ]  # fmt: skip
    reader.feed([start(), *bad, line("session.usage_record", usage=USAGE)], number=1, offset=0)
    assert [place.number for place in reader.bad_lines] == list(range(2, 12))
    reasons = {place.reason for place in reader.bad_lines}
    assert {DropReason.BAD_LINE, DropReason.BAD_NUMBER, DropReason.BAD_TIME} <= reasons
    assert DropReason.INTERNAL_ERROR not in reasons
    assert [event.kind for event in reader.finish()] == [EventKind.SESSION_START, EventKind.API_REQUEST]


def test_half_a_surrogate_pair_costs_nothing() -> None:
    (_, prompt) = read(start(), line("user.message", interactionId="i").replace(b'"i"', b'"i", "content": "\\ud83d"'))
    assert prompt.kind is EventKind.PROMPT


def test_a_call_without_its_result_is_one_and_becomes_the_same_with_it() -> None:
    begun = line(
        "tool.execution_start", 2, toolCallId="call_1", toolName="bash", arguments={"command": "git commit -m x"}
    )
    reader = make()
    reader.feed([start(), begun], number=1, offset=0)
    assert reader.open_calls() == [(2, len(start()) + 1)]
    assert [e.kind for e in reader.finish()] == [EventKind.SESSION_START, EventKind.TOOL_CALL]
    done = line("tool.execution_complete", 3, toolCallId="call_1", success=True, shellExecution={"exitCode": 0})
    kinds = [e.kind for e in read(begun, done, primed=start())]
    assert kinds == [EventKind.TOOL_CALL, EventKind.VCS_COMMIT]


def test_a_command_that_failed_commits_nothing() -> None:
    begun = line(
        "tool.execution_start", 2, toolCallId="call_1", toolName="bash", arguments={"command": "git commit -m x"}
    )
    done = line("tool.execution_complete", 3, toolCallId="call_1", success=True, shellExecution={"exitCode": 1})
    (event,) = read(begun, done, primed=start())
    assert (event.kind, event.attributes["success"]) == (EventKind.TOOL_CALL, False)


@pytest.mark.parametrize("path", GOLDEN_FILES, ids=lambda path: path.parts[-4])
def test_reading_on_from_anywhere_gives_the_same_events(path: Path) -> None:
    lines = path.read_bytes().splitlines()
    whole = make()
    whole.feed(lines, number=1, offset=0)
    truth = {(e.key, repr(sorted(e.attributes.items(), key=str))) for e in whole.finish() if b":open:" not in e.key}
    for stop in range(1, len(lines)):
        first = make()
        first.feed(lines[:stop], number=1, offset=0)
        events = first.finish()
        places = [(stop + 1, 0), *first.open_calls(), *([place] if (place := first.context_place()) else [])]
        again = min(number for number, _ in places) - 1
        second = make(from_start=again == 0)
        second.prime(lines[0])
        second.feed(lines[again:], number=again + 1, offset=0)
        events += second.finish()
        found = {(e.key, repr(sorted(e.attributes.items(), key=str))) for e in events if b":open:" not in e.key}
        assert found == truth, stop


def test_an_exported_span_is_the_span_that_would_have_been_sent() -> None:
    (path,) = (GOLDEN / "copilot_cli").glob("*/file-exporter/otel-file/*.jsonl")
    reader = ExportedReader(file_hint="", received_us=0)
    reader.feed(path.read_bytes().splitlines(), number=1, offset=0)
    events = reader.finish()
    assert reader.ignored == {"metric": 18}
    assert all(e.source is Source.OTEL_SPAN and len(e.key) == 24 for e in events)
    broken = [b'{"type":"span"}', b'{"type":"span","name":"chat","traceId":"zz","spanId":"00"}', b"nonsense"]
    reader.feed(broken, number=1, offset=0)
    assert [bad.reason for bad in reader.bad_lines] == [DropReason.BAD_ID, DropReason.BAD_ID, DropReason.BAD_LINE]


def test_files_are_known_by_how_they_begin() -> None:
    (exported,) = (GOLDEN / "copilot_cli").glob("*/file-exporter/otel-file/*.jsonl")
    for path in [*GOLDEN_FILES, exported]:
        head = path.read_bytes()[:65536]
        first = next(history for history in ALL if history.begins(head))
        assert first.id == ("copilot_cli_otel" if path == exported else "copilot_cli")
    transcript = next((GOLDEN / "claude_code").glob("*/*/transcripts/*/*.jsonl")).read_bytes()
    assert not any(history.begins(transcript) for history in HISTORIES)


def test_where_its_files_are(tmp_path: Path) -> None:
    sessions, exports = HISTORIES
    assert sessions.roots({}, tmp_path) == [tmp_path / ".copilot" / "session-state"]
    assert sessions.roots({"COPILOT_HOME": "/elsewhere"}, tmp_path) == [Path("/elsewhere/session-state")]
    named = exports.roots({"COPILOT_OTEL_FILE_EXPORTER_PATH": "/var/c.jsonl"}, tmp_path)
    assert named == [tmp_path / ".copilot" / "otel", Path("/var/c.jsonl")]
    assert [sessions.wanted(name) for name in ("events.jsonl", "workspace.yaml", "session-store.db")] == [
        True,
        False,
        False,
    ]
