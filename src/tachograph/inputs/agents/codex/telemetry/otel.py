"""Codex's OpenTelemetry in our words; its tables are beside this module.

Most of what it sends is diagnostics of the program itself: over 60 metrics, over 140 kinds of span, nine log records for
each answer. Those are told apart first, before anything is renamed.

Source: docs/formats/codex.md; seen on 0.80.0 and 0.169.0.
"""

from __future__ import annotations

from tachograph.inputs.agents.codex.telemetry.events import EVENTS, is_needed
from tachograph.inputs.agents.codex.telemetry.metrics import METRICS, is_diagnostic
from tachograph.inputs.agents.codex.telemetry.spans import SPANS
from tachograph.inputs.agents.kit.telemetry import Telemetry
from tachograph_sdk.model.event import DropReason, RawEvent, Source

__all__ = ["AGENT_ID", "PREFIX", "SERVICE_NAMES", "classify"]

AGENT_ID = "codex"
SERVICE_NAMES = frozenset(
    {
        "codex",
        "codex_exec",
        "codex-tui",
        "codex_tui",
        "codex_cli_rs",
        "codex_vscode",
        "codex desktop",
        "codex_desktop",
        "codex_python_sdk",
        "codex_sdk_ts",
        "codex_sdk_py",
        "codex-app-server",
        "codex-app-server-sdk",
        "codex_app_server",
        "codex_mcp_server",
        "codex_jetbrains",
        "codex_xcode",
    }
)
"""What it calls itself in `service.name`: the originator, in lower case. Others are known by the prefix of their records."""
PREFIX = "codex."

_COMMON = {
    "conversation.id": "session_id",  # the thread's id, as in rollouts
    "app.version": "agent_version",
    "originator": "entrypoint",
    "terminal.type": "terminal",
    "model": "model",
}
_SAID = frozenset({"event.name", "event.timestamp", "event.kind", "slug", "service.name"})

_rename = Telemetry(
    tables={Source.OTEL_LOG: EVENTS, Source.OTEL_METRIC: METRICS, Source.OTEL_SPAN: SPANS},
    prefix=PREFIX,
    common=_COMMON,
    resource={"service.version": "agent_version", "os": "os_type"},
    said=_SAID,
    user=("user.email", "user.account_id"),
).classify


def classify(raw: RawEvent) -> RawEvent | DropReason:
    """Set kind and canonical names, in place; NOT_NEEDED for what is known to say nothing that is counted here."""
    name = raw.name
    if raw.source is Source.OTEL_SPAN:
        if name not in SPANS:
            return DropReason.NOT_NEEDED
    elif not name.startswith(PREFIX):
        return DropReason.NOT_NEEDED  # diagnostics share the stream; they have a text and no event.name
    elif raw.source is Source.OTEL_METRIC:
        if is_diagnostic(name):
            return DropReason.NOT_NEEDED
    elif not is_needed(raw):
        return DropReason.NOT_NEEDED
    result = _rename(raw)
    if result is raw:
        entrypoint = raw.attributes.get("entrypoint")
        if isinstance(entrypoint, str) and " " in entrypoint:
            raw.attributes["entrypoint"] = entrypoint.lower().replace(" ", "_")  # "Codex Desktop"
    return result
