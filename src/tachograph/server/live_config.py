"""Settings of the live stream."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LiveConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveConfig:
    """The live stream, /api/live."""

    max_clients: int = 100  # that may listen at a time; more are told to come again
    heartbeat_s: float = 15.0  # how often a quiet stream says that it is there
    stall_s: float = 20.0  # a client that takes nothing for so long is sent away; it loses nothing when it comes again
