"""Its log events. Source: docs/formats/claude_code_telemetry.md."""

from __future__ import annotations

from tachograph.inputs.agents.claude_code.mcp_names import put_mcp_server
from tachograph.inputs.agents.claude_code.telemetry.spec import (
    ATTRIBUTION,
    FEATURE_USE,
    MODEL,
    NOTICE,
    PLUGIN,
    TOKENS,
    TOOL,
    error_class,
    hook_success,
)
from tachograph.inputs.agents.kit.files import file_given
from tachograph.inputs.agents.kit.telemetry import Attributes, Spec, nanousd
from tachograph_sdk.model.event import EventKind, RawEvent

__all__ = ["EVENTS"]

_CUT_CHARS = 500  # the agent cuts each value of an input at 512: a path that long may lack its end


def _cost(raw: RawEvent, out: Attributes) -> None:
    """The agent's own figure: the double first, then the whole micro-dollars of newer versions."""
    cost = nanousd(raw.attributes.get("cost_usd"))
    if cost is None:
        micros = raw.attributes.get("cost_usd_micros")
        if isinstance(micros, str) and micros.isdigit() and len(micros) < 16:
            micros = int(micros)
        if not isinstance(micros, int) or isinstance(micros, bool) or micros < 0:
            return
        cost = micros * 1000
    out["cost_nanousd"] = cost
    out["cost_basis"] = "reported"


def _prompt(raw: RawEvent, out: Attributes) -> None:
    """Who asked, where the record tells; a background task's result arrives as a prompt too."""
    text = raw.attributes.get("prompt")
    if "command" in out:
        out["prompt_origin"] = "command"
    elif isinstance(text, str) and text.startswith("<task-notification>"):
        out["prompt_origin"] = "agent"


def _tool(raw: RawEvent, out: Attributes) -> None:
    """Which file it worked on, where its input is told; up to 2.1.72 the tool's id is `use_id`, given for failures only."""
    put_mcp_server(out)
    if (given := raw.attributes.get("tool_input")) is not None:
        file = file_given(out.get("tool_name"), given)
        if file is not None and len(file) < _CUT_CHARS:
            out["file"] = file
    old = out.pop("_use_id", None)
    if "tool_use_id" not in out and old is not None:
        out["tool_use_id"] = old


def _decision(raw: RawEvent, out: Attributes) -> None:
    put_mcp_server(out)


def _subagent(raw: RawEvent, out: Attributes) -> None:
    out["subagent"] = out.get("feature_name")


def _skill(raw: RawEvent, out: Attributes) -> None:
    out["skill"] = out.get("feature_name")


def _server(raw: RawEvent, out: Attributes) -> None:
    if "feature_name" in out:
        out["mcp_server"] = out["feature_name"]


EVENTS: dict[str, Spec] = {
    "user_prompt": Spec(
        kind=EventKind.PROMPT,
        names={"prompt_length": "length_chars", "command_name": "command", "command_source": "command_source"},
        finish=_prompt,
    ),
    "assistant_response": Spec(kind=EventKind.API_RESPONSE, names={**MODEL, "response_length": "length_chars"}),
    "api_request": Spec(
        kind=EventKind.API_REQUEST,
        names={
            **MODEL,
            **TOKENS,
            **ATTRIBUTION,
            "client_request_id": "client_request_id",
            "duration_ms": "duration_ms",
            "ttft_ms": "ttft_ms",
            "attempt": "attempts",
            "cost_usd": "",
            "cost_usd_micros": "",
        },
        finish=_cost,
    ),
    "api_error": Spec(
        kind=EventKind.API_ERROR,
        names={
            **MODEL,
            **ATTRIBUTION,
            "client_request_id": "client_request_id",
            "status_code": "status_code",
            "duration_ms": "duration_ms",
            "attempt": "attempts",
            "error_type": "error_class",
        },
        finish=error_class,
    ),
    "api_retries_exhausted": Spec(
        kind=EventKind.API_ERROR,
        names={
            **MODEL,
            "status_code": "status_code",
            "total_attempts": "attempts",
            "total_retry_duration_ms": "duration_ms",
            "error_type": "error_class",
        },
        finish=error_class,
    ),
    "api_refusal": Spec(
        kind=EventKind.API_ERROR,
        names={**MODEL, "attempt": "attempts", "duration_ms": "duration_ms"},
        constants={"error_class": "refusal"},
    ),
    "api_request_body": Spec(
        kind=NOTICE,
        names={**MODEL, "body_length": "length_chars", "request_body_id": "client_request_id"},
        constants={"feature": "api_request_body"},
    ),
    "api_response_body": Spec(
        kind=NOTICE,
        names={
            **MODEL,
            "body_length": "length_chars",
            "request_body_id": "client_request_id",
            "message.id": "message_id",
        },
        constants={"feature": "api_response_body"},
    ),
    "tool_decision": Spec(
        kind=EventKind.TOOL_DECISION,
        names={**TOOL, "decision": "decision", "source": "decision_source", "permission_mode": "permission_mode"},
        finish=_decision,
    ),
    "tool_result": Spec(
        kind=EventKind.TOOL_CALL,
        names={
            **TOOL,
            "use_id": "_use_id",
            "success": "success",
            "duration_ms": "duration_ms",
            "error_type": "error_class",
            "tool_input_size_bytes": "tool_input_bytes",
            "tool_result_size_bytes": "tool_result_bytes",
            "decision_type": "decision",
            "decision_source": "decision_source",
        },
        finish=_tool,
    ),
    "permission_mode_changed": Spec(
        kind=FEATURE_USE,
        names={"to_mode": "permission_mode", "trigger": "trigger"},
        constants={"feature": "permission_mode"},
    ),
    "skill_activated": Spec(
        kind=FEATURE_USE,
        names={
            **PLUGIN,
            "skill.name": "feature_name",
            "skill.source": "feature_source",
            "invocation_trigger": "trigger",
        },
        constants={"feature": "skill"},
        finish=_skill,
    ),
    "subagent_completed": Spec(
        kind=FEATURE_USE,
        names={
            "agent_type": "feature_name",
            "agent.source": "feature_source",
            "is_built_in": "is_builtin",
            "is_async": "is_async",
            "total_tokens": "total_tokens",  # of its final request only
            "total_tool_uses": "total_tool_uses",
            "duration_ms": "duration_ms",
            "model": "model",
        },
        constants={"feature": "subagent"},
        finish=_subagent,
    ),
    "compaction": Spec(
        kind=FEATURE_USE,
        names={
            "trigger": "trigger",
            "success": "success",
            "duration_ms": "duration_ms",
            "pre_tokens": "pre_tokens",
            "post_tokens": "post_tokens",
        },
        constants={"feature": "compaction"},
    ),
    "hook_registered": Spec(
        kind=NOTICE,
        names={**PLUGIN, "hook_event": "feature_name", "hook_source": "feature_source", "hook_type": "trigger"},
        constants={"feature": "hook", "status": "registered"},
    ),
    "hook_execution_start": Spec(
        kind=NOTICE,
        names={"hook_event": "feature_name", "hook_source": "feature_source", "num_hooks": "quantity"},
        constants={"feature": "hook", "status": "started"},
    ),
    "hook_execution_complete": Spec(
        kind=FEATURE_USE,
        names={
            "hook_event": "feature_name",
            "hook_source": "feature_source",
            "num_hooks": "quantity",
            "total_duration_ms": "duration_ms",
        },
        constants={"feature": "hook"},
        finish=hook_success,
    ),
    "hook_plugin_metrics": Spec(kind=NOTICE, names={"hook_event": "feature_name"}, constants={"feature": "hook"}),
    "plugin_loaded": Spec(
        kind=NOTICE,
        names={
            **PLUGIN,
            "plugin.scope": "feature_source",
            "enabled_via": "trigger",
        },
        constants={"feature": "plugin", "status": "loaded"},
    ),
    "plugin_installed": Spec(
        kind=FEATURE_USE,
        names={**PLUGIN, "install.trigger": "trigger", "marketplace.is_official": "is_builtin"},
        constants={"feature": "plugin", "status": "installed"},
    ),
    "mcp_server_connection": Spec(
        kind=FEATURE_USE,
        names={
            "plugin.name": "plugin",
            "status": "status",
            "transport_type": "trigger",
            "server_scope": "feature_source",
            "server_name": "feature_name",
            "duration_ms": "duration_ms",
            "error_code": "error_class",
        },
        constants={"feature": "mcp_server"},
        finish=_server,
    ),
    "auth": Spec(
        kind=NOTICE,
        names={
            "action": "trigger",
            "success": "success",
            "auth_method": "feature_source",
            "error_category": "error_class",
            "status_code": "status_code",
        },
        constants={"feature": "auth"},
    ),
    "at_mention": Spec(
        kind=FEATURE_USE,
        names={"mention_type": "feature_name", "success": "success"},
        constants={"feature": "mention"},
    ),
    "internal_error": Spec(
        kind=NOTICE, names={"error_name": "error_class"}, constants={"feature": "internal_error", "success": False}
    ),
    "feedback_survey": Spec(
        kind=NOTICE,
        names={"event_type": "status", "survey_type": "feature_source"},
        constants={"feature": "feedback_survey"},
    ),
    "retention_sweep": Spec(
        kind=NOTICE,
        names={"result": "status", "transcripts_deleted": "quantity"},
        constants={"feature": "retention_sweep"},
    ),
    "managed_settings_resolved": Spec(
        kind=NOTICE, names={"managed_settings.trigger": "trigger"}, constants={"feature": "managed_settings"}
    ),
    "system_prompt": Spec(kind=NOTICE, constants={"feature": "system_prompt"}),
}
