"""What a user can set about reading transcripts."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ImportConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportConfig:
    """Reading the transcripts that agents leave on this machine."""

    watch: bool = True  # `serve` follows transcripts as they grow
    workers: int = 2  # processes that read when there is much to read; with fewer than 2 this one reads
    worker_threshold_bytes: int = 24 * 1024 * 1024  # less than this is read in this process
    active_period_s: float = 0.5  # how often files that grew lately are looked at
    idle_period_s: float = 1.5  # how often all others are
    torn_after_s: float = 24 * 3600.0  # a half line this old is set aside by an import: nobody will finish it
