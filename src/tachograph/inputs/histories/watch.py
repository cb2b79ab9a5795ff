"""Follows local histories as they grow: by looking, not by notifications, which differ per system and get lost on shares.

Files that grew lately and the folders (for new files) are looked at in every round, all others every other second or
so; a look is one stat, about two microseconds. The longer a full round takes, the rarer it becomes.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable

from tachograph.inputs.agents.histories import BY_ID
from tachograph.inputs.histories.find import Found, FoundFile, find_histories, look_at
from tachograph.inputs.histories.first_pass import FirstPass
from tachograph.inputs.histories.importer import Importer
from tachograph.inputs.histories.report import ImportReport

__all__ = ["Watcher"]

_ACTIVE_S = 600.0  # how long a file that grew is looked at often
_QUIET_S = 5.0  # how long nothing must have grown before the quick check's memory is written
_SHARE = 50  # a full round may take at most one part in so many of the time


class Watcher:
    """`poll()` reads what has been written since the last call; call it every `period_s`.

    Args:
        importer: reads.
        first: is told how the first reading of everything goes.
    """

    def __init__(self, importer: Importer, *, first: FirstPass | None = None) -> None:
        self.period_s = importer.config.active_period_s
        self._importer = importer
        self._first = first
        self._clock = importer.clock
        self._known: dict[str, FoundFile] = {}
        self._folders: dict[str, int] = {}  # folder to its modification time
        self._active: dict[str, float] = {}  # path to the time until which it is looked at often
        self._next_round_s = float("-inf")
        self._to_remember = False
        self._remember_at_s = 0.0

    def poll(self) -> ImportReport:
        """Look once, read what is new, and bring the store's derived tables up to date if there was anything."""
        try:
            return self._poll()
        except Exception as error:
            self._known = {}  # what was found is not read: all is looked at again, and what is stored is known there
            self._next_round_s = float("-inf")
            if self._first is not None and not self._first.is_done:
                self._first.fail(type(error).__name__)
            raise

    def _poll(self) -> ImportReport:
        now_s = self._clock.monotonic_s()
        if self._first is not None and not self._first.is_done:
            return self._read_all(now_s)
        if now_s >= self._next_round_s or self._folder_changed():
            changed = self._full_round(now_s)
        else:
            changed = self._look_at(list(self._active))
        if not changed:
            if self._to_remember and now_s >= self._remember_at_s:
                self._importer.remember()
                self._to_remember = False
            return ImportReport()
        self._note(changed, now_s)
        return self._importer.take_up(Found(files=sorted(changed, reverse=True)))

    def _read_all(self, now_s: float) -> ImportReport:
        """The first round, of which it is told how far it is."""
        assert self._first is not None
        found = self._find(now_s)
        self._note(found.files, now_s)
        report = self._importer.take_up(found, first=self._first)
        self._first.end(report)
        return report

    def _note(self, changed: Iterable[FoundFile], now_s: float) -> None:
        self._to_remember, self._remember_at_s = True, now_s + _QUIET_S
        for file in changed:
            self._active[file.path] = now_s + _ACTIVE_S

    def run(self, stop: threading.Event) -> None:
        """Poll until told to stop. A round that fails because the store is busy is tried again."""
        while not stop.wait(self.period_s):
            self.poll()

    def _full_round(self, now_s: float) -> list[FoundFile]:
        known = self._known
        return [file for file in self._find(now_s).files if known.get(file.path) != file]

    def _find(self, now_s: float) -> Found:
        found = find_histories(self._importer.places)
        self._known = {file.path: file for file in found.files}
        self._folders = {folder: _modified_ns(folder) for folder in found.directories}
        self._active = {p: until for p, until in self._active.items() if until > now_s and p in self._known}
        took_s = self._clock.monotonic_s() - now_s
        self._next_round_s = now_s + max(self._importer.config.idle_period_s, took_s * _SHARE)
        return found

    def _folder_changed(self) -> bool:
        return any(_modified_ns(folder) != modified for folder, modified in self._folders.items())

    def _look_at(self, paths: Iterable[str]) -> list[FoundFile]:
        changed = []
        for path in paths:
            before = self._known.get(path)
            file = look_at(path, None if before is None else BY_ID.get(before.history))
            if file is not None and before != file:
                self._known[path] = file
                changed.append(file)
        return changed


def _modified_ns(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return -1
