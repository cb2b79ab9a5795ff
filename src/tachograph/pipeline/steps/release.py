"""Through the wall: raw records in, events out."""

from __future__ import annotations

from tachograph.ports import Drops
from tachograph_sdk.model.event import DropReason, Event, RawEvent
from tachograph_sdk.privacy.release import Release

__all__ = ["ReleaseEach"]


class ReleaseEach:
    """Releases record by record; one that cannot be released is dropped and counted, never let through."""

    def __init__(self, release: Release) -> None:
        self._release = release

    def __call__(self, records: list[RawEvent], drops: Drops) -> list[Event]:
        """The events."""
        release = self._release
        events = []
        for raw in records:
            try:
                events.append(release(raw))
            except Exception:  # noqa: BLE001 - fail closed; the exception may quote the record, so nothing of it is kept
                key = (DropReason.INTERNAL_ERROR, "release")
                drops[key] = drops.get(key, 0) + 1
        for key, count in release.take_drops().items():
            drops[key] = drops.get(key, 0) + count
        return events
