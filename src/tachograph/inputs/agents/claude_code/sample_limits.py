"""What a made-up person's status line notes of the plan's limits, by the code that real status lines run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tachograph.statusline.memory import Seen, reading_line
from tachograph.statusline.payload import parse

__all__ = ["Spent", "note_limits"]

SILENT = "2.0.76"  # a version that tells status lines nothing of limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a request took of the plan."""

    at: datetime
    session: str
    version: str
    usd: float


@dataclass(slots=True, kw_only=True)
class _Window:
    name: str
    length: timedelta
    allowance_usd: float
    ends: datetime | None = None
    spent_usd: float = 0.0

    def take(self, spent: Spent) -> dict[str, float]:
        """As Claude Code tells it after that request. A window begins with the first request after the one before."""
        if self.ends is None or spent.at >= self.ends:
            self.ends = spent.at.replace(minute=0, second=0, microsecond=0) + self.length
            self.spent_usd = 0.0
        self.spent_usd += spent.usd
        used = min(100.0, round(100 * self.spent_usd / self.allowance_usd, 1))
        return {"used_percentage": used, "resets_at": int(self.ends.timestamp())}


def note_limits(spent: Iterable[Spent]) -> bytes:
    """Lines as status lines leave them for the core, of one person's requests, whatever order they come in."""
    windows = (
        _Window(name="five_hour", length=timedelta(hours=5), allowance_usd=3.5),
        _Window(name="seven_day", length=timedelta(days=7), allowance_usd=16.0),
    )
    seen, lines = Seen(), []
    for one in sorted(spent, key=lambda one: (one.at, one.session)):
        limits = {window.name: window.take(one) for window in windows}
        if one.version == SILENT:
            continue
        told = {"session_id": one.session, "version": one.version, "rate_limits": limits}
        now_s = one.at.timestamp()
        payload = parse(json.dumps(told).encode(), now_s=now_s)
        if seen.wants_limits(payload, now_s):
            lines.append(reading_line(payload, now_s))
    return b"".join(lines)
