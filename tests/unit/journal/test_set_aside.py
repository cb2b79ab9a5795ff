"""A frame that nobody could use is kept where it can be looked at, and told of once."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tachograph.clock import SystemClock
from tachograph.journal.config import JournalConfig
from tachograph.journal.reader import JournalReader
from tachograph.journal.writer import JournalWriter
from tachograph.ports import FrameKind
from tachograph_sdk.model.event import DropReason


def test_a_frame_set_aside_is_kept_with_its_place(tmp_path: Path) -> None:
    async def write() -> None:
        writer = JournalWriter(str(tmp_path), JournalConfig(), SystemClock())
        await writer.append(FrameKind.LOGS_JSON, b"what broke us")
        await writer.close()

    asyncio.run(write())
    reader = JournalReader(tmp_path)
    (frame,) = reader.read(1000)
    reader.set_aside(frame, DropReason.INTERNAL_ERROR, "ValueError")
    (told,) = reader.take_damage()
    assert (told.reason, told.detail, told.size_bytes) == (DropReason.INTERNAL_ERROR, "ValueError", 13)
    assert reader.take_damage() == []
    kept = [p for p in (tmp_path / "quarantine").iterdir() if b"what broke us" in p.read_bytes()]
    assert len(kept) == 1
    assert kept[0].stat().st_mode & 0o777 == 0o600
    reader.close()
