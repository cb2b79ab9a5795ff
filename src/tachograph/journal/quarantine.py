"""Damaged journal bytes, kept aside so that somebody can look at them. Bounded in size and in age."""

from __future__ import annotations

import contextlib
import os
from typing import Final

from tachograph.journal.config import JournalConfig
from tachograph.journal.files import FileSystem

__all__ = ["Quarantine"]

SUFFIX: Final = ".bin"


class Quarantine:
    """Files `<segment>-<offset>.bin` (0600) in one directory; the oldest go first.

    Nothing here ever fails the caller: damage is counted whether or not its bytes could be kept.
    """

    def __init__(self, directory: str, config: JournalConfig, files: FileSystem) -> None:
        self._directory = directory
        self._config = config
        self._files = files

    def keep(self, segment: int, offset: int, data: bytes, *, now_us: int) -> bool:
        """Write `data` aside, the first part of it if it is larger than the limit. True if it is there afterwards."""
        data = data[: self._config.quarantine_bytes]
        path = os.path.join(self._directory, f"{segment:016d}-{offset:012d}{SUFFIX}")
        try:
            self._files.make_directory(self._directory)
            self.trim(len(data), now_us=now_us)
            fd = self._files.create(path)
        except FileExistsError:
            return True  # set aside before a restart
        except OSError:
            return False
        try:
            written = 0
            while written < len(data):
                written += self._files.write(fd, [data[written:]])
        except OSError:
            with contextlib.suppress(OSError):
                self._files.unlink(path)
            return False
        finally:
            with contextlib.suppress(OSError):
                self._files.close(fd)
        return True

    def trim(self, room: int, *, now_us: int) -> None:
        """Remove what is too old, then the oldest until `room` more bytes fit."""
        kept = []
        try:
            names = self._files.names(self._directory)
        except OSError:
            return
        for name in sorted(names):
            path = os.path.join(self._directory, name)
            if not name.endswith(SUFFIX):
                continue
            try:
                if self._files.modified_s(path) < now_us / 1e6 - self._config.quarantine_age_s:
                    self._files.unlink(path)
                else:
                    kept.append((path, self._files.size(path)))
            except OSError:
                continue
        total = sum(size for _, size in kept) + room
        for path, size in kept:
            if total <= self._config.quarantine_bytes:
                break
            with contextlib.suppress(OSError):
                self._files.unlink(path)
                total -= size
