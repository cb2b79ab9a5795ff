"""What a forked session only copied: a new file repeats the history under a new session id, nothing says so.

Records keep their `uuid`, so a file with the same first one in the same folder is a relative. Of two relatives the parent
is, as in Tachograph's ledger, the one whose own running total began lowest, because a fork goes on from its parent's;
where not both have one, the one whose own records began first, or that has none of its own.
"""

from __future__ import annotations

import os
from typing import Any

import transcript

__all__ = ["copies"]

HEAD_BYTES = 512 * 1024
MAX_RELATIVES = 500  # files looked at, the newest first
_WANTED = (b'"user"', b'"assistant"')


def copies(path: str, deadline: float | None = None) -> set[str]:
    """The uuids of records in a transcript that belong to the session it was forked from; empty for most.

    Args:
        path: of the transcript.
        deadline: of `time.monotonic()`.

    Raises:
        transcript.Unreadable: the transcript itself cannot be read, or not in time.
    """
    first = _first_uuid(path)
    relatives = [file for file in _beside(path) if _holds(file, first)] if first else []
    if not relatives:
        return set()
    own = _Told(path, deadline)
    theirs: set[str] = set()
    for relative in relatives:
        try:
            told = _Told(relative, deadline)
        except transcript.Unreadable:
            continue
        if told.rank(own, relative) < own.rank(told, path):
            theirs |= told.times.keys()
    return theirs & own.times.keys()


class _Told:
    """What the order of two relatives depends on."""

    def __init__(self, path: str, deadline: float | None) -> None:
        self.times: dict[str, float] = {}  # uuid -> seconds since 1970
        self.first_total: int | None = None
        for line in transcript.lines(path, deadline):
            if line is None or not (any(word in line for word in _WANTED) or b'"cost-state"' in line):
                continue
            record = transcript.parse(line) or {}
            if record.get("type") in ("user", "assistant") and isinstance(record.get("uuid"), str):
                self.times.setdefault(record["uuid"], transcript.time_of(record.get("timestamp")) or 0.0)
            elif record.get("type") == "cost-state" and self.first_total is None:
                self.first_total = _total(record.get("modelUsage"))

    def rank(self, other: _Told, path: str) -> tuple[Any, ...]:
        """The parent's comes first."""
        own = [at for uuid, at in self.times.items() if uuid not in other.times]
        both_have_totals = self.first_total is not None and other.first_total is not None
        return (
            self.first_total if both_have_totals else 0,
            min(own) if own else 0.0,
            len(self.times),
            os.path.basename(path),
        )


def _total(models: Any) -> int | None:
    if not isinstance(models, dict):
        return None
    rows = [row for row in models.values() if isinstance(row, dict)]
    names = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")
    return sum(int(row[name]) for row in rows for name in names if isinstance(row.get(name), int))


def _first_uuid(path: str) -> bytes | None:
    with transcript.open_regular(path) as file:
        for line in file.read(HEAD_BYTES).splitlines():
            if any(word in line for word in _WANTED):
                record = transcript.parse(line) or {}
                if record.get("type") in ("user", "assistant") and isinstance(record.get("uuid"), str):
                    return bytes(record["uuid"].encode("utf-8", "replace"))
    return None


def _beside(path: str) -> list[str]:
    folder, own = os.path.split(path)
    try:
        names = [
            name
            for name in os.listdir(folder or ".")
            if name.endswith(".jsonl") and not name.startswith("agent-") and name != own
        ]
    except OSError:
        return []
    found = [os.path.join(folder, name) for name in names]
    return sorted(found, key=_changed_at, reverse=True)[:MAX_RELATIVES]


def _changed_at(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def _holds(path: str, uuid: bytes) -> bool:
    try:
        with transcript.open_regular(path) as file:
            return b'"' + uuid + b'"' in file.read(HEAD_BYTES)
    except (transcript.Unreadable, OSError):
        return False
