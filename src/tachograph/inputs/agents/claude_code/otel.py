"""Claude Code's OpenTelemetry in our words: metrics, events and beta spans to kinds and canonical attribute names.

A table says for each name what kind of event it is and which attributes mean what; a few need more than a new name and
have a small function. What the table does not name stays under the agent's own name, where the wall drops and counts
it. Numbers are left as they came (strings before 2.1.122, numbers since): the wall coerces them.

Source: docs/formats/claude_code_telemetry.md; seen on 1.0.128 to 2.1.328.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tachograph_sdk.model.attributes import ATTRIBUTES
from tachograph_sdk.model.event import AttributeValue, DropReason, EventKind, RawEvent, Source

__all__ = ["AGENT_ID", "PREFIX", "SERVICE_NAMES", "classify"]

AGENT_ID = "claude_code"
SERVICE_NAMES = frozenset({"claude-code", "claude-code-desktop"})
PREFIX = "claude_code."

Attributes = dict[str, AttributeValue]
Finish = Callable[[RawEvent, Attributes], None]
"""Works out what a new name alone cannot say: reads the raw record, writes into the new attributes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What one of the agent's names means."""

    kind: EventKind
    names: Mapping[str, str] = field(default_factory=dict)  # the agent's attribute: our attribute
    constants: Mapping[str, AttributeValue] = field(default_factory=dict)
    finish: Finish | None = None


_COMMON = {
    "session.id": "session_id",  # becomes a field of the event
    "organization.id": "organization_id",
    "app.version": "agent_version",
    "app.entrypoint": "entrypoint",
    "terminal.type": "terminal",
    "event.sequence": "sequence",
    "prompt.id": "prompt_id",
    "agent_id": "agent_instance_id",
    "parent_agent_id": "parent_agent_instance_id",
    "workflow.run_id": "workflow_id",
    "message.uuid": "message_uuid",
    "anthropic.provider": "provider",
    "vcs.repository.url.full": "repository",
}
_RESOURCE = {"service.version": "agent_version", "os.type": "os_type", "host.arch": "host_arch"}
_SAID = frozenset({"event.name", "event.timestamp", "span.type", "service.name"})  # in the record's own fields already
_USER = ("user.email", "user.account_uuid", "user.account_id", "user.id")  # the first one present is the person

_MODEL = {
    "model": "model",
    "request_id": "request_id",
    "query_source": "query_source",
    "effort": "effort",
    "speed": "speed",
}
_ATTRIBUTION = {
    "skill.name": "skill",
    "plugin.name": "plugin",
    "marketplace.name": "marketplace",
    "agent.name": "subagent",
    "mcp_server.name": "mcp_server",
    "mcp_tool.name": "mcp_tool",
}
_TOKENS = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_tokens": "cache_read_tokens",
    "cache_creation_tokens": "cache_write_tokens",
    "cache_creation_5m_tokens": "cache_write_5m_tokens",
    "cache_creation_1h_tokens": "cache_write_1h_tokens",
}
_TOOL = {
    "tool_name": "tool_name",
    "tool_use_id": "tool_use_id",
    "request_id": "request_id",
    "tool_source": "tool_source",
}
_PLUGIN = {"plugin.name": "plugin", "marketplace.name": "marketplace"}


# --- finishing touches --------------------------------------------------------------------------------------------


def nanousd(value: AttributeValue) -> int | None:
    """Dollars, as a number or its text, to whole nano-dollars; None if it is no finite number >= 0."""
    if isinstance(value, str):
        try:
            value = float(value) if len(value) <= 32 else None
        except ValueError:
            return None
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and 0 <= value < 9e9:
        return round(value * 1e9)
    return None


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


def _error(raw: RawEvent, out: Attributes) -> None:
    """A kind of error that is never its text: the class the agent names, else the HTTP status."""
    if "error_class" not in out:
        status = out.get("status_code")
        text = str(status) if isinstance(status, int | str) else ""
        if text.isdigit() and len(text) == 3:
            out["error_class"] = f"http_{text}"


def _failed_tool(raw: RawEvent, out: Attributes) -> None:
    """Versions up to 2.1.72 call the tool's id `use_id`, and give it for failures only."""
    old = out.pop("_use_id", None)
    if "tool_use_id" not in out and old is not None:
        out["tool_use_id"] = old


def _hook_success(raw: RawEvent, out: Attributes) -> None:
    counts = [raw.attributes.get(name) for name in ("num_blocking", "num_non_blocking_error", "num_cancelled")]
    if all(isinstance(count, int | str) for count in counts):
        out["success"] = all(str(count) == "0" for count in counts)


def _subagent(raw: RawEvent, out: Attributes) -> None:
    out["subagent"] = out.get("feature_name")


def _skill(raw: RawEvent, out: Attributes) -> None:
    out["skill"] = out.get("feature_name")


def _server(raw: RawEvent, out: Attributes) -> None:
    if "feature_name" in out:
        out["mcp_server"] = out["feature_name"]


_FEATURE_USE, _NOTICE = EventKind.FEATURE_USE, EventKind.AGENT_NOTICE

EVENTS: dict[str, Spec] = {
    "user_prompt": Spec(
        kind=EventKind.PROMPT,
        names={"prompt_length": "length_chars", "command_name": "command", "command_source": "command_source"},
        finish=_prompt,
    ),
    "assistant_response": Spec(kind=EventKind.API_RESPONSE, names={**_MODEL, "response_length": "length_chars"}),
    "api_request": Spec(
        kind=EventKind.API_REQUEST,
        names={
            **_MODEL,
            **_TOKENS,
            **_ATTRIBUTION,
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
            **_MODEL,
            **_ATTRIBUTION,
            "client_request_id": "client_request_id",
            "status_code": "status_code",
            "duration_ms": "duration_ms",
            "attempt": "attempts",
            "error_type": "error_class",
        },
        finish=_error,
    ),
    "api_retries_exhausted": Spec(
        kind=EventKind.API_ERROR,
        names={
            **_MODEL,
            "status_code": "status_code",
            "total_attempts": "attempts",
            "total_retry_duration_ms": "duration_ms",
            "error_type": "error_class",
        },
        finish=_error,
    ),
    "api_refusal": Spec(
        kind=EventKind.API_ERROR,
        names={**_MODEL, "attempt": "attempts", "duration_ms": "duration_ms"},
        constants={"error_class": "refusal"},
    ),
    "api_request_body": Spec(
        kind=_NOTICE,
        names={**_MODEL, "body_length": "length_chars", "request_body_id": "client_request_id"},
        constants={"feature": "api_request_body"},
    ),
    "api_response_body": Spec(
        kind=_NOTICE,
        names={
            **_MODEL,
            "body_length": "length_chars",
            "request_body_id": "client_request_id",
            "message.id": "message_id",
        },
        constants={"feature": "api_response_body"},
    ),
    "tool_decision": Spec(
        kind=EventKind.TOOL_DECISION,
        names={**_TOOL, "decision": "decision", "source": "decision_source", "permission_mode": "permission_mode"},
    ),
    "tool_result": Spec(
        kind=EventKind.TOOL_CALL,
        names={
            **_TOOL,
            "use_id": "_use_id",
            "success": "success",
            "duration_ms": "duration_ms",
            "error_type": "error_class",
            "tool_input_size_bytes": "tool_input_bytes",
            "tool_result_size_bytes": "tool_result_bytes",
            "decision_type": "decision",
            "decision_source": "decision_source",
        },
        finish=_failed_tool,
    ),
    "permission_mode_changed": Spec(
        kind=_FEATURE_USE,
        names={"to_mode": "permission_mode", "trigger": "trigger"},
        constants={"feature": "permission_mode"},
    ),
    "skill_activated": Spec(
        kind=_FEATURE_USE,
        names={
            **_PLUGIN,
            "skill.name": "feature_name",
            "skill.source": "feature_source",
            "invocation_trigger": "trigger",
        },
        constants={"feature": "skill"},
        finish=_skill,
    ),
    "subagent_completed": Spec(
        kind=_FEATURE_USE,
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
        kind=_FEATURE_USE,
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
        kind=_NOTICE,
        names={**_PLUGIN, "hook_event": "feature_name", "hook_source": "feature_source", "hook_type": "trigger"},
        constants={"feature": "hook", "status": "registered"},
    ),
    "hook_execution_start": Spec(
        kind=_NOTICE,
        names={"hook_event": "feature_name", "hook_source": "feature_source", "num_hooks": "quantity"},
        constants={"feature": "hook", "status": "started"},
    ),
    "hook_execution_complete": Spec(
        kind=_FEATURE_USE,
        names={
            "hook_event": "feature_name",
            "hook_source": "feature_source",
            "num_hooks": "quantity",
            "total_duration_ms": "duration_ms",
        },
        constants={"feature": "hook"},
        finish=_hook_success,
    ),
    "hook_plugin_metrics": Spec(kind=_NOTICE, names={"hook_event": "feature_name"}, constants={"feature": "hook"}),
    "plugin_loaded": Spec(
        kind=_NOTICE,
        names={
            **_PLUGIN,
            "plugin.scope": "feature_source",
            "enabled_via": "trigger",
        },
        constants={"feature": "plugin", "status": "loaded"},
    ),
    "plugin_installed": Spec(
        kind=_FEATURE_USE,
        names={**_PLUGIN, "install.trigger": "trigger", "marketplace.is_official": "is_builtin"},
        constants={"feature": "plugin", "status": "installed"},
    ),
    "mcp_server_connection": Spec(
        kind=_FEATURE_USE,
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
        kind=_NOTICE,
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
        kind=_FEATURE_USE,
        names={"mention_type": "feature_name", "success": "success"},
        constants={"feature": "mention"},
    ),
    "internal_error": Spec(
        kind=_NOTICE, names={"error_name": "error_class"}, constants={"feature": "internal_error", "success": False}
    ),
    "feedback_survey": Spec(
        kind=_NOTICE,
        names={"event_type": "status", "survey_type": "feature_source"},
        constants={"feature": "feedback_survey"},
    ),
    "retention_sweep": Spec(
        kind=_NOTICE,
        names={"result": "status", "transcripts_deleted": "quantity"},
        constants={"feature": "retention_sweep"},
    ),
    "managed_settings_resolved": Spec(
        kind=_NOTICE, names={"managed_settings.trigger": "trigger"}, constants={"feature": "managed_settings"}
    ),
    "system_prompt": Spec(kind=_NOTICE, constants={"feature": "system_prompt"}),
}


# --- metrics ------------------------------------------------------------------------------------------------------


def _quantity(raw: RawEvent, out: Attributes) -> None:
    out["quantity"] = _whole(raw)


def _whole(raw: RawEvent) -> int | None:
    """The point's value, which is a count although it is sent as a double; None if it is none."""
    value = raw.point.value if raw.point else None
    return round(value) if value is not None and 0 <= value < 2**63 else None


def _token_counter(raw: RawEvent, out: Attributes) -> None:
    out["counter"] = _COUNTERS.get(str(raw.attributes.get("type")), "other")
    out["quantity"] = _whole(raw)


def _cost_counter(raw: RawEvent, out: Attributes) -> None:
    out["cost_nanousd"] = nanousd(raw.point.value) if raw.point else None


def _lines(raw: RawEvent, out: Attributes) -> None:
    side = raw.attributes.get("type")
    if side in ("added", "removed"):
        out[f"lines_{side}"] = _whole(raw)


def _active(raw: RawEvent, out: Attributes) -> None:
    out["active_seconds"] = raw.point.value if raw.point and raw.point.value >= 0 else None


_COUNTERS = {"input": "input", "output": "output", "cacheRead": "cache_read", "cacheCreation": "cache_write"}
_COUNTER_NAMES = {**_ATTRIBUTION, **_MODEL}

METRICS: dict[str, Spec] = {
    "session.count": Spec(kind=EventKind.SESSION_START, names={"start_type": "start_type"}, finish=_quantity),
    "lines_of_code.count": Spec(kind=EventKind.CODE_CHANGE, names={"model": "model", "type": ""}, finish=_lines),
    "pull_request.count": Spec(kind=EventKind.VCS_PULL_REQUEST, finish=_quantity),
    "commit.count": Spec(kind=EventKind.VCS_COMMIT, finish=_quantity),
    "cost.usage": Spec(
        kind=EventKind.USAGE_COUNTER,
        names=_COUNTER_NAMES,
        constants={"counter": "cost", "cost_basis": "reported"},
        finish=_cost_counter,
    ),
    "token.usage": Spec(kind=EventKind.USAGE_COUNTER, names={**_COUNTER_NAMES, "type": ""}, finish=_token_counter),
    # A decision about an edit is also a tool_decision event: as a counter it is a feature's use, never a second decision.
    "code_edit_tool.decision": Spec(
        kind=_FEATURE_USE,
        names={"tool_name": "tool_name", "decision": "decision", "source": "decision_source", "language": "language"},
        constants={"feature": "edit_decision"},
        finish=_quantity,
    ),
    "active_time.total": Spec(kind=EventKind.SESSION_ACTIVITY, names={"type": "active_by"}, finish=_active),
}


# --- spans --------------------------------------------------------------------------------------------------------


def _span_request(raw: RawEvent, out: Attributes) -> None:
    """A request that failed is an error; one without an id is a notice, because nothing could join it to its event."""
    if "query_source" not in out and "_source_safe" in out:
        out["query_source"] = out["_source_safe"]
    out.pop("_source_safe", None)
    failed = str(out.get("success", "")).lower() == "false" or (raw.span is not None and raw.span.status_code == 2)
    if failed:
        raw.kind = EventKind.API_ERROR
        _error(raw, out)
    elif not out.get("request_id"):
        raw.kind = _NOTICE
        out["feature"] = "llm_request"


def _span_tool(raw: RawEvent, out: Attributes) -> None:
    """A call without its id would be a second call to the ledger, so it is a notice."""
    if not out.get("tool_use_id"):
        raw.kind = _NOTICE
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
        kind=_NOTICE,
        names={"user_prompt_length": "length_chars", "interaction.duration_ms": "duration_ms"},
        constants={"feature": "interaction"},
    ),
    "llm_request": Spec(
        kind=EventKind.API_REQUEST,
        names={
            **_MODEL,
            **_TOKENS,
            **_ATTRIBUTION,
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
        kind=_NOTICE,
        names={"duration_ms": "duration_ms", "decision": "decision", "source": "decision_source"},
        constants={"feature": "tool_wait"},
    ),
    "hook": Spec(
        kind=_NOTICE,
        names={"hook_event": "feature_name", "num_hooks": "quantity", "duration_ms": "duration_ms"},
        constants={"feature": "hook"},
        finish=_hook_success,
    ),
}

_STATUS = ("unset", "ok", "error")
_TABLES = {Source.OTEL_LOG: EVENTS, Source.CONSOLE: EVENTS, Source.OTEL_METRIC: METRICS, Source.OTEL_SPAN: SPANS}


# --- putting it together ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a record with exactly these attribute names is renamed."""

    spec: Spec
    moves: tuple[tuple[str, str], ...]  # (the agent's name, ours or its own)
    outlines: dict[int, tuple[Attributes, Attributes]] = field(default_factory=dict)

    def outline(self, wanted: Attributes) -> Attributes:
        """A new dictionary with what is the same for all records of this form and resource, and all keys in place."""
        known = self.outlines.get(id(wanted))
        if known is None or known[0] is not wanted:
            if len(self.outlines) >= _RESOURCE_LIMIT:
                self.outlines.clear()
            whole = {**wanted, **dict.fromkeys([ours for _, ours in self.moves]), **self.spec.constants}
            known = self.outlines[id(wanted)] = (wanted, whole)  # holds `wanted`, so that its id stays its own
        return known[1].copy()


_PLANS: dict[tuple[Source, str, tuple[str, ...]], _Plan] = {}
_PLAN_LIMIT = 4096
_RESOURCES: dict[int, tuple[Mapping[str, AttributeValue], Attributes, Attributes]] = {}
_RESOURCE_LIMIT = 1024


def classify(raw: RawEvent) -> RawEvent | DropReason:
    """Set kind and canonical names, in place; UNKNOWN_EVENT if nobody knows the name."""
    names = tuple(raw.attributes)
    shape = (raw.source, raw.name, names)
    plan = _PLANS.get(shape)
    if plan is None:
        plan = _plan(raw.source, raw.name, names)
        if plan is None:
            return DropReason.UNKNOWN_EVENT
        if len(_PLANS) >= _PLAN_LIMIT:
            _PLANS.clear()
        _PLANS[shape] = plan
    if raw.point is not None and not raw.point.monotonic:
        return DropReason.UNKNOWN_EVENT  # all of its metrics are running totals; one that is not cannot be added up
    spec = plan.spec
    values = raw.attributes
    wanted, rest = _resource(raw.resource)
    out = plan.outline(wanted)
    for name, ours in plan.moves:
        out[ours] = values[name]
    raw.kind = spec.kind
    if spec.finish is not None:
        spec.finish(raw, out)
    span = raw.span
    if span is not None:
        _add_span(raw, out)
    raw.name = raw.name.removeprefix(PREFIX)
    raw.attributes = out
    raw.resource = rest
    return raw


def _plan(source: Source, name: str, names: tuple[str, ...]) -> _Plan | None:
    table = _TABLES.get(source)
    if source is Source.CONSOLE and name.removeprefix(PREFIX) in METRICS:
        table = METRICS
    spec = table.get(name.removeprefix(PREFIX)) if table is not None else None
    if spec is None:
        return None
    user = next((who for who in _USER if who in names), None)
    moves = []
    for attribute in names:
        ours = spec.names.get(attribute)
        if ours is None:
            ours = _COMMON.get(attribute)
        if ours is None and attribute == user:
            ours = "user_id"
        if ours is None and attribute not in _SAID:
            ours = _own(attribute)
        if ours:
            moves.append((attribute, ours))
    return _Plan(spec, tuple(moves))


def _own(attribute: str) -> str:
    """The agent's own name for what we have no name for, marked where it could be taken for one of ours."""
    return f"unmapped.{attribute}" if attribute in ATTRIBUTES or attribute == "session_id" else attribute


def _resource(resource: Mapping[str, AttributeValue]) -> tuple[Attributes, Attributes]:
    """What of the resource goes on each record, and what is left over; remembered per resource object."""
    known = _RESOURCES.get(id(resource))
    if known is None:
        wanted: Attributes = {_RESOURCE[name]: value for name, value in resource.items() if name in _RESOURCE}
        rest: Attributes = {_own(n): v for n, v in resource.items() if n not in _RESOURCE and n not in _SAID}
        if len(_RESOURCES) >= _RESOURCE_LIMIT:
            _RESOURCES.clear()
        known = _RESOURCES[id(resource)] = (resource, wanted, rest)
    return known[1], known[2]


def _add_span(raw: RawEvent, out: Attributes) -> None:
    span = raw.span
    if span is None:
        return
    out["trace_id"] = span.trace_id.hex() or None
    out["span_id"] = span.span_id.hex() or None
    if raw.source is Source.OTEL_SPAN:
        out["parent_span_id"] = span.parent_span_id.hex() or None
        out["span_status"] = _STATUS[span.status_code]
        if out.get("duration_ms") is None and span.end_ns:
            out["duration_ms"] = (span.end_ns - raw.at_ns) / 1e6
