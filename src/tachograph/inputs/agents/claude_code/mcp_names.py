"""Which MCP server a tool is of: its name says it, `mcp__SERVER__TOOL`."""

from __future__ import annotations

from tachograph.inputs.agents.kit.values import Attributes

__all__ = ["put_mcp_server"]

_PREFIX = "mcp__"


def put_mcp_server(attributes: Attributes) -> None:
    """Note server and tool where `tool_name` has that form and nothing told them. Neither is clean: the wall judges each.

    The server ends at the first `__`, as the agent reads it; a plugin's server is `plugin_PLUGIN_SERVER`. Telemetry without
    OTEL_LOG_TOOL_DETAILS has `mcp_tool` for a name, which says nothing.
    """
    name = attributes.get("tool_name")
    if not isinstance(name, str) or not name.startswith(_PREFIX):
        return
    server, _, tool = name.removeprefix(_PREFIX).partition("__")
    if server and tool:
        attributes.setdefault("mcp_server", server)
        attributes.setdefault("mcp_tool", tool)
