"""Its log events. Source: docs/formats/gemini_cli.md."""

from __future__ import annotations

from tachograph.inputs.agents.gemini_cli.telemetry.spec import FEATURE_USE, NOTICE, REQUEST, error, response
from tachograph.inputs.agents.kit.gemini.telemetry import TOKENS, TOOL, tool_call
from tachograph.inputs.agents.kit.telemetry import Attributes, Spec
from tachograph_sdk.model.event import EventKind, RawEvent

__all__ = ["EVENTS", "NOT_NEEDED"]


def _routing(raw: RawEvent, out: Attributes) -> None:
    failed = raw.attributes.get("failed")
    if isinstance(failed, bool):
        out["success"] = not failed


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
        # It says most things twice; `duration` is in milliseconds too.
        names={**REQUEST, "error.type": "error_class", "error_type": "error_class", "model_name": "", "duration": ""},
        finish=error,
    ),
    "tool_call": Spec(kind=EventKind.TOOL_CALL, names=TOOL, finish=tool_call),
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
    "agent.finish": Spec(
        kind=FEATURE_USE,
        names={
            "agent_name": "feature_name",
            "agent_id": "agent_instance_id",
            "duration_ms": "duration_ms",
            "turn_count": "quantity",
            "terminate_reason": "status",
        },
        constants={"feature": "subagent"},
    ),
    "hook_call": Spec(
        kind=FEATURE_USE,
        names={
            "hook_event_name": "feature_name",
            "hook_type": "trigger",
            "duration_ms": "duration_ms",
            "success": "success",
        },
        constants={"feature": "hook"},
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
    "plan.approval_mode_switch": Spec(
        kind=FEATURE_USE,
        names={"to_mode": "permission_mode", "from_mode": ""},
        constants={"feature": "permission_mode"},
    ),
    "rewind": Spec(kind=FEATURE_USE, names={"outcome": "status"}, constants={"feature": "rewind"}),
    "model_routing": Spec(
        kind=NOTICE,
        names={
            "decision_model": "model",
            "decision_source": "",
            "routing_latency_ms": "duration_ms",
            "approval_mode": "permission_mode",
            "failed": "",
            "enable_numerical_routing": "",
            "classifier_threshold": "",
        },
        constants={"feature": "model_routing"},
        finish=_routing,
    ),
    "conversation_finished": Spec(
        kind=NOTICE,
        names={"approvalMode": "permission_mode", "turnCount": "quantity"},
        constants={"feature": "conversation"},
    ),
    "network_retry_attempt": Spec(
        kind=NOTICE,
        names={
            "model": "model",
            "attempt": "attempts",
            "error_type": "error_class",
            "max_attempts": "",
            "delay_ms": "",
        },
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
    "flash_fallback": Spec(kind=NOTICE, constants={"feature": "model_fallback"}),
    "loop_detected": Spec(
        kind=NOTICE, names={"loop_type": "trigger", "count": "quantity"}, constants={"feature": "loop_detected"}
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
        "agent.recovery_attempt",
        "agent.start",
        "api_key_updated",
        "api_request",  # what it says, the response says again, with the numbers
        "chat.invalid_chunk",
        "config",
        "conseca.policy_generation",
        "conseca.verdict",
        "credit_purchase_click",
        "credits_used",
        "edit_correction",
        "edit_strategy",
        "empty_wallet_menu_shown",
        "end_session",
        "gen_ai.client.inference.operation.details",  # the request and the response once more
        "kitty_sequence_overflow",
        "keychain.availability",
        "llm_loop_check",
        "loop_detection_disabled",
        "malformed_json_response",
        "next_speaker_check",
        "onboarding.start",
        "onboarding.success",
        "overage_menu_shown",
        "overage_option_selected",
        "plan.approval_mode_duration",
        "plan.execution",
        "ripgrep_fallback",
        "smart_edit_correction",
        "smart_edit_strategy",
        "startup_stats",
        "token_storage.initialization",
        "tool_output_masking",
        "web_fetch_fallback_attempt",
    }
)
