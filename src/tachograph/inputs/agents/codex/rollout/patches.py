"""How many lines a change adds and removes: counted, and forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tachograph.inputs.agents.codex.rollout.records import Change
from tachograph.inputs.agents.kit.languages import language_of

__all__ = ["BEGIN", "Lines", "count_changes", "count_patch"]

BEGIN = "*** Begin Patch"
_FILE = ("*** Add File: ", "*** Update File: ", "*** Delete File: ")


@dataclass(frozen=True, slots=True)
class Lines:
    """What a change did."""

    added: int
    removed: int
    language: str | None  # where all of its files are of one


def count_patch(text: str) -> Lines | None:
    """Lines of a patch in Codex's own format, wherever in `text` it stands; None if there is none.

    What a deleted file held is not in the patch: it counts as no lines.
    """
    start = text.find(BEGIN)
    if start < 0:
        return None
    added = removed = 0
    names = []
    for line in text[start:].splitlines()[1:]:
        if line.startswith("*** End Patch"):
            break
        if line.startswith("+"):
            added += 1
        elif line.startswith("-"):
            removed += 1
        elif line.startswith(_FILE):
            names.append(line.partition(": ")[2])
    return Lines(added, removed, _one_language(names))


def count_changes(changes: dict[str, Change]) -> Lines:
    """Lines of the changes Codex made, by file."""
    added = removed = 0
    for change in changes.values():
        if change.type == "add":
            added += _line_count(change.content)
        elif change.type == "delete":
            removed += _line_count(change.content)
        elif change.unified_diff:
            in_hunk = False  # a header of two lines may stand before the first one
            for line in change.unified_diff.splitlines():
                in_hunk = in_hunk or line.startswith("@@")
                added += in_hunk and line.startswith("+")
                removed += in_hunk and line.startswith("-")
    return Lines(added, removed, _one_language(changes))


def _line_count(text: str | None) -> int:
    return text.count("\n") + (1 if text and not text.endswith("\n") else 0) if text else 0


def _one_language(names: Iterable[str]) -> str | None:
    languages = {language_of(name) for name in names}
    return languages.pop() if len(languages) == 1 else None
