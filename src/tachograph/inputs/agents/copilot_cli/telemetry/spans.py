"""Its spans: `chat` is a request, `execute_tool` a tool call, `invoke_agent` a turn or a subagent, never their sum."""

from __future__ import annotations

from tachograph.inputs.agents.copilot_cli.words import credits_nano, message_id, premium_requests, query_source
from tachograph.inputs.agents.genai.tables import (
    REQUEST_NAMES,
    TOOL_NAMES,
    error_class,
    finish_request,
    finish_tool,
    put,
    take,
)
from tachograph.inputs.agents.genai.usage import USAGE_NAMES
from tachograph.inputs.agents.kit.files import FILE_TOOLS
from tachograph.inputs.agents.kit.telemetry import Attributes, Spec
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent
from tachograph_sdk.privacy.file_path import file_path

__all__ = ["SPANS"]

_PATH = "github.copilot.tool.parameters.file_path"
"""Where texts are recorded, the file that a tool was given."""


def _request(raw: RawEvent, out: Attributes) -> DropReason | None:
    # The history has the answer's id too, so that one is what joins; a failed request has none in either.
    told = raw.attributes.get("gen_ai.response.id")
    reason = finish_request(raw, out)
    out.pop("request_id", None)
    put(out, "message_id", message_id(out.get("session_id"), told))
    put(out, "query_source", query_source(take(out, "_initiator")))
    put(out, "premium_requests", premium_requests(take(out, "_cost")))
    put(out, "credits_nano", credits_nano(take(out, "_credits")))
    return reason


def _tool(raw: RawEvent, out: Attributes) -> DropReason | None:
    code = out.get("_error")
    reason = finish_tool(raw, out)
    if code == "denied":
        out["decision"] = "reject"
    path = take(out, "_path")
    if out.get("tool_name") in FILE_TOOLS:
        put(out, "file", file_path(path))
    return reason


def _agent(raw: RawEvent, out: Attributes) -> DropReason | None:
    """A turn begins with a prompt; an agent within a tool call is a subagent."""
    name = take(out, "_agent")
    if raw.span is not None and raw.span.parent_span_id and name is not None:
        raw.kind = EventKind.FEATURE_USE
        out["feature"] = "subagent"
        out["feature_name"] = out["subagent"] = name
        out.pop("prompt_id", None)
        error_class(out)
        out["success"] = "error_class" not in out
        return None
    take(out, "_error")
    out["prompt_origin"] = "human"
    return None


SPANS: dict[str, Spec] = {
    "chat": Spec(
        kind=EventKind.API_REQUEST,
        names={
            **REQUEST_NAMES,
            "github.copilot.initiator": "_initiator",
            "github.copilot.cost": "_cost",
            "github.copilot.nano_aiu": "_credits",
        },
        finish=_request,
    ),
    "execute_tool": Spec(
        kind=EventKind.TOOL_CALL, names={**TOOL_NAMES, "gen_ai.agent.name": "subagent", _PATH: "_path"}, finish=_tool
    ),
    "invoke_agent": Spec(
        kind=EventKind.PROMPT,
        names={**dict.fromkeys(USAGE_NAMES, ""), "gen_ai.agent.name": "_agent", "error.type": "_error"},
        finish=_agent,
    ),
}
