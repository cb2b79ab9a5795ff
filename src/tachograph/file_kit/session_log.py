"""The log of one session: a request a line, in OTLP/JSON, in a file of its own that is made when the first one comes."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from pathlib import Path
from typing import Final

from tachograph.inputs.otlp.to_json import json_line
from tachograph.ports import FrameKind
from tachograph_sdk.errors import JournalUnavailable
from tachograph_sdk.private_files import sync_folder

__all__ = ["SessionLog"]

_MOST_OF_ONE_SECOND: Final = 1000


class SessionLog:
    """Takes requests (`ports.Submit`). What it said yes to is on the disk; a line that was cut short is taken back.

    Args:
        folder: of the logs; it is there.
        began: local time of the session's start, which names the file.
    """

    def __init__(self, folder: Path, began: datetime) -> None:
        self.path: Path | None = None  # None while nothing came
        self.lines = 0
        self.failures = 0  # requests that could not be written
        self._folder = folder
        self._began = began
        self._descriptor = -1
        self._lock = asyncio.Lock()

    async def append(self, kind: FrameKind, body: bytes) -> None:
        """Return once the request is on the disk.

        Raises:
            JournalUnavailable: it could not be written, and nothing of it was kept.
        """
        async with self._lock:
            try:
                await asyncio.to_thread(self._write, json_line(kind, body))
            except OSError:
                self.failures += 1
                raise JournalUnavailable("the session log cannot be written", retry_after_s=5) from None
            self.lines += 1

    def close(self) -> None:
        """No more will come."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, line: bytes) -> None:
        if self._descriptor < 0:
            self._open()
        size = os.fstat(self._descriptor).st_size
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            os.fsync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, size)
            raise

    def _open(self) -> None:
        """Make the file under the first name that is free: logs of one second are told apart by a number."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        stem = self._began.strftime("session-%Y%m%d-%H%M%S")
        for number in range(1, _MOST_OF_ONE_SECOND):
            path = self._folder / (f"{stem}.log" if number == 1 else f"{stem}-{number}.log")
            try:
                self._descriptor = os.open(path, flags, 0o600)
            except FileExistsError:
                continue
            self.path = path
            sync_folder(self._folder)
            return
        raise FileExistsError("too many logs of one second")
