"""What waits to be sent: one small file each, under a name that the same thing always has.

So a crash between making and noting it makes it once more, not twice, and a session that is counted again replaces
what was counted before. The files hold what a payload is made of, not the payload: whether a session's id may leave
as it is depends on where it goes.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from typing import Any, Dict, Iterator

import files

__all__ = ["Outgoing"]

MAX_ITEMS = 10_000
MAX_BYTES = 5_000_000
MAX_AGE_SECONDS = 30 * 86400.0
MAX_REJECTED_BYTES = 1_000_000
Item = Dict[str, Any]


class Outgoing:
    """The folder `outgoing` of the data folder, and `rejected.jsonl` beside it.

    Args:
        folder: the data folder.
    """

    def __init__(self, folder: str) -> None:
        self._folder = os.path.join(folder, "outgoing")
        self._rejected = os.path.join(folder, "rejected.jsonl")
        self.damaged = 0  # items that could not be read, and were deleted

    def put_event(self, item: Item) -> None:
        """Keep a command or skill that was used: `session`, `at`, `type`, `name`, `chars`, `ready`. Raises OSError."""
        self._put(
            f"e-{round(item['at'] * 1e6):017d}-{_hash(item['session'], item['at'], item['type'], item['name'])}.json",
            item,
        )

    def put_session(self, item: Item) -> None:
        """Keep a session's counts in place of earlier ones: `session`, `counts`, `form`, … Raises OSError."""
        self._put(f"s-{_hash(item['session'])}.json", item)

    def _put(self, name: str, item: Item) -> None:
        try:
            os.mkdir(self._folder, 0o700)  # never the data folder too: whoever deleted it while this ran meant it
        except FileExistsError:
            pass
        # Not synced one by one: what they were made of stays in the spool for another two minutes.
        text = json.dumps(item, separators=(",", ":")) + "\n"
        files.replace(os.path.join(self._folder, name), text, is_synced=False)

    def update(self, name: str, item: Item) -> None:
        """Write a changed item back. Raises OSError."""
        self._put(name, item)

    def items(self) -> Iterator[tuple[str, Item]]:
        """Name and contents, events first, the oldest first. What cannot be read is deleted."""
        for name in self._names():
            item = files.read_json(os.path.join(self._folder, name))
            if item is None or not isinstance(item.get("session"), str) or not _is_time(item.get("at")):
                files.remove(os.path.join(self._folder, name))
                self.damaged += 1
                continue
            yield name, item

    def _names(self) -> list[str]:
        try:
            return sorted(name for name in os.listdir(self._folder) if name[:2] in ("e-", "s-"))
        except OSError:
            return []

    def done(self, name: str, item: Item) -> None:
        """Forget what was sent, unless it was replaced meanwhile."""
        path = os.path.join(self._folder, name)
        if files.read_json(path) == item:
            files.remove(path)

    def reject(self, name: str, item: Item, why: str) -> None:
        """Set aside what the receiver does not take. Raises OSError."""
        line = json.dumps({"at": round(time.time(), 3), "why": why, "item": item}, separators=(",", ":")) + "\n"
        if files.size_of(self._rejected) + len(line) > MAX_REJECTED_BYTES:
            os.replace(self._rejected, self._rejected + ".1")
        descriptor = os.open(
            self._rejected, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600
        )
        try:
            os.write(descriptor, line.encode("ascii"))
        finally:
            os.close(descriptor)
        self.done(name, item)

    def trim(self) -> tuple[int, int]:
        """Delete what is too old, then the oldest of what is too much; how many of each."""
        files.sweep(self._folder, 0.0)  # whoever writes here holds the lock, and that is us
        kept: list[tuple[str, int]] = []
        old = 0
        since = time.time() - MAX_AGE_SECONDS
        for name in self._names():
            path = os.path.join(self._folder, name)
            try:
                found = os.stat(path)
            except OSError:
                continue
            if found.st_mtime < since:
                files.remove(path)
                old += 1
            else:
                kept.append((name, found.st_size))
        total, surplus = sum(size for _, size in kept), 0
        while kept and (len(kept) > MAX_ITEMS or total > MAX_BYTES):
            name, size = kept.pop(0)
            files.remove(os.path.join(self._folder, name))
            total -= size
            surplus += 1
        return old, surplus

    def sizes(self) -> tuple[int, int]:
        """How many wait, and their bytes."""
        names = self._names()
        return len(names), sum(files.size_of(os.path.join(self._folder, name)) for name in names)

    def purge(self) -> None:
        """Delete all that waits and all that was set aside."""
        try:
            names = os.listdir(self._folder)
        except OSError:
            names = []
        for name in names:
            files.remove(os.path.join(self._folder, name))
        files.remove(self._rejected)
        files.remove(self._rejected + ".1")


def _hash(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode("utf-8", "replace")).hexdigest()[:24]


def _is_time(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e11
