"""Qwen Code's rules, one by one; docs/formats/qwen_code.md has them in words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tachograph.inputs.agents.qwen_code.chats import NAMES, ChatReader
from tachograph.inputs.agents.qwen_code.history import HISTORIES, find_ledgers, find_projects, find_totals
from tachograph.inputs.agents.qwen_code.ledger import LedgerReader
from tachograph.inputs.agents.qwen_code.requests import purpose, response_key
from tachograph.inputs.agents.qwen_code.session_totals import SessionTotalsReader
from tachograph.inputs.histories.find import look_at
from tachograph.inputs.histories.read import read_file
from tachograph.inputs.histories.unit import UnitFile
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent, Source
from tests.captures import RECEIVED_US
from tests.sessions import ledger, make_pipeline, ran, totals

SESSION = "c05e6ec9-dd4a-4e21-8dea-3ec2ae5327bc"
AT = "2026-11-20T02:31:35.633Z"
NUMBERS = {
    "input_token_count": 6197,
    "output_token_count": 18,
    "cached_content_token_count": 2048,
    "thoughts_token_count": 4,
    "total_token_count": 6215,
}
USAGE = {
    "promptTokenCount": 6197,
    "candidatesTokenCount": 18,
    "cachedContentTokenCount": 2048,
    "thoughtsTokenCount": 4,
    "totalTokenCount": 6215,
}


def record(kind: str, identity: str, **more: Any) -> dict[str, Any]:
    told = {"uuid": identity, "parentUuid": None, "sessionId": SESSION, "timestamp": AT, "type": kind}
    return {**told, "cwd": "/home/dev/project", "version": "0.24.4", **more}


def told(identity: str = "chatcmpl-00000000000000000001", **more: Any) -> dict[str, Any]:
    event = {"event.name": "qwen-code.api_response", "response_id": identity, "model": "qwen3", "duration_ms": 17}
    return record(
        "system",
        f"u{identity}",
        subtype="ui_telemetry",
        systemPayload={"uiEvent": {**event, **NUMBERS, "prompt_id": f"{SESSION}########0", **more}},
    )


def assistant(identity: str = "a", parts: Any = (), **more: Any) -> dict[str, Any]:
    message = {"role": "model", "parts": [{"text": "x"}, *parts]}
    return record("assistant", identity, model="qwen3", message=message, usageMetadata={**USAGE, **more})


def result(call: str, **more: Any) -> dict[str, Any]:
    output = {
        "id": call,
        "name": "run_shell_command",
        "response": {"output": "Output: (empty)\nExit Code: 0\nSignal: 0"},
    }
    return record(
        "tool_result",
        f"r{call}",
        message={"role": "user", "parts": [{"functionResponse": output}]},
        toolCallResult={"callId": call, "status": "success", **more},
    )


def read(records: Iterable[Any], make: Any = ChatReader) -> tuple[list[RawEvent], Any]:
    reader = make(file_hint="projects/p/chats/x.jsonl", received_us=RECEIVED_US)
    lines = [r if isinstance(r, bytes) else json.dumps(r).encode() for r in records]
    reader.feed(lines, number=1, offset=0)
    return [*reader.drain(), *reader.finish()], reader


def of(events: Iterable[RawEvent], kind: EventKind) -> list[RawEvent]:
    return [event for event in events if event.kind is kind]


def test_a_response_is_told_twice_and_counts_once() -> None:
    events, _ = read([told(), assistant()])
    (request,) = of(events, EventKind.API_REQUEST)
    assert request.attributes["message_id"] == "chatcmpl-00000000000000000001"
    assert request.attributes["output_tokens"] == 18
    assert request.attributes["reasoning_tokens"] == 4
    assert {event.name for event in events} <= NAMES


def test_a_response_without_its_event_counts_too() -> None:
    events, _ = read([told(), assistant(), assistant("b")])
    assert [e.name for e in of(events, EventKind.API_REQUEST)] == ["api_response", "assistant"]


def test_an_auxiliary_request_does_not_stand_for_a_later_answer_with_the_same_numbers() -> None:
    auxiliary = told("chatcmpl-00000000000000000002", input_token_count=19, output_token_count=3, total_token_count=22)
    same = {"promptTokenCount": 19, "candidatesTokenCount": 3, "totalTokenCount": 22}
    events, reader = read([auxiliary, told(), assistant(), assistant("b", **same)])
    assert len(of(events, EventKind.API_REQUEST)) == 3
    assert reader.context_place() is None


def test_short_ids_of_servers_at_home_are_told_apart_by_total_and_duration() -> None:
    assert response_key("chatcmpl-00000000000000000001", 1, 2) == "chatcmpl-00000000000000000001"
    assert response_key("chatcmpl-123", 6215, 17) == "chatcmpl-123-6215-17"
    assert response_key("chatcmpl-123", None, None) is None
    assert response_key("", 1, 2) is None
    events, _ = read([told("chatcmpl-123"), told("chatcmpl-123", total_token_count=6219, duration_ms=18)])
    assert len({e.attributes["message_id"] for e in of(events, EventKind.API_REQUEST)}) == 2


@pytest.mark.parametrize(
    ("subagent", "prompt_id", "wanted"),
    [
        (None, None, "main"),
        ("main", None, "main"),
        ("Explore", "x", "subagent"),
        ("managed-auto-memory-extractor", "x", "auxiliary"),
        (None, "side-query:title", "auxiliary"),
        (None, "prompt_suggestion", "auxiliary"),
    ],
)
def test_what_a_request_was_for(subagent: str | None, prompt_id: str | None, wanted: str) -> None:
    assert purpose(subagent, prompt_id) == wanted


def test_a_fork_copies_its_history_under_another_session_and_gives_the_same_events() -> None:
    records = [told(), assistant(), record("user", "p", message={"parts": [{"text": "Do it"}]})]
    copy = [
        {**r, "sessionId": "11111111-dd4a-4e21-8dea-3ec2ae5327bc", "forkedFrom": {"sessionId": SESSION}}
        for r in records
    ]
    keys = [
        [e.key for e in read(some)[0] if e.kind in (EventKind.API_REQUEST, EventKind.PROMPT)]
        for some in (records, copy)
    ]
    assert keys[0] == keys[1]


@pytest.mark.parametrize("identity", ["call_1", None])
def test_a_commit_is_known_from_the_call_also_where_the_call_has_no_id(identity: str | None) -> None:
    call = {"id": identity, "name": "run_shell_command", "args": {"command": "git commit -m x"}}
    events, reader = read([assistant(parts=[{"functionCall": call}]), result("call_1")])
    assert len(of(events, EventKind.VCS_COMMIT)) == 1
    assert of(events, EventKind.TOOL_CALL)[0].attributes["tool_use_id"] == "call_1"
    assert reader.open_calls() == []


def test_a_failed_cancelled_or_editing_call() -> None:
    edit = {"fileDiff": "--- a\n+++ a\n-x\n+y\n+z\n", "fileName": "a.py"}
    events, _ = read(
        [
            result("a", status="error", errorType="edit_no_occurrence_found"),
            result("b", status="cancelled"),
            result("c", resultDisplay=edit),
        ]
    )
    calls = [e.attributes for e in of(events, EventKind.TOOL_CALL)]
    assert [c["success"] for c in calls] == [False, False, True]
    assert calls[0]["error_class"] == "edit_no_occurrence_found"
    assert calls[1]["decision"] == "reject"
    (change,) = of(events, EventKind.CODE_CHANGE)
    assert (change.attributes["lines_added"], change.attributes["lines_removed"]) == (2, 1)
    assert change.attributes["language"] == "Python"


@pytest.mark.parametrize(
    ("more", "origin"),
    [
        ({"provenance": "real_user"}, "human"),
        ({}, "human"),
        ({"provenance": "system"}, "agent"),
        ({"subtype": "cron"}, "agent"),
        ({"message": {"parts": [{"text": "/compress"}]}}, "command"),
        ({"message": {"parts": [{"functionResponse": {}}]}}, None),
    ],
)
def test_what_is_a_prompt_and_whose(more: dict[str, Any], origin: str | None) -> None:
    events, _ = read([record("user", "u", **{"message": {"parts": [{"text": "Do it"}]}, **more})])
    assert [e.attributes["prompt_origin"] for e in of(events, EventKind.PROMPT)] == ([origin] if origin else [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", DropReason.BAD_LINE),
        (b"7", DropReason.BAD_LINE),
        (record("system", "x", subtype="ui_telemetry"), DropReason.BAD_LINE),
        ({**told(), "timestamp": 7}, DropReason.BAD_TIME),
        (told(input_token_count=-1), DropReason.BAD_NUMBER),
        (assistant(promptTokenCount=1.5), DropReason.BAD_NUMBER),
        (record("tool_result", "x"), DropReason.BAD_LINE),
    ],
)
def test_a_bad_line_costs_itself(line: Any, reason: DropReason) -> None:
    events, reader = read([line, told("chatcmpl-00000000000000000009")])
    assert [(bad.number, bad.reason) for bad in reader.bad_lines] == [(1, reason)]
    assert len(of(events, EventKind.API_REQUEST)) == 1


@pytest.mark.parametrize(
    ("make", "line", "reason"),
    [
        (LedgerReader, {"id": "x"}, DropReason.BAD_LINE),
        (LedgerReader, {"id": "x", "sessionId": "s", "inputTokens": -1}, DropReason.BAD_NUMBER),
        (LedgerReader, {"id": "x", "sessionId": "s", "inputTokens": 1}, DropReason.BAD_TIME),
        (SessionTotalsReader, {"sessionId": "s"}, DropReason.BAD_LINE),
        (SessionTotalsReader, {"sessionId": "s", "models": {}, "timestamp": "x"}, DropReason.BAD_TIME),
        (SessionTotalsReader, {"sessionId": "s", "models": {"m": 1}, "timestamp": 1}, DropReason.BAD_LINE),
        (
            SessionTotalsReader,
            {"sessionId": "s", "models": {"m": {"inputTokens": "x"}}, "timestamp": 1},
            DropReason.BAD_NUMBER,
        ),
    ],
)
def test_a_bad_line_of_a_ledger_or_of_totals_costs_itself(make: Any, line: Any, reason: DropReason) -> None:
    events, reader = read([line, b"", line], make)
    assert not events
    assert [bad.reason for bad in reader.bad_lines] == [reason, reason]


def test_a_chat_read_as_it_grows_gives_what_it_gives_at_once(tmp_path: Path) -> None:
    call = {"name": "run_shell_command", "args": {"command": "git commit -m x"}}
    other = told("chatcmpl-00000000000000000002", input_token_count=19, total_token_count=37)
    records = [
        record("user", "p", message={"parts": [{"text": "Do it"}]}),
        other,
        told(),
        assistant(parts=[{"functionCall": call}]),
        result("c"),
        told("chatcmpl-00000000000000000003"),
        assistant("b"),
    ]
    lines = [json.dumps(some).encode() + b"\n" for some in records]
    whole, _ = read(records)
    path = tmp_path / f"{SESSION}.jsonl"
    history, known, found = HISTORIES[0], None, {}
    for upto in range(1, len(lines) + 1):
        path.write_bytes(b"".join(lines[:upto]))
        file = look_at(str(path), history)
        assert file is not None
        known = read_file(
            UnitFile(file, "f", known),
            make_reader=lambda p, first: history.make(file_hint=p, received_us=RECEIVED_US, from_start=first),
            take=lambda events: found.update({event.key: event for event in events}),
            torn_before_ns=0,
            mark="qwen_code:",
            primed_by=history.primed_by,
        ).state
    assert found.keys() == {event.key for event in whole}


def test_where_files_are_and_what_a_file_is_by_its_first_bytes() -> None:
    home = Path("/home/dev")
    assert find_projects({}, home) == [home / ".qwen" / "projects"]
    assert find_ledgers({"QWEN_HOME": "/q"}, home) == [Path("/q/usage")]
    assert find_ledgers({"QWEN_HOME": "/q", "QWEN_RUNTIME_DIR": "/r"}, home) == [Path("/r/usage")]
    assert find_totals({"QWEN_HOME": "/q", "QWEN_RUNTIME_DIR": "/r"}, home) == [Path("/q/usage_record.jsonl")]
    row = {"schemaVersion": 1, "id": "x", "timestamp": AT, "localDate": "2026-11-20"}
    total = {"version": 1, "sessionId": SESSION, "timestamp": 1, "startTime": 0}
    for wanted, told_first in enumerate((told(), row, total)):
        head = json.dumps(told_first, separators=(",", ":")).encode()
        assert [history.begins(head) for history in HISTORIES] == [number == wanted for number in range(3)]
    chat, months, one = HISTORIES
    assert chat.wanted(f"{SESSION}.jsonl")
    assert not chat.wanted("history.jsonl")
    assert months.wanted("token-usage-2026-11.jsonl")
    assert one.wanted("usage_record.jsonl")


def log(name: str, /, **attributes: Any) -> RawEvent:
    full = name if name.startswith("session.") else f"qwen-code.{name}"
    return RawEvent(
        agent="qwen_code",
        source=Source.OTEL_LOG,
        name=full,
        at_ns=1_795_141_895_640_000_000,
        received_us=RECEIVED_US,
        key=name.encode(),
        attributes={"session.id": SESSION, "event.name": full, **attributes},
        resource={"service.name": "qwen-code", "service.version": "0.24.4"},
    )


def test_an_event_and_its_copy_in_the_chat_are_one_request_whatever_the_id() -> None:
    for identity in ("chatcmpl-00000000000000000001", "chatcmpl-123"):
        event = log("api_response", model="qwen3", response_id=identity, duration_ms=17, **NUMBERS)
        store = ledger(ran([event]), ran(read([told(identity), assistant()])[0]))
        assert totals(store)["requests"] == 1
        store.close()


def test_no_text_of_any_field_passes_the_wall() -> None:
    from tachograph.inputs.agents.qwen_code.telemetry.events import EVENTS

    secret = "Zebra-Quartz 4711"
    fields = [
        *("prompt", "prompt_id", "request_text", "response_text", "function_args", "error", "error.message", "result"),
        *(
            "execution_summary",
            "command",
            "subcommand",
            "function_name",
            "model",
            "skill_name",
            "subagent_name",
            "status",
        ),
        *(
            "extension_name",
            "mcp_server_name",
            "auth_type",
            "tool_name",
            "metadata",
            "response_id",
            "call_id",
            "error_type",
        ),
    ]
    raws = [log(name, **dict.fromkeys(fields, secret)) for name in EVENTS]
    chat = [
        told(
            **dict.fromkeys(
                ("model", "prompt_id", "auth_type", "subagent_name", "response_text", "subagent_id"), secret
            )
        ),
        assistant(parts=[{"text": secret}, {"functionCall": {"id": "c", "name": secret, "args": {"command": secret}}}]),
        result("c", resultDisplay={"fileDiff": f"+{secret}", "fileName": secret}, errorType=secret),
        record("user", "u", message={"parts": [{"text": secret}]}, cwd=f"/home/{secret}", version=secret),
    ]
    events = make_pipeline().run_records([*raws, *read(chat)[0]]).events
    assert len(events) > 20
    for part in ("Zebra", "Quartz", SESSION):
        assert part not in repr(events)
