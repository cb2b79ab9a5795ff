"""The coding agents whose words we understand. One folder each, one line here."""

from __future__ import annotations

from tachograph.inputs.agents.claude_code.agent import ClaudeCode

__all__ = ["AGENTS"]

AGENTS = (ClaudeCode(),)
"""Every agent, built in this order."""
