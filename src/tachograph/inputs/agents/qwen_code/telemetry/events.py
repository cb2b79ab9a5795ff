"""Its log events. Source: docs/formats/qwen_code.md."""

from __future__ import annotations

from dataclasses import replace

from tachograph.inputs.agents.kit.gemini.events import EVENTS as SHARED
from tachograph.inputs.agents.kit.gemini.events import FEATURE_USE, NOTICE
from tachograph.inputs.agents.kit.gemini.events import NOT_NEEDED as ALSO_NOT_NEEDED
from tachograph.inputs.agents.kit.gemini.telemetry import TOKENS, TOOL, tool_call
from tachograph.inputs.agents.kit.telemetry import Attributes, Spec
from tachograph.inputs.agents.qwen_code.telemetry.spec import REQUEST, error, response
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent

__all__ = ["EVENTS", "NOT_NEEDED"]


def _ended(raw: RawEvent, out: Attributes) -> DropReason | None:
    """A subagent is told of at its start and at its end."""
    if out.get("status") == "started":
        return DropReason.NOT_NEEDED
    out["subagent"] = out.get("feature_name")
    return None


EVENTS: dict[str, Spec] = {
    **SHARED,
    "api_response": Spec(kind=EventKind.API_REQUEST, names={**REQUEST, **TOKENS}, finish=response),
    "api_error": Spec(
        kind=EventKind.API_ERROR,
        names={
            **REQUEST,
            "error_type": "error_class",
            "error.type": "",
            "model_name": "",
            "duration": "",
        },
        finish=error,
    ),
    "tool_call": Spec(
        kind=EventKind.TOOL_CALL,
        names={**TOOL, "call_id": "tool_use_id", "status": "", "execution_status": "", "response_id": "", "source": ""},
        finish=tool_call,
    ),
    "skill_launch": Spec(
        kind=FEATURE_USE,
        names={"skill_name": "feature_name", "success": "success"},
        constants={"feature": "skill"},
    ),
    "subagent_execution": Spec(
        kind=FEATURE_USE,
        names={"subagent_name": "feature_name", "status": "status", "terminate_reason": "trigger"},
        constants={"feature": "subagent"},
        finish=_ended,
    ),
    "api_retry": Spec(
        kind=NOTICE,
        names={**REQUEST, "attempt_number": "attempts", "error_type": "error_class", "retry_delay_ms": ""},
        constants={"feature": "api_retry", "status": "retried"},
    ),
    "api_cancel": Spec(kind=NOTICE, names={**REQUEST, "model_name": ""}, constants={"feature": "api_cancel"}),
    "loop_detected": Spec(kind=NOTICE, names={"loop_type": "trigger"}, constants={"feature": "loop_detected"}),
    "tool_output_truncated": replace(
        SHARED["tool_output_truncated"], names={**SHARED["tool_output_truncated"].names, "lines": ""}
    ),
    # A name without the agent's prefix; it says of a process what the counter, which names no session, cannot.
    "session.start": Spec(kind=EventKind.SESSION_START),
}

NOT_NEEDED = ALSO_NOT_NEEDED | frozenset(
    {
        "arena_agent_completed",
        "arena_session_ended",
        "arena_session_started",
        "auth",
        "chat.protocol_tag_sanitized",
        "daemon.error",
        "flash_fallback",
        "goal_state",
        "memory.dream",
        "memory.extract",
        "memory.recall",
        "memory.recall.delivery",
        "prompt_suggestion",
        "repeated_tool_failure_guard",
        "ripgrep_runtime_recovery",
        "session.end",
        "speculation",
        "user_feedback",
        "user_retry",
        "workflow_keyword",
        "workflow_run",
        "workflow_size_warning",
    }
)
