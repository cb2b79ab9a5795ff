"""Copilot CLI's OpenTelemetry in our words: spans are requests and tool calls, metrics are counters; it sends no logs.

It follows the GenAI conventions, so the generic reader's tables do most of it. What is its own: which agent asked
(`github.copilot.initiator`), what it is billed in (premium requests and AI credits, never dollars), and ids that its
local history has too. Source: docs/formats/copilot_cli.md.
"""

from __future__ import annotations

from tachograph.inputs.agents.copilot_cli.telemetry.metrics import METRICS
from tachograph.inputs.agents.copilot_cli.telemetry.spans import SPANS
from tachograph.inputs.agents.kit.telemetry import Telemetry
from tachograph_sdk.model.event import Source

__all__ = ["READER"]

_KNOWN = ("gen_ai.", "github.copilot.")
_KNOWN_SPANS = frozenset({"plan", "invoke_workflow", "create_agent"})


def _is_ignored(source: Source, name: str) -> bool:
    return name in _KNOWN_SPANS if source is Source.OTEL_SPAN else name.startswith(_KNOWN)


READER = Telemetry(
    tables={Source.OTEL_SPAN: SPANS, Source.OTEL_METRIC: METRICS},
    common={"gen_ai.conversation.id": "session_id", "github.copilot.interaction_id": "prompt_id"},
    resource={"service.version": "agent_version", "os.type": "os_type", "host.arch": "host_arch"},
    said=frozenset({"service.name", "gen_ai.operation.name"}),
    user=("enduser.pseudo.id", "enduser.id", "user.id"),
    ignored=_is_ignored,
)
"""Copilot CLI's tables."""
