"""How each agent is connected, in the order in which a page shows them; the last is every program that is none of these."""

from __future__ import annotations

from tachograph.inputs.agents.claude_code import setup as claude_code
from tachograph.inputs.agents.codex import setup as codex
from tachograph.inputs.agents.copilot_cli import setup as copilot_cli
from tachograph.inputs.agents.gemini_cli import setup as gemini_cli
from tachograph.inputs.agents.genai import setup as genai
from tachograph.inputs.agents.kit.setup import AgentSetup
from tachograph.inputs.agents.opencode import setup as opencode
from tachograph.inputs.agents.qwen_code import setup as qwen_code

__all__ = ["OTHERS", "SETUPS"]

SETUPS: tuple[AgentSetup, ...] = (
    claude_code.SETUP,
    codex.SETUP,
    gemini_cli.SETUP,
    qwen_code.SETUP,
    copilot_cli.SETUP,
    opencode.SETUP,
    genai.SETUP,
)

OTHERS = genai.SETUP.agent
"""What came from an agent of no other name is told under this one."""
