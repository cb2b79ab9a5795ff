"""The coding agents whose telemetry we understand: one line per agent."""

from __future__ import annotations

from tachograph.inputs.agents.claude_code.agent import ClaudeCode
from tachograph.inputs.agents.codex.agent import Codex
from tachograph.inputs.agents.copilot_cli.agent import CopilotCli
from tachograph.inputs.agents.gemini_cli.agent import GeminiCli
from tachograph.inputs.agents.genai.agent import GenAI
from tachograph.inputs.agents.opencode.agent import OpenCode
from tachograph.inputs.agents.qwen_code.agent import QwenCode

__all__ = ["AGENTS", "make_others"]

AGENTS = (ClaudeCode(), Codex(), CopilotCli(), GeminiCli(), OpenCode(), QwenCode())
"""Every agent, built in this order."""


def make_others() -> GenAI:
    """The reader of programs that are none of these; it remembers which it has met."""
    return GenAI(known=[agent.id for agent in AGENTS])
