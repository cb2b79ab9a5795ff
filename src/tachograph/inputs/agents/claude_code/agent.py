"""Claude Code, as the registry knows it."""

from __future__ import annotations

from tachograph.inputs.agents.claude_code import otel
from tachograph_sdk.model.event import DropReason, RawEvent

__all__ = ["ClaudeCode"]


class ClaudeCode:
    """Reads what Claude Code sends; `ports.Agent`."""

    id = otel.AGENT_ID
    service_names = otel.SERVICE_NAMES

    def classify(self, raw: RawEvent) -> RawEvent | DropReason:
        """Kind and canonical names of one OTel record; see `otel.py`."""
        return otel.classify(raw)
