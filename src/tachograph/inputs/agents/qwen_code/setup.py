"""How Qwen Code is connected: see docs/guides/qwen-code.md."""

from __future__ import annotations

from tachograph.inputs.agents.kit.setup import AgentSetup, gemini_block

__all__ = ["SETUP"]

SETUP = AgentSetup(
    agent="qwen_code",
    name="Qwen Code",
    blocks=(gemini_block("~/.qwen/settings.json"),),
    note="Chats and the usage ledger are read without any setting. Telemetry adds single requests, errors and decisions on tools.",
)
