"""Through the wall: raw records in, events out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from tachograph.ports import Drops
from tachograph_sdk.model.event import DropReason, Event, RawEvent
from tachograph_sdk.privacy.release import Release
from tachograph_sdk.privacy.shapes import OTHER
from tachograph_sdk.privacy.treat import LookAgain

__all__ = ["ChangingRelease", "ReleaseEach", "TellDrops"]

_UNKNOWN = frozenset({DropReason.UNKNOWN_AGENT, DropReason.UNKNOWN_EVENT, DropReason.UNKNOWN_ATTRIBUTE})
_NONE = "<none>"  # stands for a service without a name
_MEMO = 2048


@runtime_checkable
class ChangingRelease(Protocol):
    """A wall whose policy the owner may change while this runs."""

    def current(self) -> Release:
        """The wall in force. Asked once for each batch."""


class ReleaseEach:
    """Releases record by record; one that cannot be released is dropped and counted, never let through."""

    def __init__(self, release: Release | ChangingRelease) -> None:
        self.current: Callable[[], Release] = (
            release.current if isinstance(release, ChangingRelease) else lambda: release
        )

    def __call__(self, records: list[RawEvent], drops: Drops) -> list[Event]:
        """The events."""
        release = self.current()
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


class TellDrops:
    """What may be said of what was dropped because nobody knows it: its name, if it is one.

    A name that nobody knows was made up by a program; it may hold what no name should. So it is told only if the scrubber
    finds nothing in it, and under a policy that tells no unknown names it never is.
    """

    def __init__(self) -> None:
        self._safe: dict[str, str] = {}
        self._is_clean = LookAgain()

    def __call__(self, drops: Drops, *, names: Callable[[], bool]) -> Drops:
        """The same counts; `names` says whether any name may be told."""
        if not any(reason in _UNKNOWN and name != OTHER for reason, name in drops):
            return drops
        may_name = names()
        told: Drops = {}
        for (reason, name), count in drops.items():
            if reason in _UNKNOWN:
                name = self._name(name) if may_name else OTHER
            told[reason, name] = told.get((reason, name), 0) + count
        return told

    def _name(self, name: str) -> str:
        safe = self._safe.get(name)
        if safe is None:
            if len(self._safe) >= _MEMO:
                self._safe.clear()
            safe = self._safe[name] = name if name == _NONE or self._is_clean(name) else OTHER
        return safe
