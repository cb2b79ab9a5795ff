"""Claude Code's OpenTelemetry in our words: metrics, events and beta spans to kinds and canonical attribute names.

A table says for each name what kind of event it is and which attributes mean what; a few need more than a new name and
have a small function. What the table does not name stays under the agent's own name, where the wall drops and counts
it. Numbers are left as they came (strings before 2.1.122, numbers since): the wall coerces them.

Source: docs/formats/claude_code_telemetry.md; seen on 1.0.128 to 2.1.328.
"""

from __future__ import annotations

from tachograph.inputs.agents.claude_code.telemetry.events import EVENTS
from tachograph.inputs.agents.claude_code.telemetry.metrics import METRICS
from tachograph.inputs.agents.claude_code.telemetry.spans import SPANS
from tachograph.inputs.agents.claude_code.telemetry.spec import COMMON, RESOURCE, SAID, USER
from tachograph.inputs.agents.kit.telemetry import Telemetry
from tachograph_sdk.model.event import Source

__all__ = ["AGENT_ID", "PREFIX", "SERVICE_NAMES", "classify"]

AGENT_ID = "claude_code"
SERVICE_NAMES = frozenset({"claude-code", "claude-code-desktop"})
PREFIX = "claude_code."

classify = Telemetry(
    tables={
        Source.OTEL_LOG: EVENTS,
        Source.OTEL_METRIC: METRICS,
        Source.OTEL_SPAN: SPANS,
        Source.CONSOLE: {**METRICS, **EVENTS},
    },
    prefix=PREFIX,
    common=COMMON,
    resource=RESOURCE,
    said=SAID,
    user=USER,
).classify
