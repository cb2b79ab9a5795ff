"""The generic reader: what it takes for a GenAI record, whose it is, and every name a number ever had."""

from __future__ import annotations

from typing import Any

import pytest

from tachograph.inputs.agents.genai.agent import GenAI
from tachograph_sdk.model.event import DropReason, EventKind, Point, RawEvent, Source, Span

CHAT: dict[str, Any] = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
INPUTS = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens", "ai.usage.inputTokens",
          "ai.usage.promptTokens", "llm.token_count.prompt")  # fmt: skip
OUTPUTS = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens",
           "ai.usage.outputTokens", "ai.usage.completionTokens", "llm.token_count.completion")  # fmt: skip
READS = ("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens", "ai.usage.cachedInputTokens",
         "gen_ai.usage.details.cache_read_tokens", "llm.token_count.prompt_details.cache_read")  # fmt: skip
WRITES = ("gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens",
          "gen_ai.usage.cache_creation_input_tokens", "llm.token_count.prompt_details.cache_write")  # fmt: skip


def span(
    name: str = "chat m", *, status: int = 0, service: Any = "my-app", of: dict[str, Any] | None = None
) -> RawEvent:
    return RawEvent(
        agent="",
        source=Source.OTEL_SPAN,
        name=name,
        at_ns=1_795_000_000_000_000_000,
        received_us=0,
        key=b"k",
        attributes=dict(of or {}),
        resource={} if service is None else {"service.name": service},
        span=Span(
            trace_id=b"t" * 16,
            span_id=b"s" * 8,
            parent_span_id=b"",
            end_ns=1_795_000_001_000_000_000,
            status_code=status,
        ),
    )


def metric(name: str, value: float, **attributes: Any) -> RawEvent:
    return RawEvent(
        agent="",
        source=Source.OTEL_METRIC,
        name=name,
        at_ns=0,
        received_us=0,
        key=b"k",
        attributes=attributes,
        resource={"service.name": "my-app"},
        point=Point(value=value, start_ns=0, cumulative=False, monotonic=True),
    )


def read(raw: RawEvent) -> RawEvent:
    found = GenAI().classify(raw)
    assert isinstance(found, RawEvent)
    return found


@pytest.mark.parametrize(
    ("service", "agent"),
    [
        ("my-app", "my_app"),
        ("Chat.Backend", "chat_backend"),
        (None, "genai"),
        ("", "genai"),
        (7, "genai"),
        ("unknown_service:python3", "genai"),
        ("codex", "genai"),  # nobody may pass for an agent that is known
        ("Claude-Code", "genai"),
        ("app for john@example.com", "genai"),
        ("app-20261120123456", "genai"),
        ("sk-ant-" + "a" * 20, "genai"),
        ("a" * 65, "genai"),
    ],
)
def test_a_program_is_known_by_its_service_name_if_that_is_a_plain_name(service: Any, agent: str) -> None:
    assert GenAI(known=["codex", "claude_code"]).recognise(span(of=CHAT, service=service)) == agent


def test_a_flood_of_names_ends() -> None:
    reader = GenAI()
    letters = "abcdefghijklmnopqrstuvwxyz"
    names = {reader.recognise(span(of=CHAT, service=f"app-{a}{b}")) for a in letters for b in letters}
    assert len(names) == 301
    assert "genai" in names


@pytest.mark.parametrize(
    "raw",
    [
        span("GET /things", of={"http.request.method": "GET"}),
        span("chat with a friend"),
        metric("http.server.request.duration", 1.0),
        metric("claude_code.token.usage", 1.0),
    ],
)
def test_records_of_other_things_are_not_recognised(raw: RawEvent) -> None:
    assert GenAI().recognise(raw) is None


@pytest.mark.parametrize("name", INPUTS)
def test_every_name_of_input(name: str) -> None:
    assert read(span(of=CHAT | {name: 12})).attributes["input_tokens"] == 12


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_name_of_output(name: str) -> None:
    assert read(span(of=CHAT | {name: "12"})).attributes["output_tokens"] == 12


@pytest.mark.parametrize("read_name", READS)
@pytest.mark.parametrize("write_name", WRITES)
def test_input_includes_the_cache_under_every_name(read_name: str, write_name: str) -> None:
    of = CHAT | {"gen_ai.usage.input_tokens": 1300, read_name: 1000, write_name: 200}
    found = read(span(of=of)).attributes
    assert (found["input_tokens"], found["cache_read_tokens"], found["cache_write_tokens"]) == (100, 1000, 200)


def test_input_smaller_than_its_cache_was_meant_without() -> None:
    of = CHAT | {"gen_ai.usage.input_tokens": 100, "gen_ai.usage.cache_read.input_tokens": 1000}
    assert read(span(of=of)).attributes["input_tokens"] == 100


def test_what_is_not_said_is_not_zero() -> None:
    found = read(span(of=CHAT | {"gen_ai.usage.output_tokens": 5})).attributes
    assert "input_tokens" not in found
    assert "cache_read_tokens" not in found


def test_new_and_old_names_side_by_side_count_once() -> None:
    of = CHAT | {"gen_ai.usage.input_tokens": 12, "gen_ai.usage.prompt_tokens": 12, "gen_ai.system": "openai"}
    found = read(span(of=of | {"gen_ai.provider.name": "gcp.gemini"})).attributes
    assert (found["input_tokens"], found["provider"]) == (12, "gcp.gemini")


@pytest.mark.parametrize(
    ("of", "kind"),
    [
        ({"gen_ai.operation.name": "generate_content"}, EventKind.API_REQUEST),
        ({"gen_ai.operation.name": "text_completion"}, EventKind.API_REQUEST),
        ({"gen_ai.operation.name": "embeddings"}, EventKind.API_REQUEST),
        ({"gen_ai.operation.name": "execute_tool"}, EventKind.TOOL_CALL),
        ({"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 9}, EventKind.AGENT_NOTICE),
        ({"gen_ai.system": "openai"}, EventKind.API_REQUEST),
        ({"llm.request.type": "completion"}, EventKind.API_REQUEST),
        ({"ai.operationId": "ai.streamText.doStream"}, EventKind.API_REQUEST),
        ({"ai.operationId": "ai.generateObject.doGenerate"}, EventKind.API_REQUEST),
        ({"ai.operationId": "ai.toolCall"}, EventKind.TOOL_CALL),
        ({"openinference.span.kind": "LLM"}, EventKind.API_REQUEST),
        ({"openinference.span.kind": "TOOL", "tool.name": "t"}, EventKind.TOOL_CALL),
    ],
)
def test_operations(of: dict[str, Any], kind: EventKind) -> None:
    raw = span("anything", of=of)
    assert GenAI().recognise(raw) == "my_app"
    assert read(raw).kind is kind


@pytest.mark.parametrize(
    "of",
    [
        {"ai.operationId": "ai.streamText", "gen_ai.usage.input_tokens": 9},
        {"ai.operationId": "ai.generateText", "gen_ai.operation.name": "chat"},
        {"gen_ai.operation.name": "invoke_workflow"},
        {"gen_ai.operation.name": "search_memory"},
        {"traceloop.span.kind": "workflow"},
        {"openinference.span.kind": "CHAIN", "llm.token_count.prompt": 9},
    ],
)
def test_what_repeats_or_says_nothing_is_left_out(of: dict[str, Any]) -> None:
    assert GenAI().classify(span(of=of)) is DropReason.NOT_NEEDED


def test_no_totals_of_an_agents_run_are_kept() -> None:
    found = read(span(of={"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 9})).attributes
    assert not {name for name in found if name.endswith("_tokens")}


def test_an_answers_id_that_is_a_small_number_is_none() -> None:
    """Ollama numbers answers up to a thousand: taken for an id, it would make one row of many requests."""
    found = [
        read(span(of=CHAT | {"gen_ai.response.id": text})).attributes for text in ("chatcmpl-123", "chatcmpl-Ab12Cd34E")
    ]
    assert [a.get("message_id") for a in found] == [None, "chatcmpl-Ab12Cd34E"]
    assert found[0]["request_id"] == "span-" + b"s".hex() * 8


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        ("openai.RateLimitError", 0, "openai.RateLimitError"),
        ("<class 'openai.BadRequestError'>", 2, "openai.BadRequestError"),
        ("429", 2, "http_429"),
        (429, 2, "http_429"),
        ("_OTHER", 2, "other"),
        (None, 2, None),
    ],
)
def test_failures(error: Any, status: int, said: str | None) -> None:
    found = read(span(of=CHAT | ({} if error is None else {"error.type": error}), status=status))
    assert found.kind is EventKind.API_ERROR
    assert found.attributes.get("error_class") == said


def test_a_request_cut_off_after_it_used_tokens_is_a_request() -> None:
    found = read(span(of=CHAT | {"gen_ai.usage.output_tokens": 5, "error.type": "cancelled"}, status=2))
    assert (found.kind, found.attributes["error_class"]) == (EventKind.API_REQUEST, "cancelled")


@pytest.mark.parametrize(
    ("raw", "counter"),
    [
        (metric("gen_ai.client.token.usage", 7, **{"gen_ai.token.type": "input"}), "input_total"),
        (metric("gen_ai.client.token.usage", 7, **{"gen_ai.token.type": "output"}), "output"),
        (metric("gen_ai.client.token.usage", 7, **{"gen_ai.token.type": "completion"}), "output"),
        (metric("gen_ai.client.inference.tokens", 7, **{"gen_ai.token.type": "input_cache_read"}), "cache_read"),
        (metric("gen_ai.client.inference.usage.input_tokens", 7), "input_total"),
        (metric("gen_ai.client.inference.usage.output_tokens", 7), "output"),
        (metric("gen_ai.client.inference.usage.cache_read.input_tokens", 7), "cache_read"),
        (metric("gen_ai.client.inference.usage.cache_write.input_tokens", 7), "cache_write"),
        (metric("gen_ai.client.inference.usage.reasoning.output_tokens", 7), "reasoning"),
    ],
)
def test_counters(raw: RawEvent, counter: str) -> None:
    found = read(raw)
    assert (found.kind, found.attributes["counter"], found.attributes["quantity"]) == (
        EventKind.USAGE_COUNTER,
        counter,
        7,
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gen_ai.client.operation.duration", DropReason.NOT_NEEDED),
        ("gen_ai.client.inference.operation.input_tokens", DropReason.NOT_NEEDED),  # repeats …usage.input_tokens
        ("gen_ai.server.time_to_first_token", DropReason.NOT_NEEDED),
        ("gen_ai.client.token.usage", DropReason.UNKNOWN_EVENT),  # of a class nobody named
    ],
)
def test_metrics_that_count_nothing_more(name: str, reason: DropReason) -> None:
    assert GenAI().classify(metric(name, 7)) is reason


def test_texts_numbered_by_message_become_one_name() -> None:
    of = CHAT | {f"gen_ai.prompt.{n}.content": "secret" for n in range(500)}
    found = read(span(of=of)).attributes
    assert found["gen_ai.prompt"] == ""
    assert "secret" not in repr(found)
    assert len(found) < 20
