"""The coding agents whose telemetry we understand: one line per agent."""

from __future__ import annotations

from tachograph.inputs.agents.claude_code.agent import ClaudeCode

__all__ = ["AGENTS"]

AGENTS = (ClaudeCode(),)
"""Every agent, built in this order."""
