"""The attributes that many of its records share."""

from __future__ import annotations

from tachograph.inputs.agents.kit.telemetry import Attributes
from tachograph_sdk.model.event import EventKind, RawEvent

__all__ = [
    "ATTRIBUTION",
    "COMMON",
    "FEATURE_USE",
    "MODEL",
    "NOTICE",
    "PLUGIN",
    "RESOURCE",
    "SAID",
    "TOKENS",
    "TOOL",
    "USER",
    "error_class",
    "hook_success",
]

COMMON = {
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
RESOURCE = {"service.version": "agent_version", "os.type": "os_type", "host.arch": "host_arch"}
SAID = frozenset({"event.name", "event.timestamp", "span.type", "service.name"})  # in the record's own fields already
USER = ("user.email", "user.account_uuid", "user.account_id", "user.id")  # the first one present is the person

MODEL = {
    "model": "model",
    "request_id": "request_id",
    "query_source": "query_source",
    "effort": "effort",
    "speed": "speed",
}
ATTRIBUTION = {
    "skill.name": "skill",
    "plugin.name": "plugin",
    "marketplace.name": "marketplace",
    "agent.name": "subagent",
    "mcp_server.name": "mcp_server",
    "mcp_tool.name": "mcp_tool",
}
TOKENS = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_tokens": "cache_read_tokens",
    "cache_creation_tokens": "cache_write_tokens",
    "cache_creation_5m_tokens": "cache_write_5m_tokens",
    "cache_creation_1h_tokens": "cache_write_1h_tokens",
}
TOOL = {
    "tool_name": "tool_name",
    "tool_use_id": "tool_use_id",
    "request_id": "request_id",
    "tool_source": "tool_source",
}
PLUGIN = {"plugin.name": "plugin", "marketplace.name": "marketplace"}

FEATURE_USE, NOTICE = EventKind.FEATURE_USE, EventKind.AGENT_NOTICE


def error_class(raw: RawEvent, out: Attributes) -> None:
    """A kind of error that is never its text: the class the agent names, else the HTTP status."""
    if "error_class" not in out:
        status = out.get("status_code")
        text = str(status) if isinstance(status, int | str) else ""
        if text.isdigit() and len(text) == 3:
            out["error_class"] = f"http_{text}"


def hook_success(raw: RawEvent, out: Attributes) -> None:
    """Whether all of its hooks ended well, where the record counts those that did not."""
    counts = [raw.attributes.get(name) for name in ("num_blocking", "num_non_blocking_error", "num_cancelled")]
    if all(isinstance(count, int | str) for count in counts):
        out["success"] = all(str(count) == "0" for count in counts)
