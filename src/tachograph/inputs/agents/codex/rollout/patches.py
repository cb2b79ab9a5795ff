"""How many lines a change adds to each file and removes: counted, and forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tachograph.inputs.agents.codex.rollout.records import Change

__all__ = ["BEGIN", "Lines", "count_changes", "count_patch"]

BEGIN = "*** Begin Patch"
_FILE = ("*** Add File: ", "*** Update File: ", "*** Delete File: ")


@dataclass(slots=True)
class Lines:
    """What a change did to one file."""

    path: str  # as the change names it
    added: int = 0
    removed: int = 0


def count_patch(text: str) -> tuple[Lines, ...]:
    """Lines of a patch in Codex's own format, wherever in `text` it stands, by file; none if there is none.

    What a deleted file held is not in the patch: it counts as no lines.
    """
    start = text.find(BEGIN)
    if start < 0:
        return ()
    files: dict[str, Lines] = {}
    lines: Lines | None = None
    for line in text[start:].splitlines()[1:]:
        if line.startswith("*** End Patch"):
            break
        if line.startswith(_FILE):
            path = line.partition(": ")[2]
            lines = files.setdefault(path, Lines(path))
        elif lines is None:
            continue
        elif line.startswith("+"):
            lines.added += 1
        elif line.startswith("-"):
            lines.removed += 1
    return tuple(files.values())


def count_changes(changes: Mapping[str, Change]) -> tuple[Lines, ...]:
    """Lines of the changes Codex made, by file."""
    return tuple(_count_change(path, change) for path, change in changes.items())


def _count_change(path: str, change: Change) -> Lines:
    lines = Lines(path)
    if change.type == "add":
        lines.added = _line_count(change.content)
    elif change.type == "delete":
        lines.removed = _line_count(change.content)
    elif change.unified_diff:
        in_hunk = False  # a header of two lines may stand before the first one
        for line in change.unified_diff.splitlines():
            in_hunk = in_hunk or line.startswith("@@")
            lines.added += in_hunk and line.startswith("+")
            lines.removed += in_hunk and line.startswith("-")
    return lines


def _line_count(text: str | None) -> int:
    return text.count("\n") + (1 if text and not text.endswith("\n") else 0) if text else 0
