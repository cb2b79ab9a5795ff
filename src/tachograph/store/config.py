"""What a user may set about the embedded database."""

from __future__ import annotations

from dataclasses import dataclass

from tachograph_sdk.errors import ConfigError

__all__ = ["RetentionConfig", "StoreConfig"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionConfig:
    """How long what is kept is kept, in days from its arrival; 0 is for ever."""

    raw_days: int = 90  # records as they came, a row each
    aggregated_days: int = 365  # the ledger: requests, tool calls, prompts and sessions, without the ids of the API
    summary_days: int = 1826  # sums by month, agent and model, of nobody in particular: five years

    def __post_init__(self) -> None:
        """Refuse what cannot be done. Raises ConfigError."""
        names = ("raw_days", "aggregated_days", "summary_days")
        days = [getattr(self, name) for name in names]
        if any(one < 0 for one in days):
            raise ConfigError("retention: days cannot be negative", hint="0 keeps for ever")
        longest = [one or float("inf") for one in days]
        if longest != sorted(longest):
            hint = f"set {names[0]} <= {names[1]} <= {names[2]}, 0 for ever: one is made of the one before"
            raise ConfigError("retention: what is made of records goes before them", hint=hint)
