"""Its spans (beta). Source: docs/formats/claude_code_telemetry.md."""

from __future__ import annotations

from tachograph.inputs.agents.claude_code.mcp_names import put_mcp_server
from tachograph.inputs.agents.claude_code.telemetry.spec import (
    ATTRIBUTION,
    MODEL,
    NOTICE,
    TOKENS,
    error_class,
    hook_success,
)
from tachograph.inputs.agents.kit.files import FILE_TOOLS
from tachograph.inputs.agents.kit.telemetry import Attributes, Spec
from tachograph_sdk.model.event import EventKind, RawEvent
from tachograph_sdk.privacy.file_path import file_path

__all__ = ["SPANS"]


def _span_request(raw: RawEvent, out: Attributes) -> None:
    """A request that failed is an error; one without an id is a notice, because nothing could join it to its event."""
    if "query_source" not in out and "_source_safe" in out:
        out["query_source"] = out["_source_safe"]
    out.pop("_source_safe", None)
    failed = str(out.get("success", "")).lower() == "false" or (raw.span is not None and raw.span.status_code == 2)
    if failed:
        raw.kind = EventKind.API_ERROR
        error_class(raw, out)
    elif not out.get("request_id"):
        raw.kind = NOTICE
        out["feature"] = "llm_request"


def _span_tool(raw: RawEvent, out: Attributes) -> None:
    """A call without its id would be a second call to the ledger, so it is a notice."""
    put_mcp_server(out)
    if (told := raw.attributes.get("file_path")) is not None and out.get("tool_use_id"):
        file = file_path(told)
        if file is not None and out.get("tool_name") in FILE_TOOLS:
            out["file"] = file
    if not out.get("tool_use_id"):
        raw.kind = NOTICE
        out["feature"] = "tool"


_SPAN_CALL = {
    "tool_name": "tool_name",
    "tool_use_id": "tool_use_id",
    "duration_ms": "duration_ms",
    "success": "success",
}

SPANS: dict[str, Spec] = {
    # The prompt itself is the user_prompt event: the interaction says how long it took to answer it.
    "interaction": Spec(
        kind=NOTICE,
        names={"user_prompt_length": "length_chars", "interaction.duration_ms": "duration_ms"},
        constants={"feature": "interaction"},
    ),
    "llm_request": Spec(
        kind=EventKind.API_REQUEST,
        names={
            **MODEL,
            **TOKENS,
            **ATTRIBUTION,
            "query_source_safe": "_source_safe",
            "client_request_id": "client_request_id",
            "duration_ms": "duration_ms",
            "ttft_ms": "ttft_ms",
            "attempt": "attempts",
            "success": "success",
            "status_code": "status_code",
            "stop_reason": "stop_reason",
        },
        finish=_span_request,
    ),
    "tool": Spec(
        kind=EventKind.TOOL_CALL,
        names={**_SPAN_CALL, "subagent_type": "subagent", "skill_name": "skill"},
        finish=_span_tool,
    ),
    "tool.execution": Spec(
        kind=EventKind.TOOL_CALL, names={**_SPAN_CALL, "error_class": "error_class"}, finish=_span_tool
    ),
    "tool.blocked_on_user": Spec(
        kind=NOTICE,
        names={"duration_ms": "duration_ms", "decision": "decision", "source": "decision_source"},
        constants={"feature": "tool_wait"},
    ),
    "hook": Spec(
        kind=NOTICE,
        names={"hook_event": "feature_name", "num_hooks": "quantity", "duration_ms": "duration_ms"},
        constants={"feature": "hook"},
        finish=hook_success,
    ),
}
