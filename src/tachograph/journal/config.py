"""What a user may set about the journal."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["JournalConfig"]

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalConfig:
    """Limits of the journal: how large, how old, and how much of the disk is left alone."""

    max_bytes: int = 2048 * MIB  # all segments together; reached: appends are refused until the reader has drained some
    segment_bytes: int = 64 * MIB  # a segment is sealed once it is this large
    segment_age_s: float = 10.0  # a segment that holds frames is sealed at this age
    reserve_bytes: int = 64 * MIB  # left free on the disk, but never more than an eighth of it
    retry_after_s: float = 0.25  # after a failed write the next one waits this long
    stall_s: float = 10.0  # a write that takes longer fails everybody who waits for it
    quarantine_bytes: int = 16 * MIB  # damaged bytes kept for inspection, all files together
    quarantine_age_s: float = 7 * 86_400.0  # and for how long: they may hold raw telemetry
