"""Its log events. Source: docs/formats/qwen_code.md."""

from __future__ import annotations

from tachograph.inputs.agents.kit.gemini.telemetry import TOKENS, TOOL, tool_call
from tachograph.inputs.agents.kit.telemetry import Attributes, Spec
from tachograph.inputs.agents.qwen_code.telemetry.spec import FEATURE_USE, NOTICE, REQUEST, error, response
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent

__all__ = ["EVENTS", "NOT_NEEDED"]


def _ended(raw: RawEvent, out: Attributes) -> DropReason | None:
    """A subagent is told of at its start and at its end."""
    if out.get("status") == "started":
        return DropReason.NOT_NEEDED
    out["subagent"] = out.get("feature_name")
    return None


def _status(raw: RawEvent, out: Attributes) -> None:
    status = out.get("status")
    if status in ("success", "error"):
        out["success"] = status == "success"


_EXTENSION = {
    "extension_name": "feature_name",
    "status": "status",
    "extension_version": "",
    "extension_previous_version": "",
    "setting_scope": "feature_source",
}

EVENTS: dict[str, Spec] = {
    "user_prompt": Spec(kind=EventKind.PROMPT, names={"prompt_length": "length_chars"}),
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
    "file_operation": Spec(
        kind=NOTICE,
        names={
            "tool_name": "tool_name",
            "operation": "trigger",
            "programming_language": "language",
            "lines": "",  # of the whole file, not what was changed
            "mimetype": "",
            "extension": "",
        },
        constants={"feature": "file_operation"},
    ),
    "slash_command": Spec(
        kind=FEATURE_USE,
        names={"command": "command", "status": "status", "subcommand": ""},
        constants={"feature": "command"},
        finish=_status,
    ),
    "slash_command.model": Spec(
        kind=FEATURE_USE, names={"model_name": "model"}, constants={"feature": "command", "command": "model"}
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
    "chat_compression": Spec(
        kind=FEATURE_USE,
        names={"tokens_before": "pre_tokens", "tokens_after": "post_tokens"},
        constants={"feature": "compaction"},
    ),
    "extension_install": Spec(kind=FEATURE_USE, names=_EXTENSION, constants={"feature": "extension"}, finish=_status),
    "extension_uninstall": Spec(kind=FEATURE_USE, names=_EXTENSION, constants={"feature": "extension"}, finish=_status),
    "extension_update": Spec(kind=FEATURE_USE, names=_EXTENSION, constants={"feature": "extension"}, finish=_status),
    "extension_enable": Spec(
        kind=FEATURE_USE, names=_EXTENSION, constants={"feature": "extension", "status": "enabled"}
    ),
    "extension_disable": Spec(
        kind=FEATURE_USE, names=_EXTENSION, constants={"feature": "extension", "status": "disabled"}
    ),
    "conversation_finished": Spec(
        kind=NOTICE,
        names={"approvalMode": "permission_mode", "turnCount": "quantity"},
        constants={"feature": "conversation"},
    ),
    "api_retry": Spec(
        kind=NOTICE,
        names={**REQUEST, "attempt_number": "attempts", "error_type": "error_class", "retry_delay_ms": ""},
        constants={"feature": "api_retry", "status": "retried"},
    ),
    "chat.content_retry": Spec(
        kind=NOTICE,
        names={"model": "model", "attempt_number": "attempts", "error_type": "error_class", "retry_delay_ms": ""},
        constants={"feature": "api_retry", "status": "retried"},
    ),
    "chat.content_retry_failure": Spec(
        kind=NOTICE,
        names={
            "model": "model",
            "total_attempts": "attempts",
            "final_error_type": "error_class",
            "total_duration_ms": "duration_ms",
        },
        constants={"feature": "api_retry", "status": "failed"},
    ),
    "api_cancel": Spec(kind=NOTICE, names={**REQUEST, "model_name": ""}, constants={"feature": "api_cancel"}),
    "loop_detected": Spec(kind=NOTICE, names={"loop_type": "trigger"}, constants={"feature": "loop_detected"}),
    "ide_connection": Spec(kind=NOTICE, names={"connection_type": "trigger"}, constants={"feature": "ide"}),
    "tool_output_truncated": Spec(
        kind=NOTICE,
        names={
            "tool_name": "tool_name",
            "eventName": "",
            "original_content_length": "",
            "truncated_content_length": "",
            "threshold": "",
            "lines": "",
        },
        constants={"feature": "tool_output_truncated"},
    ),
    # A name without the agent's prefix; it says of a process what the counter, which names no session, cannot.
    "session.start": Spec(kind=EventKind.SESSION_START),
}

NOT_NEEDED = frozenset(
    {
        "api_request",  # what it says, the response says again, with the numbers
        "arena_agent_completed",
        "arena_session_ended",
        "arena_session_started",
        "auth",
        "chat.invalid_chunk",
        "chat.protocol_tag_sanitized",
        "config",
        "daemon.error",
        "flash_fallback",
        "goal_state",
        "kitty_sequence_overflow",
        "loop_detection_disabled",
        "malformed_json_response",
        "memory.dream",
        "memory.extract",
        "memory.recall",
        "memory.recall.delivery",
        "next_speaker_check",
        "prompt_suggestion",
        "repeated_tool_failure_guard",
        "ripgrep_fallback",
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
