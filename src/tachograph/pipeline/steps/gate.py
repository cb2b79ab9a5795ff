"""What somebody objected to is not kept."""

from __future__ import annotations

from tachograph.ports import Drops
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent

__all__ = ["Gate"]


class Gate:
    """Drops and counts the kinds of event that are refused; by default nothing on one's own machine is."""

    def __init__(self, refused: frozenset[EventKind] = frozenset()) -> None:
        self._refused = refused

    def __call__(self, records: list[RawEvent], drops: Drops) -> list[RawEvent]:
        """The records that may be kept."""
        if not self._refused:
            return records
        kept = []
        for raw in records:
            if raw.kind in self._refused:
                key = (DropReason.NO_CONSENT, raw.kind.value if raw.kind else "")
                drops[key] = drops.get(key, 0) + 1
            else:
                kept.append(raw)
        return kept
