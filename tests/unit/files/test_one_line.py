"""The two one-line forms of events and the one of metrics, and what only looks like them."""

from __future__ import annotations

import json

import pytest

from tests.unit.files.kit import SESSION, Kit

REQUEST = {"session.id": SESSION, "model": "claude-opus-5-5", "input_tokens": 10, "output_tokens": 2, "cost_usd": 0.5}


def test_an_event_behind_its_name(kit: Kit) -> None:
    document = kit.parsed("hello\nclaude_code.api_request: " + json.dumps(REQUEST) + "\nbye\n")
    [event] = document["events"]
    assert event["event_type"] == "claude_code.api_request"
    assert event["timestamp"] is None  # none was said, and none is made up
    assert event["data"]["input_tokens"] == 10
    assert event["data"]["cost_usd"] == 0.5
    assert event["session_id"].startswith("s_")
    assert document["totals"]["by_events"]["cost_usd"] == 0.5


@pytest.mark.parametrize(
    "told",
    [
        {"event": "claude_code.api_request", "timestamp": "2026-11-20T13:00:00Z", **REQUEST},
        {"event_type": "claude_code.api_request", "timestamp": 1795179600, "data": REQUEST},
        {"name": "api_request", "timestamp": "2026-11-20T13:00:00+00:00", "attributes": REQUEST},
        {
            "body": {"stringValue": "claude_code.api_request"},
            "timestamp": 1795179600000,
            "attributes": [
                {"key": "session.id", "value": {"stringValue": SESSION}},
                {"key": "input_tokens", "value": {"intValue": "10"}},
                {"key": "cost_usd", "value": {"doubleValue": 0.5}},
            ],
        },
        {"event.name": "api_request", "ts": 1795179600000000, "sessionId": SESSION, "inputTokens": 10, "costUsd": 0.5},
    ],
)
def test_an_event_on_a_line_of_json(kit: Kit, told: dict[str, object]) -> None:
    [event] = kit.parsed(json.dumps(told) + "\n")["events"]
    assert (event["event_type"], event["timestamp"]) == ("claude_code.api_request", "2026-11-20T13:00:00.000000Z")
    assert (event["data"]["input_tokens"], event["data"]["cost_usd"]) == (10, 0.5)
    assert event["session_id"] is not None


@pytest.mark.parametrize("before", ["", "2025-01-12T14:30:22Z info ", "\t", "  "])
def test_a_body_that_is_an_object(kit: Kit, before: str) -> None:
    told = json.dumps({"event": "claude_code.tool_result", "tool_name": "Bash", "success": "false"})
    [event] = kit.parsed(f"{before}Body: Str({told})\n")["events"]
    assert (event["event_type"], event["data"]["success"]) == ("claude_code.tool_result", False)


def test_a_text_that_mentions_an_event_is_none(kit: Kit) -> None:
    answer = json.dumps({"type": "result", "result": "the event claude_code.api_request has tokens", "input_tokens": 9})
    document = kit.parsed(f"{answer}\nI saw claude_code.api_request in the log.\n")
    assert (document["events_count"], document["format"]) == (0, None)


@pytest.mark.parametrize("name", ["tokens", "total_tokens", "totalTokens", "token_count"])
def test_tokens_of_no_kind_are_told_to_be_left_out(kit: Kit, name: str) -> None:
    """They cannot be put down to a kind, and are not made up to be one."""
    document = kit.parsed(f'claude_code.api_request: {{"{name}": 120, "cost": 0.5}}\n')
    assert document["totals"]["by_events"]["cost_usd"] == 0.5
    assert document["passed_over"] == {"tokens of no kind": 1}
    document = kit.parsed(f'claude_code.api_request: {{"{name}": 120, "input_tokens": 100}}\n')
    assert document["totals"]["by_events"]["input_tokens"] == 100
    assert document["passed_over"] == {}


def test_equal_lines_without_a_time_are_two_events(kit: Kit) -> None:
    line = 'claude_code.tool_result: {"tool_name": "Bash", "success": "true"}\n'
    assert kit.parsed(line * 2)["events_count"] == 2
    kit.log(line, append=True)
    kit.parse()
    assert kit.document()["events_count"] == 3


def test_metrics_on_a_line(kit: Kit) -> None:
    text = (
        "claude_code.commit.count value 1\nclaude_code.commit.count value 1\nclaude_code.cost.usage value 0.25\n"
        "claude_code.lines_of_code.count value 1.2.3\nnothing.else value 7\n"
    )
    document = kit.parsed(text)
    assert [(m["metric"], m["pattern"], m["value"]) for m in document["metrics"]] == [
        ("commits", "claude_code.commit.count", 1),
        ("commits", "claude_code.commit.count", 1),
        ("cost_usage", "claude_code.cost.usage", 0.25),
    ]
    assert document["metrics"][0]["raw_line"] == "claude_code.commit.count value 1"
    assert document["totals"]["by_metrics"]["commits"] == 2
    assert document["quarantined"] == {"bad_number": 1}  # 1.2.3 is no number, and stops nothing


def test_a_broken_line_is_set_aside_and_stops_nothing(kit: Kit) -> None:
    secret = "sk-ant-secret"
    good = "claude_code.user_prompt: " + json.dumps({"prompt_length": 5})
    document = kit.parsed(f'claude_code.api_request: {{"model": "{secret}\n{good}\n')
    assert document["events_count"] == 1
    assert document["quarantined"] == {"malformed": 1}
    told = kit.document("session-20261120-130000.quarantine.json")
    assert told["pieces"] == [{"place": "line 1, byte 0", "reason": "malformed", "size_bytes": 49}]
    assert secret.encode() not in kit.everything_written()
