"""Its log events. Source: docs/formats/gemini_cli.md."""

from __future__ import annotations

from tachograph.inputs.agents.gemini_cli.telemetry.spec import REQUEST, error, response
from tachograph.inputs.agents.kit.gemini.events import EVENTS as SHARED
from tachograph.inputs.agents.kit.gemini.events import FEATURE_USE, NOTICE
from tachograph.inputs.agents.kit.gemini.events import NOT_NEEDED as ALSO_NOT_NEEDED
from tachograph.inputs.agents.kit.gemini.telemetry import TOKENS, TOOL, tool_call
from tachograph.inputs.agents.kit.telemetry import Attributes, Spec
from tachograph_sdk.model.event import EventKind, RawEvent

__all__ = ["EVENTS", "NOT_NEEDED"]


def _routing(raw: RawEvent, out: Attributes) -> None:
    failed = raw.attributes.get("failed")
    if isinstance(failed, bool):
        out["success"] = not failed


EVENTS: dict[str, Spec] = {
    **SHARED,
    "api_response": Spec(kind=EventKind.API_REQUEST, names={**REQUEST, **TOKENS}, finish=response),
    "api_error": Spec(
        kind=EventKind.API_ERROR,
        # It says most things twice; `duration` is in milliseconds too.
        names={**REQUEST, "error.type": "error_class", "error_type": "error_class", "model_name": "", "duration": ""},
        finish=error,
    ),
    "tool_call": Spec(kind=EventKind.TOOL_CALL, names=TOOL, finish=tool_call),
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
    "flash_fallback": Spec(kind=NOTICE, constants={"feature": "model_fallback"}),
    "loop_detected": Spec(
        kind=NOTICE, names={"loop_type": "trigger", "count": "quantity"}, constants={"feature": "loop_detected"}
    ),
}

NOT_NEEDED = ALSO_NOT_NEEDED | frozenset(
    {
        "agent.recovery_attempt",
        "agent.start",
        "api_key_updated",
        "conseca.policy_generation",
        "conseca.verdict",
        "credit_purchase_click",
        "credits_used",
        "edit_correction",
        "edit_strategy",
        "empty_wallet_menu_shown",
        "end_session",
        "gen_ai.client.inference.operation.details",  # the request and the response once more
        "keychain.availability",
        "llm_loop_check",
        "onboarding.start",
        "onboarding.success",
        "overage_menu_shown",
        "overage_option_selected",
        "plan.approval_mode_duration",
        "plan.execution",
        "smart_edit_correction",
        "smart_edit_strategy",
        "startup_stats",
        "token_storage.initialization",
        "tool_output_masking",
        "web_fetch_fallback_attempt",
    }
)
