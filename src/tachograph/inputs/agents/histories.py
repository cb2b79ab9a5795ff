"""The local histories that can be read, of all agents. One line per agent; light, because the quick check loads it."""

from __future__ import annotations

from tachograph.inputs.agents.claude_code import history as claude_code
from tachograph.inputs.agents.history import History

__all__ = ["BY_ID", "HISTORIES"]

HISTORIES: tuple[History, ...] = (*claude_code.HISTORIES,)
"""Every history; where the first bytes of a file could be of several, the first of them is taken."""

BY_ID: dict[str, History] = {history.id: history for history in HISTORIES}
