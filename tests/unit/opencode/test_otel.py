"""What opencode's spans mean, and that nothing else of its telemetry is looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tachograph.inputs.agents.opencode.agent import OpenCode
from tachograph_sdk.model.event import AttributeValue, DropReason, EventKind, RawEvent, Source, Span
from tests.unit.opencode.making import Conversation, answer, read_script, step, values

REQUEST: dict[str, AttributeValue] = {
    "session.id": "ses_one",
    "ai.model.id": "gpt-5.2",
    "ai.model.provider": "openai.responses",
    "ai.response.model": "gpt-5.2-2026-01-01",
    "ai.response.id": "resp_0123456789",
    "ai.response.msToFirstChunk": 12.5,
    "ai.response.finishReason": "tool-calls",
    "ai.usage.inputTokens": 1200,
    "ai.usage.inputTokenDetails.noCacheTokens": 190,
    "ai.usage.inputTokenDetails.cacheReadTokens": 1000,
    "ai.usage.inputTokenDetails.cacheWriteTokens": 10,
    "ai.usage.outputTokens": 50,
    "ai.usage.outputTokenDetails.reasoningTokens": 20,
}


def read(name: str, told: dict[str, AttributeValue], *, status: int = 0) -> RawEvent:
    raw = record(name, told, status=status)
    result = OpenCode.classify(raw)
    assert result is raw
    return raw


def record(
    name: str, told: dict[str, AttributeValue], *, status: int = 0, source: Source = Source.OTEL_SPAN
) -> RawEvent:
    span = Span(trace_id=b"t" * 16, span_id=b"s" * 8, parent_span_id=b"", end_ns=2_000_000, status_code=status)
    return RawEvent(
        agent="opencode", source=source, name=name, at_ns=1_000_000, received_us=1, key=b"k", attributes=dict(told), span=span
    )  # fmt: skip


def test_a_request_has_disjoint_tokens_and_no_id_of_its_own() -> None:
    event = read("ai.streamText.doStream", REQUEST)
    has = event.attributes
    assert event.kind is EventKind.API_REQUEST
    assert (has["input_tokens"], has["cache_read_tokens"], has["cache_write_tokens"]) == (190, 1000, 10)
    assert (has["output_tokens"], has["reasoning_tokens"]) == (50, 20)
    assert (has["model"], has["provider"]) == ("gpt-5.2", "openai")  # as the database says it
    assert (has["duration_ms"], has["ttft_ms"], has["stop_reason"]) == (1.0, 12.5, "tool-calls")
    assert has["session_id"] == "ses_one"
    # With the API's id it could not pair with the database, which does not know it.
    assert "message_id" not in has
    assert "request_id" not in has


def test_the_outer_span_repeats_the_inner_one_and_is_not_counted() -> None:
    assert OpenCode.classify(record("ai.streamText", REQUEST)) is DropReason.NOT_NEEDED


def test_a_subagents_request_counts_for_the_session_that_started_it() -> None:
    has = read("ai.streamText.doStream", REQUEST | {"ai.request.headers.x-parent-session-id": "ses_parent"}).attributes
    assert has["session_id"] == "ses_parent"
    assert has["agent_instance_id"] == "ses_one"
    assert has["query_source"] == "subagent"


@pytest.mark.parametrize(("told", "status"), [(REQUEST, 2), ({"session.id": "s", "ai.model.id": "m"}, 0)])
def test_a_try_that_failed_is_neither_request_nor_error(told: dict[str, AttributeValue], status: int) -> None:
    event = read("ai.streamText.doStream", told, status=status)
    assert event.kind is EventKind.AGENT_NOTICE
    assert event.attributes["success"] is False
    assert "output_tokens" not in event.attributes


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"ai.usage.inputTokens": 100, "ai.usage.cachedInputTokens": 60, "ai.usage.outputTokens": 5}, (40, 5, 60, 0)),
        ({"gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 5}, (100, 5, 0, 0)),
        ({"ai.usage.promptTokens": 100, "ai.usage.completionTokens": "5"}, (100, 5, 0, 0)),
        ({"ai.usage.inputTokens": 10, "ai.usage.cachedInputTokens": 60, "ai.usage.outputTokens": 5}, (0, 5, 60, 0)),
        ({"ai.usage.outputTokens": 5, "ai.usage.inputTokens": "many"}, (0, 5, 0, 0)),
    ],
)
def test_names_of_other_releases(usage: dict[str, AttributeValue], expected: tuple[int, ...]) -> None:
    has = read("ai.streamText.doStream", {"ai.model.id": "m", **usage}).attributes
    names = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
    assert tuple(has[name] for name in names) == expected


@pytest.mark.parametrize(
    ("call", "status", "expected"),
    [("toolu_0123456789", 0, {}), ("toolu_0123456789", 2, {"success": False}), ("call_1", 0, {"tool_use_id": None})],
)
def test_a_tool_call_is_joined_by_its_id_alone(call: str, status: int, expected: dict[str, Any]) -> None:
    told: dict[str, AttributeValue] = {"ai.toolCall.id": call, "ai.toolCall.name": "bash", "session.id": "ses_child"}
    event = read("ai.toolCall", told, status=status)
    assert event.kind is EventKind.TOOL_CALL
    wanted = {"tool_use_id": call, "tool_name": "bash", "success": None, "session_id": None} | expected
    assert {name: event.attributes.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("source", [Source.OTEL_LOG, Source.OTEL_METRIC])
@pytest.mark.parametrize("name", ["", "init", "ai.streamText.doStream"])
def test_logs_and_metrics_are_not_needed(name: str, source: Source) -> None:
    assert OpenCode.classify(record(name, REQUEST, source=source)) is DropReason.NOT_NEEDED


@pytest.mark.parametrize("name", ["sql.execute", "Tool.execute", "SessionProcessor.process", "http.server POST"])
def test_spans_of_its_insides_are_not_needed(name: str) -> None:
    assert OpenCode.classify(record(name, {"tool.name": "bash"})) is DropReason.NOT_NEEDED


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("global.anthropic.claude-opus-4-6-v1", "global.anthropic.claude-opus-4-6-v1"),
        ("deepseek.r1-v1:0", "deepseek.r1-v1:0"),
    ],
)
def test_a_region_before_a_models_name_does_not_keep_spans_and_history_apart(
    tmp_path: Path, sent: str, written: str
) -> None:
    talk = Conversation()
    talk.message(2, answer(modelID=written, providerID="amazon-bedrock"), step())
    (model,) = values(read_script(tmp_path, talk.script()), "api.request", "model")
    told = REQUEST | {"ai.model.id": sent, "ai.model.provider": "amazon-bedrock"}
    assert read("ai.streamText.doStream", told).attributes["model"] == model
    assert (
        read("ai.streamText.doStream", REQUEST | {"ai.model.id": "us.house.model"}).attributes["model"]
        == "us.house.model"
    )
