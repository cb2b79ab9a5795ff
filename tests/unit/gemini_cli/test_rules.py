"""Gemini CLI's rules, one by one; docs/formats/gemini_cli.md has them in words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tachograph.inputs.agents.gemini_cli.agent import GeminiCli
from tachograph.inputs.agents.gemini_cli.chats import NAMES, ChatReader
from tachograph.inputs.agents.gemini_cli.document import DocumentReader
from tachograph.inputs.agents.gemini_cli.history import HISTORIES, find_roots
from tachograph.inputs.agents.kit.gemini.forms import diff_lines, disjoint_tokens, prompt_link, shell_failed
from tachograph.inputs.histories.find import look_at
from tachograph.inputs.histories.read import read_file
from tachograph.inputs.histories.unit import UnitFile
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent, Source
from tests.captures import RECEIVED_US
from tests.sessions import ledger, make_pipeline, ran, totals

SESSION = "142ef95e-ee3d-4ca4-9b43-30de5cb32ad3"
AT = "2026-11-20T02:31:29.288Z"
HEADER = {"sessionId": SESSION, "projectHash": "1afb", "startTime": AT, "lastUpdated": AT, "kind": "main"}
TOKENS = {"input": 6113, "output": 22, "cached": 4096, "thoughts": 5, "tool": 0, "total": 6140}


def gemini(identity: str, **more: Any) -> dict[str, Any]:
    told = {
        "id": identity,
        "timestamp": AT,
        "type": "gemini",
        "content": "x",
        "tokens": TOKENS,
        "model": "gemini-2.5-pro",
    }
    return {**told, **more}


def user(identity: str, text: Any) -> dict[str, Any]:
    return {"id": identity, "timestamp": AT, "type": "user", "content": text}


def read(records: Iterable[Any], path: str = "tmp/p/chats/session-x.jsonl") -> tuple[list[RawEvent], ChatReader]:
    reader = ChatReader(file_hint=path, received_us=RECEIVED_US)
    lines = [r if isinstance(r, bytes) else json.dumps(r).encode() for r in records]
    reader.feed(lines, number=1, offset=0)
    return [*reader.drain(), *reader.finish()], reader


def of(events: Iterable[RawEvent], kind: EventKind) -> list[RawEvent]:
    return [event for event in events if event.kind is kind]


@pytest.mark.parametrize(
    ("numbers", "inside", "fresh", "output"),
    [
        ((100, 10, 40, 5, 0, 115), False, 60, 15),  # beside, as the Gemini API counts
        ((100, 10, 40, 5, 0, 110), False, 60, 10),  # inside, as OpenAI-like ones do: the total tells
        ((100, 10, 40, 5, 7, 122), False, 67, 15),  # the prompt of tool use is beside the prompt
        ((100, 10, 40, 5, 7, 115), False, 60, 15),  # or inside it
        ((100, 10, 40, 5, 0, 0), False, 60, 15),  # no total
        ((100, 10, 40, 5, 0, 0), True, 60, 10),
        ((100, 10, 40, 5, 0, 999), False, 60, 15),  # a total that adds up to nothing known
        ((200, 20, 80, 10, 0, 225), False, 120, 25),  # a sum of one of each
        ((100, 10, 140, 0, 0, 110), False, 0, 10),  # more was read from the cache than was asked
    ],
)
def test_classes_do_not_overlap(numbers: tuple[int, ...], inside: bool, fresh: int, output: int) -> None:
    prompt, answer, cached, thoughts, tool, total = numbers
    found = disjoint_tokens(prompt, answer, cached, thoughts, tool, total, thoughts_inside=inside)
    assert found is not None
    assert found["input_tokens"] == fresh
    assert found["cache_read_tokens"] == cached
    assert found["output_tokens"] == output
    assert found["reasoning_tokens"] == min(thoughts, output)


def test_a_response_without_numbers_is_not_one_of_zero_tokens() -> None:
    assert disjoint_tokens(0, 0, 0, 0, 0, 0) is None
    events, _ = read([HEADER, gemini("a", tokens=None), gemini("b", tokens=dict.fromkeys(TOKENS, 0))])
    assert not of(events, EventKind.API_REQUEST)


def test_a_prompts_id_never_holds_the_sessions() -> None:
    assert prompt_link(SESSION, SESSION) is None
    assert prompt_link(None, SESSION) is None
    first, second = prompt_link(f"{SESSION}########1", SESSION), prompt_link(f"{SESSION}########2", SESSION)
    assert first != second
    assert first is not None
    assert SESSION[:8] not in first


def test_a_message_written_again_is_one_request() -> None:
    call = {"id": "c", "name": "read_file", "status": "success", "timestamp": AT, "args": {}}
    events, _ = read([HEADER, gemini("a"), gemini("a", toolCalls=[call]), gemini("a", toolCalls=[call])])
    assert [e.kind for e in events] == [EventKind.SESSION_START, EventKind.API_REQUEST, EventKind.TOOL_CALL]
    assert {e.name for e in events} <= NAMES


def test_patches_repeat_messages_and_are_not_read() -> None:
    later = "2026-11-20T02:40:00.000Z"
    again = [{**gemini("a", tokens=None), "timestamp": later}, {**user("u", "Do it"), "timestamp": later}]
    events, reader = read([HEADER, user("u", "Do it"), gemini("a"), {"$set": {"messages": again}}, {"$rewindTo": "u"}])
    assert len(of(events, EventKind.PROMPT)) == len(of(events, EventKind.API_REQUEST)) == 1
    assert reader.ignored == {"patch": 1, "rewind": 1}
    alone, _ = read([HEADER, {"$set": {"messages": again}}])  # as where reading goes on after the messages themselves
    assert [e.kind for e in alone] == [EventKind.SESSION_START]


def test_a_session_that_goes_on_in_its_file_begins_once() -> None:
    events, _ = read([HEADER, gemini("a"), {**HEADER, "startTime": "2026-11-20T03:00:00Z"}, gemini("b")])
    assert len(of(events, EventKind.SESSION_START)) == 1
    assert len(of(events, EventKind.API_REQUEST)) == 2


@pytest.mark.parametrize(
    ("content", "origin"),
    [
        ("Do it", "human"),
        ([{"text": "Do "}, {"text": "it"}], "human"),
        ("/compress", "command"),
        ("Please continue.", "agent"),
        ([{"text": "<session_context>\nThis is"}], None),
        ([{"functionResponse": {"id": "c", "name": "read_file"}}], None),
        ([], None),
    ],
)
def test_what_is_a_prompt_and_whose(content: Any, origin: str | None) -> None:
    events, _ = read([HEADER, user("u", content)])
    assert [e.attributes["prompt_origin"] for e in of(events, EventKind.PROMPT)] == ([origin] if origin else [])


def test_a_subagents_chat_belongs_to_the_session_it_works_for() -> None:
    header = {**HEADER, "sessionId": "0b6f6f9a-1111-4222-8333-444455556666", "kind": "subagent"}
    events, _ = read([header, user("u", "Look around"), gemini("a")], f"tmp/p/chats/{SESSION}/0b6f6f9a.jsonl")
    (request,), (prompt,) = of(events, EventKind.API_REQUEST), of(events, EventKind.PROMPT)
    assert request.attributes["session_id"] == prompt.attributes["session_id"] == SESSION
    assert request.attributes["query_source"] == "subagent"
    assert request.attributes["is_sidechain"] is True
    assert prompt.attributes["prompt_origin"] == "agent"
    assert not of(events, EventKind.SESSION_START)


@pytest.mark.parametrize(
    ("output", "made"),
    [("Output: (empty)", 1), ("Output: x\nExit Code: 1\nProcess Group PGID: 7", 0), ("Error: (none)\nExit Code: 0", 1)],
)
def test_a_command_that_failed_made_no_commit(output: str, made: int) -> None:
    call = {
        "id": "c",
        "name": "run_shell_command",
        "status": "success",
        "timestamp": AT,
        "args": {"command": "git commit -m x && gh pr create -t x"},
        "result": [{"functionResponse": {"response": {"output": output}}}],
    }
    events, _ = read([HEADER, gemini("a", toolCalls=[call])])
    assert len(of(events, EventKind.VCS_COMMIT)) == len(of(events, EventKind.VCS_PULL_REQUEST)) == made
    assert shell_failed(output) is (made == 0)


def test_lines_of_an_edit() -> None:
    diff = "Index: a\n--- a\tOriginal\n+++ a\tWritten\n@@ -1 +1,2 @@\n-one\n+two\n+three\n"
    assert diff_lines({"model_added_lines": 4, "model_removed_lines": 1}, diff) == (4, 1)
    assert diff_lines(None, diff) == (2, 1)
    assert diff_lines(None, None) is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", DropReason.BAD_LINE),
        (b"[]", DropReason.BAD_LINE),
        ({"projectHash": "x"}, DropReason.BAD_LINE),
        (gemini("a", timestamp="yesterday"), DropReason.BAD_TIME),
        (gemini("a", timestamp=None), DropReason.BAD_TIME),
        (gemini("a", tokens={**TOKENS, "input": -1}), DropReason.BAD_NUMBER),
        (gemini("a", tokens={**TOKENS, "output": 2**60}), DropReason.BAD_NUMBER),
        (gemini("a", tokens=[1]), DropReason.BAD_LINE),
        (gemini(""), DropReason.BAD_LINE),
    ],
)
def test_a_bad_line_costs_itself(line: Any, reason: DropReason) -> None:
    events, reader = read([HEADER, line, gemini("b")])
    assert [bad.reason for bad in reader.bad_lines] == [reason]
    assert reader.bad_lines[0].number == 2
    assert [e.attributes["message_id"] for e in of(events, EventKind.API_REQUEST)] == ["b"]


def test_a_chat_read_as_it_grows_gives_what_it_gives_at_once(tmp_path: Path) -> None:
    call = {"id": "c", "name": "read_file", "status": "success", "timestamp": AT, "args": {}}
    records = [HEADER, user("u", "Do it"), gemini("a"), gemini("a", toolCalls=[call]), {"$set": {}}, gemini("b")]
    lines = [json.dumps(record).encode() + b"\n" for record in records]
    whole, _ = read(records)
    path = tmp_path / "session-2026.jsonl"
    known, found = None, {}
    (history, _) = HISTORIES
    for upto in range(1, len(lines) + 1):
        path.write_bytes(b"".join(lines[:upto]))
        file = look_at(str(path), history)
        assert file is not None
        done = read_file(
            UnitFile(file, "f", known),
            make_reader=lambda p, first: history.make(file_hint=p, received_us=RECEIVED_US, from_start=first),
            take=lambda events: found.update({event.key: event for event in events}),
            torn_before_ns=0,
            mark="gemini_cli:",
            primed_by=history.primed_by,
        )
        known = done.state
    assert found.keys() == {event.key for event in whole}
    assert {event.attributes.get("session_id") for event in found.values()} == {SESSION}


def test_a_document_that_is_none_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "session-x.json"
    for text in ("{", "[]", '{"sessionId": "x"}'):
        path.write_text(text)
        reader = DocumentReader(received_us=RECEIVED_US)
        assert [event for some in reader.read(str(path), 0) for event in some] == []
        assert [bad.reason for bad in reader.bad_lines] == [DropReason.BAD_LINE]
    path.write_text(json.dumps({**HEADER, "messages": [gemini("a"), 7, gemini("b", timestamp=0)]}))
    reader = DocumentReader(received_us=RECEIVED_US)
    events = [event for some in reader.read(str(path), 0) for event in some]
    assert len(of(events, EventKind.API_REQUEST)) == 1
    assert [(bad.number, bad.reason) for bad in reader.bad_lines] == [
        (2, DropReason.BAD_LINE),
        (3, DropReason.BAD_TIME),
    ]


def test_where_chats_are_and_what_a_file_is_by_its_first_bytes() -> None:
    home = Path("/home/dev")
    assert find_roots({}, home) == [home / ".gemini" / "tmp"]
    assert find_roots({"GEMINI_CLI_HOME": "/data"}, home) == [Path("/data/.gemini/tmp")]
    lines, document = HISTORIES
    head = json.dumps(HEADER, separators=(",", ":")).encode() + b"\n"
    assert lines.begins(head)
    assert not document.begins(head)
    older = json.dumps({**HEADER, "messages": []}, indent=2).encode()
    assert document.begins(older)
    assert not lines.begins(older)
    assert lines.wanted("session-2026-11-20T02-31-142ef95e.jsonl")
    assert lines.wanted(f"{SESSION}.jsonl")
    assert not lines.wanted("history.jsonl")
    assert document.wanted("session-2026-11-20T02-31-142ef95e.json")
    assert not document.wanted("checkpoint-x.json")


def log(name: str, **attributes: Any) -> RawEvent:
    return RawEvent(
        agent="gemini_cli",
        source=Source.OTEL_LOG,
        name=f"gemini_cli.{name}",
        at_ns=1_795_141_889_286_000_000,
        received_us=RECEIVED_US,
        key=name.encode() + repr(attributes).encode(),
        attributes={"session.id": SESSION, "event.name": f"gemini_cli.{name}", **attributes},
        resource={"service.name": "gemini-cli", "service.version": "v20.20.2"},
    )


def response(**more: Any) -> RawEvent:
    counts = {
        "input_token_count": 6113,
        "output_token_count": 22,
        "cached_content_token_count": 4096,
        "thoughts_token_count": 5,
        "tool_token_count": 0,
        "total_token_count": 6140,
    }
    return log("api_response", model="gemini-2.5-flash-preview-09-2025", duration_ms=51, **{**counts, **more})


def test_a_request_is_one_although_the_chat_names_the_model_that_was_asked_and_telemetry_the_one_that_answered() -> (
    None
):
    chat = ran(read([HEADER, gemini("a", model="gemini-flash-latest")])[0])
    for parts in (([response()], chat), (chat, [response()])):
        store = ledger(*(ran(part) if isinstance(part[0], RawEvent) else part for part in parts))
        assert totals(store)["requests"] == 1
        assert totals(store)["output_tokens"] == 27
        store.close()


def test_the_version_that_is_nodes_is_not_taken_for_the_agents() -> None:
    (event,) = ran([response()])
    assert "agent_version" not in event.attributes


@pytest.mark.parametrize(
    ("role", "purpose"),
    [("main", "main"), ("subagent", "subagent"), ("utility_router", "auxiliary"), ("utility_compressor", "compact")],
)
def test_what_a_request_was_for(role: str, purpose: str) -> None:
    (event,) = ran([response(role=role)])
    assert event.attributes["query_source"] == purpose


def test_a_count_that_cannot_be_one_costs_its_record() -> None:
    batch = make_pipeline().run_records([response(input_token_count=-3), response()])
    assert len(batch.events) == 1
    assert (DropReason.BAD_NUMBER, "gemini_cli.api_response") in batch.drops


def test_no_text_of_any_field_passes_the_wall() -> None:
    """A secret in every text field of every event that Gemini CLI can send: none of them comes out."""
    secret = "Zebra-Quartz 4711"
    fields = [
        "prompt",
        "prompt_id",
        "request_text",
        "response_text",
        "function_args",
        "error",
        "error.message",
        "error_message",
        "reasoning",
        "command",
        "subcommand",
        "function_name",
        "model",
        "decision_source",
        "extension_name",
        "extension_source",
        "mcp_server_name",
        "agent_name",
        "terminate_reason",
        "hook_event_name",
        "user.email",
        "installation.id",
        "auth_type",
        "role",
        "finish_reasons",
        "status",
        "tool_name",
        "extension",
        "mimetype",
        "programming_language",
        "metadata",
        "experiments.ids",
        "loop_type",
        "session.id",
        "operation",
        "error_type",
    ]
    resource = {
        "service.name": "gemini-cli",
        **dict.fromkeys(("process.command_args", "process.owner", "process.executable.path", "host.name"), secret),
    }
    raws = []
    for name in (*_events(), "api_response"):
        raw = log(name, **{**response().attributes, **dict.fromkeys(fields, secret)})
        raw.resource = resource
        raws.append(raw)
    events = make_pipeline().run_records(raws).events
    assert len(events) > 20
    for part in (secret, "Zebra", "Quartz", SESSION):
        assert part not in repr(events)


def _events() -> list[str]:
    from tachograph.inputs.agents.gemini_cli.telemetry.events import EVENTS

    return list(EVENTS)


def test_the_agent_is_known_by_its_service_and_by_its_names() -> None:
    assert GeminiCli.service_names == {"gemini-cli"}
    assert GeminiCli.name_prefixes == ("gemini_cli.",)
