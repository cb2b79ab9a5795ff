# ruff: noqa: D102 - what a method does is said once, in journal.files.FileSystem
"""A disk in memory that forgets what was not synced, and fails when told to.

The method is SQLite's (its TH3 tests): number the calls of a scripted workload; for each number, stop there and lose
power, or let that call fail once, or from then on; then look at what is left.
"""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tachograph.journal.segment import Buffer

__all__ = ["FAULTS", "Disk", "PowerCut"]

FAULTS: Final = ("EIO", "ENOSPC", "EINTR", "short")


class PowerCut(BaseException):
    """The machine stopped. Not an Exception: nothing may catch it and go on."""


@dataclass(slots=True)
class _File:
    data: bytearray = field(default_factory=bytearray)  # as this machine sees it
    durable: bytes = b""  # as it would be after a power cut
    name_durable: bool = False
    failed_sync: bool = False


@dataclass(slots=True)
class _Open:
    file: _File
    poisoned: bool = False  # an fsync on it failed; another one would be a lie


class Disk:
    """`journal.files.FileSystem` in memory. `calls` counts; `stop_at` and `fail_at` act on that count."""

    def __init__(self, *, free: int = 1 << 40, total: int = 1 << 40) -> None:
        self.calls = 0
        self.stop_at = 0  # lose power instead of this call
        self.fail_at = 0  # this call fails ...
        self.fail_for_good = False  # ... and those after it
        self.fault = "EIO"
        self.free = free
        self.total = total
        self.locked = False
        self.synced_after_failure = 0  # times somebody synced a descriptor again whose sync had failed
        self._files: dict[str, _File] = {}
        self._removed: dict[str, _File] = {}  # unlinked, but the directory is not synced
        self._open: dict[int, _Open] = {}
        self._next_fd = 1000

    # --- what the test does ---

    def crash(self, seed: int) -> None:
        """Lose power: unsynced bytes and names may survive, vanish, become zeros or garbage. Synced ones stay."""
        chance = random.Random(seed)
        for path, removed in self._removed.items():
            if chance.random() < 0.5:
                self._files.setdefault(path, removed)
        for path in list(self._files):
            file = self._files[path]
            if not file.name_durable and chance.random() < 0.5:
                del self._files[path]
                continue
            file.data = bytearray(_damaged(bytes(file.data), file.durable, chance))
            file.durable = bytes(file.data)
            file.name_durable = True
        self._removed.clear()
        self._open.clear()
        self.locked = False
        self.stop_at = self.fail_at = 0

    def exit(self) -> None:
        """End the process, keep the machine: the system writes everything back in its own time."""
        for file in self._files.values():
            file.durable = bytes(file.data)
            file.name_durable = True
        self._removed.clear()
        self._open.clear()
        self.locked = False

    def heal(self) -> None:
        """No more faults."""
        self.fail_at = 0
        self.fail_for_good = False

    def contents(self) -> dict[str, bytes]:
        """All files."""
        return {path: bytes(file.data) for path, file in self._files.items()}

    def overwrite(self, path: str, data: bytes) -> None:
        """Change a file behind everybody's back."""
        self._files[path].data = bytearray(data)
        self._files[path].durable = data

    # --- what the journal does ---

    def make_directory(self, path: str) -> None:
        self._call()

    def lock(self, path: str) -> int:
        self._call()
        if self.locked:
            raise BlockingIOError(errno.EAGAIN, "locked")
        self.locked = True
        return self._descriptor(_File())

    def create(self, path: str) -> int:
        self._call()
        if path in self._files:
            raise FileExistsError(errno.EEXIST, "exists")
        self._files[path] = file = _File()
        return self._descriptor(file)

    def open(self, path: str) -> int:
        self._call()
        return self._descriptor(self._named(path))

    def write(self, fd: int, buffers: Sequence[Buffer]) -> int:
        data = b"".join(bytes(buffer) for buffer in buffers)
        short = self._call(data_call=True)
        if short:
            data = data[: max(1, len(data) // 2)]
        self._open[fd].file.data += data
        return len(data)

    def fdatasync(self, fd: int) -> None:
        opened = self._open[fd]
        if opened.poisoned:
            self.synced_after_failure += 1
        try:
            self._call()
        except OSError:
            opened.poisoned = True
            raise
        opened.file.durable = bytes(opened.file.data)

    def truncate(self, fd: int, size: int) -> None:
        self._call()
        file = self._open[fd].file
        del file.data[size:]

    def read(self, fd: int, size: int, offset: int) -> bytes:
        short = self._call(data_call=True)
        data = bytes(self._open[fd].file.data[offset : offset + size])
        return data[: max(1, len(data) // 2)] if short else data

    def size(self, path: str) -> int:
        self._call()
        return len(self._named(path).data)

    def modified_s(self, path: str) -> float:
        self._call()
        self._named(path)
        return 0.0

    def close(self, fd: int) -> None:
        self._open.pop(fd, None)  # closed even if it then fails
        self._call()

    def names(self, directory: str) -> list[str]:
        self._call()
        return [os.path.basename(path) for path in self._files if os.path.dirname(path) == directory]

    def unlink(self, path: str) -> None:
        self._call()
        file = self._named(path)
        del self._files[path]
        if file.name_durable:
            self._removed[path] = file

    def sync_directory(self, path: str) -> None:
        self._call()
        for name, file in self._files.items():
            if os.path.dirname(name) == path:
                file.name_durable = True
        self._removed.clear()

    def space(self, path: str) -> tuple[int, int]:
        self._call()
        return self.free, self.total

    # --- inside ---

    def _call(self, *, data_call: bool = False) -> bool:
        """Count; fail if it is this call's turn. True: do only half."""
        self.calls += 1
        if self.stop_at and self.calls >= self.stop_at:
            raise PowerCut
        due = self.fail_at and (self.calls >= self.fail_at if self.fail_for_good else self.calls == self.fail_at)
        if not due:
            return False
        if self.fault == "short":
            return data_call
        number = getattr(errno, self.fault)
        raise OSError(number, self.fault)

    def _named(self, path: str) -> _File:
        if path not in self._files:
            raise FileNotFoundError(errno.ENOENT, "no such file")
        return self._files[path]

    def _descriptor(self, file: _File) -> int:
        self._next_fd += 1
        self._open[self._next_fd] = _Open(file)
        return self._next_fd


def _damaged(data: bytes, durable: bytes, chance: random.Random) -> bytes:
    """What a power cut leaves of `data` when only `durable` was synced."""
    if not data.startswith(durable):
        # Cut back after a failed sync: either the old or the new length may be on the platter.
        return durable if chance.random() < 0.5 else durable[: len(data)]
    tail = data[len(durable) :]
    tail = tail[: chance.randint(0, len(tail))] if chance.random() < 0.7 else tail
    how = chance.randrange(4)
    if how == 1:
        tail = bytes(len(tail))
    elif how == 2:
        tail = chance.randbytes(len(tail))
    elif how == 3 and tail:
        at = chance.randrange(len(tail))
        tail = tail[:at] + bytes(min(64, len(tail) - at)) + tail[at + 64 :]
    return durable + tail
