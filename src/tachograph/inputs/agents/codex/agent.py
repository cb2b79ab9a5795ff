"""Codex, as the registry knows it."""

from __future__ import annotations

from tachograph.inputs.agents.codex.telemetry import otel

__all__ = ["Codex"]


class Codex:
    """Reads what Codex sends: pure functions from its own words to ours."""

    id = otel.AGENT_ID
    service_names = otel.SERVICE_NAMES

    name_prefixes = (otel.PREFIX,)
    classify = staticmethod(otel.classify)
