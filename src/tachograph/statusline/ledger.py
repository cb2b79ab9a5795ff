"""What the ledger knows of today, in a small file of the home: the core writes it, every status line reads it.

`today.json`: {"v": 2, "written_at_us", "is_kept" (whether a core runs that keeps it up to date), "zone", "day":
"2026-11-20", "day_from_us", "day_to_us" (UTC, the end excluded), "day_microusd", "day_unpriced" (requests whose cost nobody
knows), "day_no_session_microusd" (the part that no session is known for), "month_from_us", "month_to_us",
"month_microusd", "month_unpriced", "sessions": {pseudonym: [micro-dollars of that day, of the whole session]}}. Its time of
modification is that core's heartbeat: it touches the file every HEARTBEAT_S.
"""

from __future__ import annotations

import os

from tachograph.statusline.files import read_small
from tachograph.statusline.json_text import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["HEARTBEAT_S", "MAX_SESSIONS", "TODAY", "Ledger", "read_ledger"]

TODAY = "today.json"
HEARTBEAT_S = 30.0
STALE_S = 3 * HEARTBEAT_S  # older: no core runs
MAX_SESSIONS = 300  # those that were active last
_MAX_BYTES = 1 << 18
_NUMBERS = (
    "day_from_us", "day_to_us", "day_microusd", "day_unpriced", "day_no_session_microusd",
    "month_from_us", "month_to_us", "month_microusd", "month_unpriced",
)  # fmt: skip


class Ledger:
    """The file's content, and whether somebody keeps it up to date."""

    __slots__ = (*_NUMBERS, "day", "is_alive", "sessions")

    day_from_us: int
    day_to_us: int
    day_microusd: int
    day_unpriced: int
    day_no_session_microusd: int
    month_from_us: int
    month_to_us: int
    month_microusd: int
    month_unpriced: int

    def __init__(self, found: dict[str, Any], *, is_alive: bool) -> None:
        """Raises KeyError, TypeError, ValueError."""
        for name in _NUMBERS:
            value = found[name]
            if type(value) is not int:
                raise TypeError(name)
            setattr(self, name, value)
        self.day = str(found["day"])
        self.sessions: dict[str, tuple[int, int]] = {
            name: (of_day, of_session)
            for name, (of_day, of_session) in found["sessions"].items()
            if type(of_day) is int and type(of_session) is int
        }
        self.is_alive = is_alive

    def is_day_of(self, now_s: float) -> bool:
        """Whether its day is today."""
        return self.day_from_us <= now_s * 1e6 < self.day_to_us

    def is_month_of(self, now_s: float) -> bool:
        """Whether its month is this one."""
        return self.month_from_us <= now_s * 1e6 < self.month_to_us


def read_ledger(home: str, *, now_s: float) -> Ledger | None:
    """What the core wrote last; None if there is nothing that can be read."""
    path = os.path.join(home, TODAY)
    try:
        modified_s = os.stat(path).st_mtime
        found = loads(read_small(path, _MAX_BYTES))
        if found["v"] != 2:
            return None
        return Ledger(found, is_alive=found["is_kept"] is True and abs(now_s - modified_s) <= STALE_S)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
