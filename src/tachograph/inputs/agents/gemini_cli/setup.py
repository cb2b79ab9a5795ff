"""How Gemini CLI is connected: see docs/guides/gemini-cli.md."""

from __future__ import annotations

from tachograph.inputs.agents.kit.setup import AgentSetup, gemini_block

__all__ = ["SETUP"]

SETUP = AgentSetup(
    agent="gemini_cli",
    name="Gemini CLI",
    blocks=(gemini_block("~/.gemini/settings.json"),),
    note="Chats are read without any setting. Telemetry adds auxiliary requests, durations, errors and decisions on tools.",
)
