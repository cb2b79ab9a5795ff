"""The local histories that can be read, of all agents. One line per agent; light, because the quick check loads it."""

from __future__ import annotations

from tachograph.inputs.agents.claude_code import history as claude_code
from tachograph.inputs.agents.codex import history as codex
from tachograph.inputs.agents.copilot_cli import history as copilot_cli
from tachograph.inputs.agents.gemini_cli import history as gemini_cli
from tachograph.inputs.agents.kit.history import History
from tachograph.inputs.agents.opencode import history as opencode
from tachograph.inputs.agents.qwen_code import history as qwen_code

__all__ = ["BY_ID", "HISTORIES", "UNMARKED", "mark_of"]

HISTORIES: tuple[History, ...] = (
    *copilot_cli.HISTORIES,
    *gemini_cli.HISTORIES,
    *qwen_code.HISTORIES,
    *opencode.HISTORIES,
    *codex.HISTORIES,
    *claude_code.HISTORIES,
)
"""Every history; where the first bytes of a file could be of several, the first of them is taken: Claude Code's are the
least particular."""

BY_ID: dict[str, History] = {history.id: history for history in HISTORIES}

UNMARKED = "claude_code"
"""The history whose files FileState.head says nothing of: it was the only one once."""


def mark_of(history_id: str) -> str:
    """What FileState.head of a history's files begins with."""
    return "" if history_id == UNMARKED else f"{history_id}:"
