"""Its spans, of which those are read that can be joined to an event by an id. Source: docs/formats/qwen_code.md."""

from __future__ import annotations

from tachograph.inputs.agents.kit.telemetry import Spec
from tachograph.inputs.agents.qwen_code.telemetry.spec import span_request, span_tool
from tachograph_sdk.model.event import EventKind

__all__ = ["SPANS"]

SPANS: dict[str, Spec] = {
    "llm_request": Spec(
        kind=EventKind.API_REQUEST,
        names={
            "gen_ai.request.model": "model_requested",
            "gen_ai.response.model": "model",
            "gen_ai.usage.input_tokens": "",
            "gen_ai.usage.cache_read.input_tokens": "",
            "gen_ai.usage.output_tokens": "output_tokens",
            "thoughts_token_count": "",
            "gen_ai.response.time_to_first_chunk": "",  # ttft_ms, in seconds
            "duration_ms": "duration_ms",
            "ttft_ms": "ttft_ms",
            "attempt": "attempts",
            "finish_reason": "stop_reason",
            "success": "success",
        },
        finish=span_request,
    ),
    "tool": Spec(
        kind=EventKind.TOOL_CALL,
        names={
            "call_id": "tool_use_id",
            "tool.call_id": "",
            "tool_name": "tool_name",
            "success": "success",
            "duration_ms": "duration_ms",
            "error.type": "error_class",
        },
        finish=span_tool,
    ),
}
