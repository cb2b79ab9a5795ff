"""Times as agents write them: ISO 8601, nearly always with milliseconds and in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from tachograph.inputs.agents.kit.records import Unusable
from tachograph_sdk.model.event import DropReason

__all__ = ["Times", "time_ns"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_NS = 2**63 - 1
_SECONDS = {f":{second:02}.": second * 1_000_000_000 for second in range(60)}
_MILLISECONDS = {f"{millisecond:03}Z": millisecond * 1_000_000 for millisecond in range(1000)}
_MEMO = 10_000


def time_ns(stamp: object) -> int:
    """A time in ISO 8601 as UTC nanoseconds since 1970; without a zone it is taken for UTC.

    Raises:
        Unusable: it is none, or none that can be stored.
    """
    if not isinstance(stamp, str):
        raise Unusable(DropReason.BAD_TIME, "no time")
    try:
        at = datetime.fromisoformat(stamp)
        since = (at.replace(tzinfo=UTC) if at.tzinfo is None else at) - _EPOCH
    except (ValueError, OverflowError):
        raise Unusable(DropReason.BAD_TIME, "not a time") from None
    ns = (since.days * 86400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000
    if not 0 <= ns <= _MAX_NS:
        raise Unusable(DropReason.BAD_TIME, "time out of range")
    return ns


class Times:
    """The same, faster for the times of a file, many of which share their minute."""

    def __init__(self) -> None:
        self._minutes: dict[str, int] = {}

    def ns(self, stamp: str | None) -> int:
        """UTC nanoseconds since 1970. Raises Unusable as `time_ns` does."""
        if stamp is None:
            raise Unusable(DropReason.BAD_TIME, "no time")
        # The form that nearly all lines have, 2026-01-05T09:12:33.123Z, is looked up in parts.
        try:
            rest_ns = _SECONDS[stamp[16:20]] + _MILLISECONDS[stamp[20:]]
        except KeyError:
            return time_ns(stamp)
        minute = stamp[:16]
        minute_ns = self._minutes.get(minute)
        if minute_ns is None:
            if len(self._minutes) >= _MEMO:
                self._minutes.clear()
            minute_ns = self._minutes[minute] = time_ns(minute + ":00.000Z")
        return minute_ns + rest_ns
