"""A journal in a temporary folder or on a disk in memory, and a clock that is told the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tachograph.journal.appender import Appender, Entry
from tachograph.journal.config import JournalConfig
from tachograph.journal.reader import JournalReader
from tachograph.ports import FrameKind


class FakeClock:
    def __init__(self) -> None:
        self.us = 1_770_000_000_000_000

    def now_us(self) -> int:
        return self.us

    def monotonic_s(self) -> float:
        return self.us / 1e6

    def pass_s(self, seconds: float) -> None:
        self.us += round(seconds * 1e6)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def write(folder: Path, clock: FakeClock) -> Callable[..., None]:
    """Open, commit one group per list of bodies, close."""

    def _write(*groups: Sequence[bytes], seal: bool = True, **config: object) -> None:
        appender = Appender(folder, JournalConfig(**config), clock)  # type: ignore[arg-type]
        for bodies in groups:
            appender.commit([Entry(FrameKind.LOGS_JSON, body, clock.now_us()) for body in bodies])
        if seal:
            appender.close()
        else:  # as after kill -9: the system lets go of the lock
            appender._files.close(appender._lock)  # type: ignore[arg-type]

    return _write


@pytest.fixture
def read_all(folder: Path) -> Callable[..., list[bytes]]:
    def _read_all(reader: JournalReader | None = None, max_bytes: int = 1 << 20) -> list[bytes]:
        reader = reader or JournalReader(folder)
        bodies: list[bytes] = []
        while frames := reader.read(max_bytes):
            bodies += [frame.body for frame in frames]
        return bodies

    return _read_all
