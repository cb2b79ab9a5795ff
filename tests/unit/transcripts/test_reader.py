"""What single records of a transcript mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tachograph.inputs.agents.claude_code.transcript import read_transcript
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent
from tests.unit.transcripts.making import common, joined, line, prompt, response, tool_result, tool_use, usage


def read(*lines: bytes, hint: str = "/x/-home-dev-project/s.jsonl") -> list[RawEvent]:
    result = read_transcript(enumerate(lines, 1), file_hint=hint, received_us=1)
    assert result.bad_lines == []
    return result.events


def only(kind: EventKind, events: list[RawEvent]) -> dict[str, Any]:
    (event,) = [e for e in events if e.kind is kind]
    return event.attributes


def all_of(kind: EventKind, events: list[RawEvent]) -> list[dict[str, Any]]:
    return [e.attributes for e in events if e.kind is kind]


# --- responses ---


def test_a_response_of_several_lines_counts_once_at_its_end() -> None:
    events = read(*[response(1, timestamp=f"2026-11-20T10:00:0{i}.000Z", uuid=f"u{i}") for i in range(4)])
    assert only(EventKind.API_REQUEST, events)["output_tokens"] == 20
    (request,) = [e for e in events if e.kind is EventKind.API_REQUEST]
    assert request.at_ns == 1_795_168_803_000_000_000


def test_the_largest_of_each_class_wins() -> None:
    events = read(
        response(1, used=usage(5, 1, 300, 0)),
        response(1, used=usage(10, 20, 0, 40)),
        response(1, used=usage(0, 2, 0, 0)),
    )
    request = only(EventKind.API_REQUEST, events)
    assert [request[f"{n}_tokens"] for n in ("input", "output", "cache_read", "cache_write")] == [10, 20, 300, 40]


@pytest.mark.parametrize("outputs", [(1, 1, 20), (20, 1, 7), (1, 20, 20), (0, 5)])
def test_what_summing_up_the_lines_would_give_is_remembered(outputs: tuple[int, ...]) -> None:
    request = only(EventKind.API_REQUEST, read(*[response(1, used=usage(10, out)) for out in outputs]))
    assert (request["usage_records"], request["naive_output_tokens"]) == (len(outputs), sum(outputs))
    assert request["output_tokens"] == max(outputs)


def test_nothing_is_said_of_repetition_where_there_is_none() -> None:
    assert "usage_records" not in only(EventKind.API_REQUEST, read(response(1)))
    alike = only(EventKind.API_REQUEST, read(response(1), response(1)))
    assert alike["usage_records"] == 2
    assert "naive_output_tokens" not in alike


def test_a_split_beside_a_zero_total_is_the_total() -> None:
    split = {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 70}
    request = only(EventKind.API_REQUEST, read(response(1, used=usage(write=0, cache_creation=split))))
    assert (request["cache_write_tokens"], request["cache_write_5m_tokens"], request["cache_write_1h_tokens"]) == (
        100,
        30,
        70,
    )


def test_everything_that_changes_the_price_is_taken() -> None:
    used = usage(
        speed="fast",
        service_tier="priority",
        inference_geo="us",
        server_tool_use={"web_search_requests": 3},
        output_tokens_details={"thinking_tokens": 7},
    )
    request = only(EventKind.API_REQUEST, read(response(1, used=used, effort="high", requestedModel="opus")))
    assert {n: request[n] for n in ("speed", "service_tier", "inference_geo", "web_search_requests")} == {
        "speed": "fast",
        "service_tier": "priority",
        "inference_geo": "us",
        "web_search_requests": 3,
    }
    assert (request["reasoning_tokens"], request["effort"], request["model_requested"]) == (7, "high", "opus")


def test_standard_speed_is_called_as_telemetry_calls_it() -> None:
    assert only(EventKind.API_REQUEST, read(response(1, used=usage(speed="standard"))))["speed"] == "normal"


def test_an_advisor_is_a_request_of_its_own() -> None:
    iterations = [
        {"type": "message", "input_tokens": 10, "output_tokens": 20},
        {"type": "advisor_message", "model": "claude-haiku-5-5", "input_tokens": 1, "output_tokens": 2},
    ]
    main, advisor = all_of(EventKind.API_REQUEST, read(response(1, used=usage(iterations=iterations))))
    assert (main["model"], main["output_tokens"]) == ("claude-opus-5-5", 20)
    assert (advisor["model"], advisor["input_tokens"], advisor["output_tokens"]) == ("claude-haiku-5-5", 1, 2)
    assert "request_id" not in advisor
    assert advisor["message_id"] != main["message_id"]


def test_a_synthetic_row_is_not_a_request() -> None:
    assert all_of(EventKind.API_REQUEST, read(response(1, message={"model": "<synthetic>"}))) == []


def test_an_error_of_an_older_release_gives_its_status_from_the_text_and_nothing_else() -> None:
    blocks = [{"type": "text", "text": "API Error: 529 overloaded, see https://secret.example"}]
    events = read(response(1, blocks=blocks, message={"model": "<synthetic>"}, isApiErrorMessage=True))
    assert only(EventKind.API_ERROR, events)["status_code"] == 529
    assert "secret.example" not in repr([e.attributes for e in events])


def test_a_replay_in_a_sidechain_yields_to_the_original_in_either_order() -> None:
    replay = response(1, isSidechain=True, requestId="req_other", timestamp="2026-11-20T10:09:00.000Z")
    for lines in ((response(1), replay), (replay, response(1))):
        assert only(EventKind.API_REQUEST, read(*lines))["request_id"] == "req_0001"


def test_legacy_cost_is_the_agents_own_figure() -> None:
    request = only(EventKind.API_REQUEST, read(response(1, costUSD=0.0123456)))
    assert (request["cost_nanousd"], request["cost_basis"]) == (12_345_600, "reported")


def test_a_forked_copy_is_the_same_event() -> None:
    def keys(session: str) -> set[bytes]:
        lines = (
            prompt(1, sessionId=session),
            response(2, sessionId=session, blocks=[tool_use(2, command="git commit -m x")]),
            tool_result(2, sessionId=session, told={"stdout": ""}),
        )
        return {e.key for e in read(*lines) if e.kind is not EventKind.SESSION_START}

    assert keys("a") == keys("b")
    assert len(keys("a")) == 4


def test_a_grown_response_is_another_event_of_the_same_response() -> None:
    first, second = read(response(1, used=usage(tokens_out=1))), read(response(1, used=usage(tokens_out=20)))
    assert first[-1].key != second[-1].key
    assert first[-1].attributes["request_id"] == second[-1].attributes["request_id"]


# --- prompts ---


@pytest.mark.parametrize(
    ("text", "more", "origin"),
    [
        ("Do it", {}, "human"),
        ("Do it", {"origin": {"kind": "human"}, "promptSource": "typed"}, "human"),
        ([{"type": "text", "text": "Do it"}], {}, "human"),
        ([{"type": "image", "source": {}}], {}, "human"),
        (
            [{"type": "text", "text": "<ide_opened_file>x</ide_opened_file>"}, {"type": "text", "text": "Do"}],
            {},
            "human",
        ),
        ("<command-name>/compact</command-name>", {}, "command"),
        ("<command-message>x</command-message>\n<command-name>/x</command-name>", {}, "command"),
        ("<task-notification>\n<task-id>1", {}, "agent"),
        ("done", {"origin": {"kind": "task-notification"}}, "agent"),
        ("done", {"promptSource": "system"}, "agent"),
        ("done", {"turnOrigin": "task_notification"}, "agent"),
        ("Do it", {"isMeta": True}, None),
        ("Warmup", {"isSidechain": True}, None),
        ("This session is being continued", {"isCompactSummary": True}, None),
        ("x", {"isVisibleInTranscriptOnly": True}, None),
        ("<local-command-stdout>Bye!</local-command-stdout>", {}, None),
        ("<local-command-caveat>The command below", {}, None),
        ("<bash-stdout>x</bash-stdout>", {}, None),
        ([{"type": "text", "text": "[Request interrupted by user for tool use]"}], {}, None),
        ("", {}, None),
        (None, {}, None),
    ],
)
def test_what_is_a_prompt(text: Any, more: dict[str, Any], origin: str | None) -> None:
    prompts = all_of(EventKind.PROMPT, read(prompt(1, text, **more)))
    assert [p["prompt_origin"] for p in prompts] == ([origin] if origin else [])


def test_a_prompt_has_a_length_and_no_text() -> None:
    events = read(prompt(1, "naïve 値 🎉"))
    assert only(EventKind.PROMPT, events)["length_chars"] == 9
    assert "naïve" not in repr([(e.key, e.attributes) for e in events])


def test_the_same_prompt_id_counts_once() -> None:
    assert len(all_of(EventKind.PROMPT, read(prompt(1), prompt(1, "and", uuid="other")))) == 1


# --- tools ---


@pytest.mark.parametrize(
    ("told", "is_error", "more", "success", "decision"),
    [
        ({"stdout": "x"}, False, {}, True, None),
        ({"stdout": "x"}, None, {}, True, None),
        (None, None, {}, True, None),
        (None, True, {}, False, None),
        ("Error: Exit code 2", True, {}, False, None),
        ("Error: Exit code 2", None, {}, False, None),
        ("User rejected tool use", True, {"toolDenialKind": "user-rejected"}, False, "reject"),
        ("User rejected tool use", True, {}, False, "reject"),
        ("x", True, {"permissionDecision": {"decision": "reject", "source": "hook"}}, False, "reject"),
        ("x", None, {"permissionDecision": {"decision": "accept", "source": "config"}}, True, "accept"),
        ([{"type": "text", "text": "from a server"}], None, {}, True, None),
    ],
)
def test_whether_a_tool_worked(
    told: Any, is_error: bool | None, more: dict[str, Any], success: bool, decision: str | None
) -> None:
    events = read(response(1, blocks=[tool_use(1, command="ls")]), tool_result(1, told=told, is_error=is_error, **more))
    call = only(EventKind.TOOL_CALL, events)
    assert (call["tool_name"], call["success"], call.get("decision")) == ("Bash", success, decision)


@pytest.mark.parametrize("has_result", [True, False])
@pytest.mark.parametrize(
    ("name", "server", "tool"),
    [
        ("mcp__github__search_code", "github", "search_code"),
        ("mcp__plugin_team-kit_tickets__get", "plugin_team-kit_tickets", "get"),
        ("mcp__github", None, None),
        ("Bash", None, None),
    ],
)
def test_a_tool_of_an_mcp_server_says_of_which(
    name: str, server: str | None, tool: str | None, has_result: bool
) -> None:
    results = [tool_result(1)] if has_result else []
    call = only(EventKind.TOOL_CALL, read(response(1, blocks=[tool_use(1, name)]), *results))
    assert (call["tool_name"], call.get("mcp_server"), call.get("mcp_tool")) == (name, server, tool)


def test_a_call_without_a_result_is_neither_success_nor_failure() -> None:
    call = only(EventKind.TOOL_CALL, read(response(1, blocks=[tool_use(1, command="ls")])))
    assert "success" not in call


def test_a_result_without_its_call_still_says_how_it_went() -> None:
    assert only(EventKind.TOOL_CALL, read(tool_result(1, is_error=True)))["success"] is False


def test_a_result_whose_call_was_read_before_names_the_file_that_it_tells() -> None:
    told = {"filePath": "sub/../x.py", "structuredPatch": [{"lines": ["+a"]}]}
    events = read(tool_result(1, told=told, cwd="/home/dev/app"))
    assert only(EventKind.TOOL_CALL, events)["file"] == "/home/dev/app/x.py"
    assert only(EventKind.CODE_CHANGE, events)["file"] == "/home/dev/app/x.py"


def change(told: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    lines = (response(1, blocks=[tool_use(1, "Edit", file_path="/x")]), tool_result(1, told=told, **more))
    return all_of(EventKind.CODE_CHANGE, read(*lines))


def test_lines_of_an_edit_are_those_of_its_patch() -> None:
    patch = [{"lines": [" a", "-b", "+c", "+d"]}, {"lines": ["+e", "-f", "\\ No newline at end of file"]}]
    (edit,) = change({"filePath": "/home/dev/secret/x.py", "structuredPatch": patch})
    assert (edit["lines_added"], edit["lines_removed"], edit["language"]) == (3, 2, "Python")


@pytest.mark.parametrize(("text", "lines"), [("", 0), ("a", 1), ("a\n", 1), ("a\n\nb", 3), ("a\n\nb\n", 3)])
def test_a_new_file_adds_the_lines_it_has(text: str, lines: int) -> None:
    (made,) = change({"type": "create", "filePath": "/x/y.unknown", "content": text, "structuredPatch": []})
    assert (made["lines_added"], made["lines_removed"], made["language"]) == (lines, 0, "unknown")


def test_a_failed_edit_changes_nothing() -> None:
    assert change({"filePath": "/x.py", "structuredPatch": [{"lines": ["+a"]}]}, is_error=True) == []


def outcome(command: str, **more: Any) -> tuple[int, int]:
    events = read(response(1, blocks=[tool_use(1, command=command)]), tool_result(1, **more))
    return len(all_of(EventKind.VCS_COMMIT, events)), len(all_of(EventKind.VCS_PULL_REQUEST, events))


def test_commits_and_pull_requests_count_when_they_worked() -> None:
    assert outcome("git add -A && git commit -m x && gh pr create --fill") == (1, 1)
    assert outcome("git commit -m x", is_error=True) == (0, 0)
    assert outcome("echo git commit") == (0, 0)


def test_a_pull_request_the_agent_recognised_counts_once() -> None:
    told = {"stdout": "", "gitOperation": {"pr": {"number": 7, "url": "https://h/o/r/pull/7", "action": "created"}}}
    assert outcome("./open-pr.sh", told=told) == (0, 1)
    assert outcome("gh pr create --fill", told=told) == (0, 1)
    told["gitOperation"]["pr"]["action"] = "viewed"  # type: ignore[index]
    assert outcome("gh pr view 7", told=told) == (0, 0)


def test_duration_and_sizes() -> None:
    lines = (response(1, blocks=[tool_use(1, command="ls")]), tool_result(1, told={"stdout": "", "durationMs": 12}))
    call = only(EventKind.TOOL_CALL, read(*lines))
    assert (call["duration_ms"], call["tool_input_bytes"], call["tool_result_bytes"]) == (
        12,
        len('{"command":"ls"}'),
        6,
    )


# --- sessions, projects, the rest ---


def test_a_session_begins_once() -> None:
    events = read(prompt(1), response(2), response(3))
    assert only(EventKind.SESSION_START, events)["agent_version"] == "2.1.328"


def test_a_subagents_file_begins_no_session() -> None:
    assert all_of(EventKind.SESSION_START, read(response(1, agentId="a1", isSidechain=True))) == []


def test_the_project_is_the_folder_the_session_was_started_in() -> None:
    events = read(response(1), response(2, cwd="/home/dev/project/web/src"), response(3, cwd="/elsewhere"))
    assert [r["project"] for r in all_of(EventKind.API_REQUEST, events)] == [
        "/home/dev/project",
        "/home/dev/project",
        "/elsewhere",
    ]


def test_a_compaction_is_a_feature() -> None:
    told = {"trigger": "auto", "preTokens": 100, "postTokens": 10, "durationMs": 5}
    events = read(line(type="system", subtype="compact_boundary", compactMetadata=told, **common(1)))
    feature = only(EventKind.FEATURE_USE, events)
    assert (feature["feature"], feature["trigger"], feature["pre_tokens"]) == ("compaction", "auto", 100)


def test_unknown_types_are_counted_by_name_when_the_name_is_one() -> None:
    lines = [line(type="attachment", x=1), line(type="attachment"), line(type="Has Secret sk-1")]
    result = read_transcript(enumerate(lines, 1), file_hint="", received_us=1)
    assert result.ignored == {"attachment": 2, "<other>": 1}
    assert result.bad_lines == []


def test_no_content_gets_into_any_event() -> None:
    """Texts, commands, paths and inputs are replaced by a mark; no attribute, name or key may hold it.

    But `file`, which is a path until the wall makes a pseudonym of it, as `project` is.
    """
    mark = "CANARY-7f3a"
    lines = [
        prompt(1, f"{mark} please", lastPrompt=mark),
        line(type="queue-operation", content=mark, **common(1)),
        response(
            2,
            blocks=[
                {"type": "thinking", "thinking": mark, "signature": mark},
                {"type": "text", "text": mark},
                tool_use(2, command=f"git commit -m '{mark}' && gh pr create -t {mark}", description=mark),
                tool_use(3, "Write", file_path=f"/home/{mark}/x.py", content=mark),
                tool_use(4, "Agent", prompt=mark, description=mark, subagent_type="general-purpose"),
            ],
        ),
        tool_result(2, told={"stdout": mark, "stderr": mark}),
        tool_result(3, told={"type": "create", "filePath": f"/h/{mark}.py", "content": mark, "structuredPatch": []}),
        tool_result(4, told=f"Error: {mark}", is_error=True),
        response(5, isApiErrorMessage=True, error=mark, blocks=[{"type": "text", "text": mark}]),
        line(type="system", subtype="api_error", error={"message": mark, "status": 429}, **common(6)),
        line(type="summary", summary=mark),
    ]
    events = read(*lines)
    assert len(events) > 10
    for event in events:
        rest = {name: value for name, value in event.attributes.items() if name != "file"}
        said = json.dumps([event.name, rest, dict(event.resource)]) + repr(event.key)
        assert mark not in said, event.kind


def test_bad_lines_say_where_and_why_but_not_what() -> None:
    data = joined(prompt(1), b"not json SECRET", response(2), response(3, used=usage(tokens_out=-1)))
    result = read_transcript(enumerate(data.splitlines(keepends=True), 1), file_hint="", received_us=1)
    assert [(b.number, b.offset, b.reason) for b in result.bad_lines] == [
        (2, len(prompt(1)) + 1, DropReason.BAD_LINE),
        (4, data.rindex(b"\n", 0, -1) + 1, DropReason.BAD_NUMBER),
    ]
    assert "SECRET" not in repr(result.bad_lines)
