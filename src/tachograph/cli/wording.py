"""How commands put numbers and times into words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

__all__ = ["counted", "harmless", "moment", "money"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def counted(number: int, one: str, many: str = "") -> str:
    """A number and what it counts: "1 record", "2,000 records"; `many` where the plural is not `one` and an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def harmless(text: str) -> str:
    """A text from a file or from outside, on one line and without anything that a terminal obeys."""
    return _CONTROL.sub(" ", text)


def moment(at: int | str | None) -> str:
    """A time with its zone, to the second: "2026-11-20 10:48:03 UTC".

    Args:
        at: UTC microseconds since 1970, or ISO 8601 as answers have it. What is neither is told as it is.
    """
    if at is None:
        return "?"
    try:
        time = _EPOCH + timedelta(microseconds=at) if isinstance(at, int) else datetime.fromisoformat(at)
    except (ValueError, OverflowError):
        return str(at)
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def money(nanousd: int) -> str:
    """Nano-dollars as dollars and cents: "$1.59"."""
    return f"${nanousd / 1e9:,.2f}"
