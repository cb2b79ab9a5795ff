"""The log events that Gemini CLI and the programs made from it send alike."""

from __future__ import annotations

from tachograph.inputs.agents.kit.telemetry import Attributes, Spec
from tachograph_sdk.model.event import EventKind, RawEvent

__all__ = ["EVENTS", "FEATURE_USE", "NOTICE", "NOT_NEEDED"]

FEATURE_USE, NOTICE = EventKind.FEATURE_USE, EventKind.AGENT_NOTICE


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
    "ide_connection": Spec(kind=NOTICE, names={"connection_type": "trigger"}, constants={"feature": "ide"}),
    "tool_output_truncated": Spec(
        kind=NOTICE,
        names={
            "tool_name": "tool_name",
            "eventName": "",
            "original_content_length": "",
            "truncated_content_length": "",
            "threshold": "",
        },
        constants={"feature": "tool_output_truncated"},
    ),
}

NOT_NEEDED = frozenset(
    {
        "api_request",  # what it says, the response says again, with the numbers
        "chat.invalid_chunk",
        "config",
        "kitty_sequence_overflow",
        "loop_detection_disabled",
        "malformed_json_response",
        "next_speaker_check",
        "ripgrep_fallback",
    }
)
