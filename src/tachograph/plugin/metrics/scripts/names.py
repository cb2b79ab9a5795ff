"""Which commands and skills a session really used: the transcript knows, the text after a slash does not.

Claude Code notes `<command-name>/NAME</command-name>` for a command that exists, and the result of a skill that the
model asked for says whether there was one. Any other name may be part of somebody's prompt: it is called `custom`.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["CUSTOM", "MAX_NAMES", "Names", "most_used", "strict"]

CUSTOM = "custom"
MAX_NAMES = 50  # in one payload
_STRICT = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}(?::[A-Za-z0-9][A-Za-z0-9_-]{0,63}){0,2}")
_COMMAND_NAME = re.compile(r"<command-name>/?([^<\s]{1,200})</command-name>")


def strict(name: Any) -> str | None:
    """The name if it can be that of a command or skill, else None."""
    return name if isinstance(name, str) and _STRICT.fullmatch(name) else None


class Names:
    """The names seen in one transcript, and how often."""

    def __init__(self) -> None:
        self.commands: dict[str, int] = {}
        self.skills: dict[str, int] = {}
        self._asked: dict[str, str | None] = {}  # id of a call whose result has not been seen -> the skill's name

    def take_command(self, start: str) -> None:
        """A prompt that begins with the tags of a command."""
        found = _COMMAND_NAME.search(start)
        name = strict(found.group(1)) if found else None
        self.commands[name or CUSTOM] = self.commands.get(name or CUSTOM, 0) + 1

    def take_skill(self, block: dict[str, Any]) -> None:
        """The model asks for a skill."""
        asked = block.get("input")
        if isinstance(asked, dict):
            self._asked[block["id"]] = strict(asked.get("skill") or asked.get("command"))

    def confirm_skill(self, tool_id: str) -> None:
        """The call with this id worked, whatever it was for."""
        if tool_id in self._asked:
            name = self._asked.pop(tool_id) or CUSTOM
            self.skills[name] = self.skills.get(name, 0) + 1

    def knows(self, event: str, name: str) -> bool:
        """Whether an event of the spool (`prompt`, `skill`) may carry this name."""
        return name in (self.commands if event == "prompt" else self.skills)


def most_used(counted: dict[str, int]) -> dict[str, int]:
    """At most 50 names, the most used; the rest together as `custom`."""
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    kept = dict(ordered[:MAX_NAMES])
    rest = sum(count for _, count in ordered[MAX_NAMES:])
    if rest:
        kept[CUSTOM] = kept.get(CUSTOM, 0) + rest
    return kept
