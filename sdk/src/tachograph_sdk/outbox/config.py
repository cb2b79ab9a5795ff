"""What a user may set about the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["OutboxConfig"]

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxConfig:
    """What may leave this machine, and how much may wait for that."""

    mode: Literal["off", "review", "auto"] = (
        "off"  # off: nothing is put in or sent; review: what was approved; auto: all
    )
    countdown_s: float = 0.0  # review: what nobody looked at leaves after this time; 0: never without approval
    max_bytes: int = 50 * MIB  # of all that waits; when reached, the oldest goes, and a receipt says so
    max_envelopes: int = 500  # the same, counted
    max_age_days: float = 30.0  # what waited longer goes too
    first_retry_s: float = 1.0  # longest wait after the first failure of a destination; doubles with each more
    longest_retry_s: float = 3600.0  # up to this
