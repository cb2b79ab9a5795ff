"""Its log events. Source: docs/formats/codex.md."""

from __future__ import annotations

from tachograph.inputs.agents.codex.results import HEAD_CHARS, judge
from tachograph.inputs.agents.codex.usage import disjoint, to_count
from tachograph.inputs.agents.kit.telemetry import Attributes, Spec, nanousd
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent

__all__ = ["EVENTS", "is_needed"]

_NOTICE, _FEATURE_USE = EventKind.AGENT_NOTICE, EventKind.FEATURE_USE
_STREAMED = ("codex.sse_event", "codex.websocket_event")
_UNIMPORTANT = frozenset(
    {
        "codex.startup_phase",
        "codex.agent_communication",  # holds the text one agent sends another
        "codex.agent_response",
        "codex.websocket_connect",
        "codex.auth_recovery",
        "codex.guardian_assessment",
        "codex.app_server.otel_reloaded",
        "codex.accepted_line_fingerprints",
    }
)
_NEVER_SENT_AGAIN = frozenset({400, 402, 403, 404, 413, 422, 429})  # of a request: a turn ends with these


def is_needed(raw: RawEvent) -> bool:
    """Whether the record says something that is counted; most are one step of an answer that streams in."""
    name = raw.name
    if name in _STREAMED:
        attributes = raw.attributes
        # Each completed response is reported twice; only one of the two has the tokens.
        return "input_token_count" in attributes or "error.message" in attributes
    return name not in _UNIMPORTANT and not name.startswith(
        ("codex.exec_server.", "codex.mcp.", "codex.network_proxy.")
    )


def _streamed(raw: RawEvent, out: Attributes) -> DropReason | None:
    """The usage of a response, or a stream that broke off."""
    has = raw.attributes
    if "input_token_count" not in has:
        raw.kind = _NOTICE
        out["feature"], out["status"], out["error_class"] = "api_stream", "failed", "stream"
        return None
    counts = [
        to_count(has.get(name))
        for name in (
            "input_token_count",
            "cached_token_count",
            "cache_write_token_count",
            "output_token_count",
            "reasoning_token_count",
        )
    ]
    if None in counts:
        return DropReason.BAD_NUMBER
    whole, cached, written, output, reasoning = (count or 0 for count in counts)
    out.update(disjoint(input_total=whole, cached=cached, cache_write=written, output=output, reasoning=reasoning))
    return None


def _request(raw: RawEvent, out: Attributes) -> DropReason | None:
    """An HTTP request. One that worked is told again, with its tokens, when the answer is complete."""
    has = raw.attributes
    status, attempt = to_count(has.get("http.response.status_code")), to_count(has.get("attempt"))
    if status is not None and 200 <= status < 400 and "error.message" not in has:
        return DropReason.NOT_NEEDED
    if status:
        out["status_code"] = status
        out["error_class"] = f"http_{status}"
    else:
        out["error_class"] = "connection"
    if attempt is not None:
        out["attempts"] = attempt + 1  # counted from 0
    endpoint = has.get("endpoint")
    is_answer = not isinstance(endpoint, str) or endpoint.startswith("/responses")
    if is_answer and status in _NEVER_SENT_AGAIN:
        raw.kind = EventKind.API_ERROR
    else:
        out["feature"], out["status"] = "api_retry", "retried"
    return None


def _tool(raw: RawEvent, out: Attributes) -> None:
    """A command that returned an error is a failed call; Codex says so only in the text of the result."""
    has = raw.attributes
    output = has.get("output")
    if isinstance(output, str):
        verdict = judge(output[:HEAD_CHARS], lambda: output[-HEAD_CHARS:])
        if verdict.success is not None:
            out["success"] = verdict.success
        if verdict.error_class is not None:
            out["error_class"] = verdict.error_class
        if verdict.rejected:
            out["decision"] = "reject"
        out["tool_result_bytes"] = len(output.encode("utf-8", "surrogatepass"))
    arguments = has.get("arguments")
    if isinstance(arguments, str):
        out["tool_input_bytes"] = len(arguments.encode("utf-8", "surrogatepass"))
    _tool_name(raw, out)
    agent = has.get("agent_name")
    if isinstance(agent, str) and agent not in ("", "/root"):
        out["is_sidechain"] = True  # its own name is made of words of the task


def _decision(raw: RawEvent, out: Attributes) -> None:
    has = raw.attributes
    decision, source = has.get("decision"), has.get("source")
    out["decision"] = "accept" if isinstance(decision, str) and decision.startswith("approved") else "reject"
    out["decision_source"] = source.lower() if isinstance(source, str) else None
    _tool_name(raw, out)


def _tool_name(raw: RawEvent, out: Attributes) -> None:
    """A tool of an MCP server is named as other agents do, server and tool."""
    has = raw.attributes
    namespace, name = has.get("tool_namespace"), has.get("tool_name")
    if isinstance(namespace, str) and namespace.startswith("mcp__") and isinstance(name, str):
        out["tool_name"] = f"{namespace}__{name}"
        out["mcp_tool"] = name
        out["mcp_server"] = has.get("mcp_server") or namespace.removeprefix("mcp__")
        out["tool_source"] = "mcp"


def _cost(raw: RawEvent, out: Attributes) -> None:
    out["cost_nanousd"] = nanousd(raw.attributes.get("usage.estimated_usd"))


def _sandbox(raw: RawEvent, out: Attributes) -> None:
    outcome = raw.attributes.get("outcome")
    out["status"] = outcome.lower() if isinstance(outcome, str) else None
    _tool_name(raw, out)


_STREAM = Spec(
    kind=EventKind.API_REQUEST,
    names={
        "input_token_count": "",
        "output_token_count": "",
        "cached_token_count": "",
        "cache_write_token_count": "",
        "reasoning_token_count": "",
        "tool_token_count": "",  # the sum of all the others, whatever its name
        "ttft_ms": "ttft_ms",
        "model_reasoning_effort": "effort",
        "service_tier": "service_tier",
        "duration_ms": "",  # since the stream's event before
    },
    finish=_streamed,
)
_HTTP = Spec(
    kind=_NOTICE,
    names={
        "http.response.status_code": "",
        "attempt": "",
        "endpoint": "",
        "success": "",
        "duration_ms": "duration_ms",
    },
    finish=_request,
)
_TOOL_NAMES = {
    "tool_name": "tool_name",
    "tool_namespace": "",
    "call_id": "tool_use_id",
    "mcp_server": "",
    "mcp_server_origin": "",
}

EVENTS: dict[str, Spec] = {
    "conversation_starts": Spec(
        kind=EventKind.SESSION_START, names={"model": "", "reasoning_effort": "", "provider_name": "provider"}
    ),
    "user_prompt": Spec(kind=EventKind.PROMPT, names={"model": "", "prompt_length": "length_chars"}),
    "sse_event": _STREAM,
    "websocket_event": _STREAM,
    "api_request": _HTTP,
    "websocket_request": _HTTP,
    "tool_decision": Spec(
        kind=EventKind.TOOL_DECISION,
        names={**_TOOL_NAMES, "decision": "", "source": ""},
        finish=_decision,
    ),
    "tool_result": Spec(
        kind=EventKind.TOOL_CALL,
        names={
            **_TOOL_NAMES,
            "success": "success",
            "duration_ms": "duration_ms",
            "tool_result_seq": "",
            "output_truncated": "",
            "output_length": "",
            "output_line_count": "",
            "tool_origin": "",
        },
        finish=_tool,
    ),
    "turn_ttft": Spec(kind=_NOTICE, names={"duration_ms": "ttft_ms"}, constants={"feature": "turn"}),
    "turn_cost": Spec(
        # The agent's own estimate, per turn: shown, never added to what the requests of that turn cost.
        kind=_NOTICE,
        names={"usage.estimated_usd": ""},
        constants={"feature": "turn_cost"},
        finish=_cost,
    ),
    "sandbox_outcome": Spec(
        kind=_FEATURE_USE,
        names={**_TOOL_NAMES, "outcome": "", "initial_duration_ms": "duration_ms", "escalated_duration_ms": ""},
        constants={"feature": "sandbox"},
        finish=_sandbox,
    ),
    "skill_invocation": Spec(
        kind=_FEATURE_USE,
        names={"skill_name": "feature_name", "skill.name": "feature_name", "invocation_type": "trigger"},
        constants={"feature": "skill"},
    ),
    "plugin_install_suggestion": Spec(
        kind=_NOTICE, names={"plugin_install.completed": "success"}, constants={"feature": "plugin_install"}
    ),
    "plugin_install_elicitation_sent": Spec(kind=_NOTICE, constants={"feature": "plugin_install"}),
}
