"""Times as hook payloads write them: ISO 8601 with a zone. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["to_ns"]

_FORM: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR, _LAST_YEAR = 1980, 2199  # what can be stored, with a day to spare for zones


def to_ns(text: str) -> int | None:
    """UTC nanoseconds since 1970, None if this is not a time with a zone from 1980 to 2199."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, zone_hours, zone_minutes = found.groups()
    if not _FIRST_YEAR <= int(year) <= _LAST_YEAR:
        return None
    offset = timedelta()
    if sign:
        offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
        if offset >= timedelta(days=1) or int(zone_minutes) > 59:
            return None
    try:
        local = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None
    since = local - (offset if sign == "+" else -offset) - _EPOCH
    ns = (since.days * 86_400 + since.seconds) * 10**9
    return ns + int((fraction or "").ljust(9, "0"))
