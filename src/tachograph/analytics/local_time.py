"""Local time in SQL: what a moment's day and hour are in a zone, without asking the engine for its own idea of zones.

Between two changes of the clock local time is UTC plus a constant, so a `case` over the changes within the window is
exact on every engine. The changes are bound as $z1, $z2, …; offsets are whole numbers in the text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from tachograph.analytics.dimensions import Grain
from tachograph.analytics.zones import Zone

__all__ = ["HOUR", "LocalTime", "floor_hour"]

HOUR = timedelta(hours=1)
_EARLIEST = datetime(1, 1, 2)  # noqa: DTZ001 - UTC, as stores keep times


class LocalTime:
    """Expressions for one zone and one stretch of time. Each method adds to `parameters` what its text binds."""

    def __init__(self, zone: Zone, first: datetime, last: datetime, parameters: dict[str, Any]) -> None:
        # An hour earlier: the first local hour began then, or when the clock was changed since.
        self._spans = zone.spans(max(first, _EARLIEST) - HOUR, last)
        self._parameters = parameters

    @property
    def follows_hours(self) -> bool:
        """True if every local hour is one hour of UTC: no offset and no change is off the hour."""
        return all(span.offset_s % 3600 == 0 for span in self._spans) and not self.broken_hours

    @property
    def broken_hours(self) -> Sequence[datetime]:
        """The hours of UTC within which the clock was changed."""
        return sorted({floor_hour(span.start) for span in self._spans[1:] if span.start != floor_hour(span.start)})

    def of(self, moment: str) -> str:
        """The local time of a moment (UTC), as a timestamp without a zone."""
        if len(self._spans) == 1:
            return _later(moment, self._spans[0].offset_s)
        offset = self._choose(moment, lambda index: str(self._spans[index].offset_s))
        return f"later({moment}, {offset})"

    def hour(self, moment: str) -> str:
        """The first moment (UTC) of the local hour: where the clock was changed within an hour, the change begins one."""
        if self.follows_hours:
            return f"date_trunc('hour', {moment})"
        return self._choose(moment, lambda index: self._hour_in_span(moment, index))

    def splits(self, grain: Grain, hour: str) -> str | None:
        """Condition on an hour of UTC: it lies in two local days, or, for the grain `hour`, in two local hours.

        None if that never is so. Of hours in which the clock is changed it says nothing: see `broken_hours`.
        """
        if all(span.offset_s % 3600 == 0 for span in self._spans):
            return None
        # Ahead by a fraction, so that local midnight comes after the hour's start at 23 and before its end.
        return "1 = 1" if grain == "hour" else f"hour({self.of(hour)}) = 23"

    def _hour_in_span(self, moment: str, index: int) -> str:
        span = self._spans[index]
        begins = _later(f"date_trunc('hour', {_later(moment, span.offset_s)})", -span.offset_s)
        if index == 0:
            return begins
        self._parameters[f"z{index}"] = span.start
        return f"greatest({begins}, $z{index})"

    def _choose(self, moment: str, shape: Callable[[int], str]) -> str:
        """What `shape` says of the span that the moment is in. Halved again and again: a zone has hundreds of spans."""

        def among(first: int, last: int) -> str:
            if first == last:
                return shape(first)
            middle = (first + last + 1) // 2
            self._parameters[f"z{middle}"] = self._spans[middle].start
            return f"case when {moment} < $z{middle} then {among(first, middle - 1)} else {among(middle, last)} end"

        return among(0, len(self._spans) - 1)


def floor_hour(moment: datetime) -> datetime:
    """The full hour at or before a moment."""
    return moment.replace(minute=0, second=0, microsecond=0)


def _later(moment: str, seconds: int) -> str:
    return moment if seconds == 0 else f"later({moment}, {seconds})"
