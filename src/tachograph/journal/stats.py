"""What the writing end of the journal counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

__all__ = ["FSYNC_BUCKETS_MS", "JournalStats"]

FSYNC_BUCKETS_MS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 1000.0)


@dataclass(slots=True)
class JournalStats:
    """What the journal did since it was opened, and how large it is."""

    frames: int = 0
    frame_bytes: int = 0  # bodies only
    groups: int = 0
    fsyncs: int = 0
    fsync_seconds: float = 0.0
    fsync_counts: list[int] = field(default_factory=lambda: [0] * (len(FSYNC_BUCKETS_MS) + 1))  # not cumulative
    failures: int = 0  # groups that could not be made durable
    refused: Counter[str] = field(default_factory=Counter)  # frames, by error code
    bytes_on_disk: int = 0  # all segments
    segments: int = 0
    last_error: str = ""  # error code of the last group if it failed, else ""

    def count_fsync(self, seconds: float) -> None:
        """One fsync took so long."""
        self.fsyncs += 1
        self.fsync_seconds += seconds
        for index, bound in enumerate(FSYNC_BUCKETS_MS):
            if seconds * 1000 <= bound:
                self.fsync_counts[index] += 1
                return
        self.fsync_counts[-1] += 1
