"""Amounts as people write them, for the terminal: counts, money, times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tachograph.analytics import amounts
from tachograph.analytics.coverage import GOOD, percent

__all__ = ["cost_of", "dollars", "duration", "mark", "moment", "number", "short"]


def number(value: Any) -> str:
    """A count with thousands separators; a dash for unknown."""
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def short(value: Any) -> str:
    """A large count in three digits: 196 M."""
    if value is None or abs(value) < 100_000:
        return number(value)
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= size:
            return f"{value / size:.3g} {unit}" if abs(value) < 1000 * size else f"{value / size:,.0f} {unit}"
    raise AssertionError


def moment(text: str | None, otherwise: str) -> str:
    """An ISO time to the minute, for people."""
    return otherwise if text is None else text[:16].replace("T", " ")


def dollars(microusd: Any) -> str:
    """Micro-dollars as people write money; a dash for unknown."""
    return "–" if microusd is None else amounts.dollars(microusd)


def cost_of(row: Mapping[str, Any]) -> str:
    """A row's cost for people; a dash where none of its requests has a known one, which is not the same as nothing."""
    unpriced = (row.get("coverage") or {}).get("unpriced_requests") or 0
    unknown = not row["cost_microusd"] and 0 < (row.get("requests") or 0) <= unpriced
    return "–" if unknown else dollars(row["cost_microusd"])


def mark(coverage: Mapping[str, Any] | None) -> str:
    """What is to be known about a row's cost; nothing where its usage was seen request by request and has a price."""
    if coverage is None:
        return ""
    share, unpriced = coverage["share"], coverage["unpriced_requests"]
    seen = percent(share) if share is not None and share < GOOD else ""
    return ", ".join(part for part in (seen, f"{number(unpriced)} unpriced" if unpriced else "") if part)


def duration(seconds: Any) -> str:
    """Seconds as hours and minutes."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
