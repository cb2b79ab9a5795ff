"""The attributes that many of its records share, and what needs more than a new name."""

from __future__ import annotations

from tachograph.inputs.agents.kit.gemini.telemetry import error_class, token_classes
from tachograph.inputs.agents.kit.telemetry import Attributes
from tachograph.inputs.agents.qwen_code.requests import purpose, response_key
from tachograph_sdk.model.event import DropReason, RawEvent

__all__ = [
    "COMMON",
    "REQUEST",
    "RESOURCE",
    "SAID",
    "USER",
    "error",
    "response",
    "span_request",
    "span_tool",
]

COMMON = {
    "session.id": "session_id",  # becomes a field of the event
    "prompt_id": "prompt_id",  # not as it came, see agent.py
    "auth_type": "provider",
    "subagent_id": "agent_instance_id",
}
RESOURCE = {"service.version": "agent_version", "session.id": "session_id"}
SAID = frozenset({"event.name", "event.timestamp", "service.name", "http.status_code"})
USER = ("user.email", "installation.id", "user.id")

REQUEST = {
    "model": "model",
    "duration_ms": "duration_ms",
    "ttft_ms": "ttft_ms",
    "status_code": "status_code",
    "subagent_name": "subagent",
    "response_id": "",
}


def response(raw: RawEvent, out: Attributes) -> DropReason | None:
    """The token classes of one response, its id, and what it was for."""
    values = raw.attributes
    out["message_id"] = response_key(
        values.get("response_id"), values.get("total_token_count"), values.get("duration_ms")
    )
    out["query_source"] = purpose(values.get("subagent_name"), values.get("prompt_id"))
    return token_classes(raw, out, thoughts_inside=_are_inside(raw))


def error(raw: RawEvent, out: Attributes) -> None:
    """What failed, and what it was for."""
    error_class(raw, out)
    out["query_source"] = purpose(raw.attributes.get("subagent_name"), raw.attributes.get("prompt_id"))


def span_request(raw: RawEvent, out: Attributes) -> DropReason | None:
    """A response that can be joined to its event; a span without its id would be a second request."""
    values = raw.attributes
    identity = response_key(values.get("gen_ai.response.id"), None, None)
    if identity is None or (raw.span is not None and raw.span.status_code == 2):
        return DropReason.NOT_NEEDED
    out["message_id"] = identity
    prompt, cached = values.get("gen_ai.usage.input_tokens"), values.get("gen_ai.usage.cache_read.input_tokens")
    if isinstance(prompt, int) and isinstance(cached, int | None):
        out["input_tokens"] = max(0, prompt - (cached or 0))
        out["cache_read_tokens"] = cached or 0
    answer, thoughts = values.get("gen_ai.usage.output_tokens"), values.get("thoughts_token_count")
    if isinstance(answer, int) and isinstance(thoughts, int):
        provider = values.get("gen_ai.provider.name")
        beside = isinstance(provider, str) and provider.startswith("gcp")
        out["output_tokens"] = answer + thoughts if beside else answer
        out["reasoning_tokens"] = thoughts if beside else min(thoughts, answer)
    return None


def span_tool(raw: RawEvent, out: Attributes) -> DropReason | None:
    """A call that can be joined to its event; one without its id would be a second call."""
    return None if out.get("tool_use_id") else DropReason.NOT_NEEDED


def _are_inside(raw: RawEvent) -> bool:
    """Where the total does not tell: an answer larger than its thoughts has them in it, as the agent itself assumes."""
    answer, thoughts = raw.attributes.get("output_token_count"), raw.attributes.get("thoughts_token_count")
    return isinstance(answer, int) and isinstance(thoughts, int) and answer > thoughts
