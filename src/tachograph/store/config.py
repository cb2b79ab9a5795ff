"""What a user may set about the embedded database."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["StoreConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreConfig:
    """What the embedded database may use."""

    memory_limit: str = "512MB"
    threads: int = 2
    checkpoint_threshold: str = "128MB"  # write-ahead log that makes a commit fold it in; at 16 MB each fold costs more
    # than the rows it folds, because a row group is rewritten whole
    idle_checkpoint_bytes: int = 8 * 1024 * 1024  # log that is folded in when nothing else is to be done
    query_timeout_s: float = 30.0
    query_max_rows: int = 100_000
