"""The real time."""

from __future__ import annotations

import time

__all__ = ["SystemClock"]


class SystemClock:
    """`ports.Clock` by the operating system."""

    def now_us(self) -> int:
        """UTC microseconds since 1970."""
        return time.time_ns() // 1000

    def monotonic_s(self) -> float:
        """Seconds that never go backwards."""
        return time.monotonic()
