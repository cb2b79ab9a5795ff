"""Running totals to increments, so that adding up counts once.

A cumulative point says "so much since my start"; what is new in it is what it says more than the point before. The
stream a point belongs to is known by resource, scope, metric, attributes and start time, so that two processes of one
sender never mix: another start is another stream, counted from its own start. A value that falls within a stream is a
counter that was reset. A point that is not newer than the last one says nothing new: it is dropped and counted, which
also makes a request that is sent twice harmless.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tachograph.ports import Drops, StreamState
from tachograph_sdk.model.event import DropReason, RawEvent
from tachograph_sdk.privacy.shapes import SafeNames

__all__ = ["Deltas"]

_DIGITS = 9  # of a dollar or second; increments between values rounded like this add up to the total exactly


class Deltas:
    """Holds the last value of each cumulative stream. `changed` is what the next batch must store with its events."""

    def __init__(self, streams: Mapping[str, StreamState] | None = None) -> None:
        self._streams = dict(streams or {})
        self._changed: dict[str, StreamState] = {}
        self._names = SafeNames()

    def __call__(self, records: list[RawEvent], drops: Drops) -> list[RawEvent]:
        """The records, every point a delta."""
        if not any(raw.point is not None and raw.point.cumulative for raw in records):
            return records
        kept = []
        for raw in records:
            point = raw.point
            if point is not None and point.cumulative:
                value = self._advance(
                    point.stream,
                    StreamState(start_ns=point.start_ns, at_ns=raw.at_ns, value=point.value),
                    point.monotonic,
                )
                if value is None:
                    key = (DropReason.STALE_POINT, self._names(raw.name))
                    drops[key] = drops.get(key, 0) + 1
                    continue
                raw.point = replace(point, value=value, count=None, cumulative=False)
            kept.append(raw)
        return kept

    def take_changed(self) -> dict[str, StreamState]:
        """The streams that moved since the last call; from now on they count as stored."""
        changed, self._changed = self._changed, {}
        self._streams.update(changed)
        return changed

    def discard(self) -> None:
        """Forget what moved since the last `take_changed`: its records will not be stored."""
        self._changed = {}

    def _advance(self, stream: str, now: StreamState, monotonic: bool) -> float | int | None:
        """What is new since the last point, or None if the point is not newer."""
        last = self._changed.get(stream) or self._streams.get(stream)
        if last is None:
            value: float | int = now.value
        elif now.at_ns <= last.at_ns:
            return None
        elif monotonic and now.value < last.value:
            value = now.value
        elif isinstance(now.value, int) and isinstance(last.value, int):
            value = now.value - last.value
        else:
            value = round(round(now.value, _DIGITS) - round(last.value, _DIGITS), _DIGITS)
        self._changed[stream] = now
        return value
