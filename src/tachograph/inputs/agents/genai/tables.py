"""Spans, log events and metrics of the GenAI conventions in our words. Source: docs/formats/genai.md."""

from __future__ import annotations

import re

from tachograph.inputs.agents.genai.operations import OUTER, REQUESTS
from tachograph.inputs.agents.genai.usage import USAGE_NAMES, add_usage
from tachograph.inputs.agents.kit.telemetry import Attributes, Spec, Telemetry, whole
from tachograph_sdk.model.event import AttributeValue, DropReason, EventKind, RawEvent, Source
from tachograph_sdk.privacy.treat import to_amount

__all__ = [
    "BY_TYPE",
    "COUNTERS",
    "METRIC_NAMES",
    "READER",
    "REQUEST_NAMES",
    "TOOL_NAMES",
    "error_class",
    "finish_request",
    "finish_tool",
    "is_distinct",
    "own_id",
    "put",
    "take",
    "token_counter",
]

REQUEST_NAMES: dict[str, str] = {
    **dict.fromkeys(USAGE_NAMES, ""),
    "gen_ai.response.model": "_served",
    "ai.response.model": "_served_2",
    "llm.response.model": "_served_2",
    "gen_ai.request.model": "_asked",
    "ai.model.id": "_asked_2",
    "llm.request.model": "_asked_2",
    "llm.model_name": "_asked_2",
    "embedding.model_name": "_asked_2",
    "gen_ai.response.id": "_response",
    "ai.response.id": "_response_2",
    "gen_ai.provider.name": "_provider",
    "gen_ai.system": "_provider_2",
    "llm.provider": "_provider_2",
    "llm.system": "_provider_3",
    "ai.model.provider": "_provider_4",
    "gen_ai.response.finish_reasons": "_reasons",
    "ai.response.finishReason": "_reason",
    "llm.finish_reason": "_reason",
    "anthropic.message.stop_reason": "_reason",
    "gen_ai.response.time_to_first_chunk": "_first_s",
    "ai.response.msToFirstChunk": "ttft_ms",
    "gen_ai.request.reasoning.level": "effort",
    "gen_ai.request.reasoning_effort": "effort",
    "gen_ai.agent.name": "subagent",
    "openai.response.service_tier": "service_tier",
    "gen_ai.openai.response.service_tier": "service_tier",
    "anthropic.response.service_tier": "service_tier",
    "anthropic.request.id": "request_id",
    "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": "cache_write_5m_tokens",
    "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": "cache_write_1h_tokens",
    "error.type": "_error",
    "http.response.status_code": "status_code",
}

TOOL_NAMES: dict[str, str] = {
    "gen_ai.tool.name": "tool_name",
    "ai.toolCall.name": "tool_name",
    "tool.name": "tool_name",
    "gen_ai.tool.call.id": "tool_use_id",
    "ai.toolCall.id": "tool_use_id",
    "gen_ai.tool.type": "tool_source",
    "traceloop.entity.name": "_entity",
    "error.type": "_error",
}

_COMMON = {
    "gen_ai.conversation.id": "session_id",
    "session.id": "session_id",
    "traceloop.association.properties.session_id": "session_id",
    "ai.telemetry.metadata.sessionId": "session_id",
}
_SAID = frozenset({
    "event.name", "service.name", "gen_ai.operation.name", "ai.operationId", "operation.name", "llm.request.type",
    "traceloop.span.kind", "openinference.span.kind",
})  # fmt: skip

_HTTP = re.compile(r"[1-5][0-9]{2}")
_CLASS = re.compile(r"<class '([A-Za-z_.]{1,64})'>")  # as some write a class's name
_ENOUGH = 8  # characters at the end of an id that are different each time


def take(out: Attributes, *names: str) -> AttributeValue:
    """Take all of these out; returns the first that is something."""
    found: AttributeValue = None
    for name in names:
        value = out.pop(name, None)
        if found is None and value not in (None, "", []):
            found = value
    return found


def put(out: Attributes, name: str, value: AttributeValue) -> None:
    """Set it if there is a value."""
    if value is not None:
        out[name] = value


def own_id(raw: RawEvent) -> str | None:
    """An id made of the span's, which a log event written within the span shares."""
    return f"span-{raw.span.span_id.hex()}" if raw.span is not None and raw.span.span_id else None


def is_distinct(response: AttributeValue) -> bool:
    """Whether an answer's id can be told from others: some local servers only number them up to a thousand."""
    return isinstance(response, str) and len(re.split(r"[-_:.]", response)[-1]) >= _ENOUGH


def error_class(out: Attributes) -> None:
    """The kind of error: a class's name or an HTTP status, never a text."""
    error = take(out, "_error")
    if error is None:
        return
    word = str(error) if isinstance(error, str | int) else ""
    if named := _CLASS.fullmatch(word):
        word = named[1]
    if _HTTP.fullmatch(word):
        out.setdefault("status_code", int(word))
        word = f"http_{word}"
    out["error_class"] = "other" if word == "_OTHER" else word


def finish_request(raw: RawEvent, out: Attributes) -> DropReason | None:
    """One request: its numbers, ids, and whether it failed."""
    tokens = add_usage(raw.attributes, out)
    served = take(out, "_served", "_served_2")
    asked = take(out, "_asked", "_asked_2")
    put(out, "model", served or asked)
    if asked is not None and asked != out.get("model"):
        out["model_requested"] = asked
    provider = take(out, "_provider", "_provider_2", "_provider_3", "_provider_4")
    if isinstance(provider, str):
        # The AI SDK adds which of the provider's interfaces it is: "openai.chat".
        out["provider"] = (provider.partition(".")[0] if "ai.operationId" in raw.attributes else provider).lower()
    response = take(out, "_response", "_response_2")
    if is_distinct(response):
        out["message_id"] = response
    if not out.get("request_id"):
        put(out, "request_id", own_id(raw))
    reasons = take(out, "_reasons", "_reason")
    put(out, "stop_reason", reasons[0] if isinstance(reasons, list) and reasons else reasons)
    first = to_amount(take(out, "_first_s"))
    if first is not None:
        out["ttft_ms"] = first * 1000
    error_class(out)
    failed = "error_class" in out or (raw.span is not None and raw.span.status_code == 2)
    if failed and not tokens:  # one that was cut off after tokens were used is a request: they are billed
        raw.kind = EventKind.API_ERROR
    return None


def finish_tool(raw: RawEvent, out: Attributes) -> DropReason | None:
    """One tool call; one without an id is known by its span's."""
    entity = take(out, "_entity")
    if not out.get("tool_name"):
        put(out, "tool_name", entity)
    if not out.get("tool_use_id"):
        put(out, "tool_use_id", own_id(raw))
    error_class(out)
    out["success"] = "error_class" not in out and not (raw.span is not None and raw.span.status_code == 2)
    return None


def _finish_agent(raw: RawEvent, out: Attributes) -> DropReason | None:
    error_class(out)
    out["success"] = "error_class" not in out and not (raw.span is not None and raw.span.status_code == 2)
    return None


COUNTERS = {
    "gen_ai.client.inference.usage.input_tokens": "input_total",
    "gen_ai.client.inference.usage.output_tokens": "output",
    "gen_ai.client.inference.usage.cache_read.input_tokens": "cache_read",
    "gen_ai.client.inference.usage.cache_write.input_tokens": "cache_write",
    "gen_ai.client.inference.usage.cache_creation.input_tokens": "cache_write",
    "gen_ai.client.inference.usage.reasoning.output_tokens": "reasoning",
}
"""The counters of usage under their newest names, and what they count."""

BY_TYPE = {
    "gen_ai.client.token.usage": "gen_ai.token.type",
    "gen_ai.client.inference.tokens": "gen_ai.token.type",
}
"""Older metrics with one stream per class of token, and the attribute that says which."""

_TYPES = {
    "input": "input_total", "prompt": "input_total", "output": "output", "completion": "output",
    "cache_read": "cache_read", "input_cache_read": "cache_read", "input.cache_read": "cache_read",
    "cache_write": "cache_write", "input_cache_write": "cache_write", "cache_creation": "cache_write",
    "input.cache_write": "cache_write", "input_cache_creation": "cache_write",
    "reasoning": "reasoning", "output_reasoning": "reasoning", "output.reasoning": "reasoning",
}  # fmt: skip


def token_counter(raw: RawEvent, out: Attributes) -> DropReason | None:
    """So many tokens of one class; UNKNOWN_EVENT for a class nobody named."""
    counter = COUNTERS.get(raw.name)
    if counter is None:
        counter = _TYPES.get(str(raw.attributes.get(BY_TYPE.get(raw.name, "")) or "").lower())
        if counter is None:
            return DropReason.UNKNOWN_EVENT
    out["counter"] = counter
    out["quantity"] = whole(raw)
    put(out, "model", take(out, "_served", "_served_2") or take(out, "_asked", "_asked_2"))
    for name in ("_served", "_served_2", "_asked", "_asked_2"):
        out.pop(name, None)
    provider = take(out, "_provider", "_provider_2")
    if isinstance(provider, str):
        out["provider"] = provider.lower()
    return None


METRIC_NAMES = {
    "gen_ai.response.model": "_served",
    "gen_ai.request.model": "_asked",
    "gen_ai.provider.name": "_provider",
    "gen_ai.system": "_provider_2",
    "gen_ai.token.type": "",
    "gen_ai.token.modality": "",
    "openai.response.service_tier": "service_tier",
    "gen_ai.openai.response.service_tier": "service_tier",
    "server.address": "",
    "server.port": "",
}

_REQUEST = Spec(kind=EventKind.API_REQUEST, names=REQUEST_NAMES, finish=finish_request)
_TOOL = Spec(kind=EventKind.TOOL_CALL, names=TOOL_NAMES, finish=finish_tool)
_AGENT = Spec(
    kind=EventKind.AGENT_NOTICE,
    names={**dict.fromkeys(USAGE_NAMES, ""), "gen_ai.agent.name": "feature_name", "error.type": "_error"},
    constants={"feature": "agent_run"},
    finish=_finish_agent,
)
_COUNTER = Spec(kind=EventKind.USAGE_COUNTER, names=METRIC_NAMES, finish=token_counter)

_EVENT = "gen_ai.client.inference.operation.details"
_NOT_REQUESTS = frozenset({
    OUTER, "create_agent", "invoke_workflow", "plan", "retrieval", "create_memory", "search_memory", "update_memory",
    "upsert_memory", "delete_memory", "create_memory_store", "delete_memory_store",
})  # fmt: skip


def _is_ignored(source: Source, name: str) -> bool:
    """Known names that say nothing that is counted; of metrics and log events, all others of the convention."""
    return name in _NOT_REQUESTS if source is Source.OTEL_SPAN else name.startswith("gen_ai.")


READER = Telemetry(
    tables={
        Source.OTEL_SPAN: {**dict.fromkeys(REQUESTS, _REQUEST), "execute_tool": _TOOL, "invoke_agent": _AGENT},
        Source.OTEL_LOG: {_EVENT: _REQUEST},
        Source.OTEL_METRIC: dict.fromkeys((*COUNTERS, *BY_TYPE), _COUNTER),
    },
    common=_COMMON,
    resource={
        "service.version": "agent_version",
        "session.id": "session_id",
        "os.type": "os_type",
        "host.arch": "host_arch",
    },
    said=_SAID,
    user=("enduser.pseudo.id", "enduser.id", "user.id"),
    ignored=_is_ignored,
)
"""The generic reader's tables."""
