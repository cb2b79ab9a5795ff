"""Deleting by age: what is due, asked for in strings and answered in JSON values, and the deletion itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tachograph.ports import Clock, Expiry, Store

__all__ = ["Retainer"]

log = logging.getLogger(__name__)


class Retainer:
    """Deletes by age in a store, and takes the deleted bytes out of its file."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def plan(self) -> dict[str, Any]:
        """What would be deleted now, and when the next will be: JSON values, times in UTC. Raises StoreError."""
        return {"tiers": [_as_json(expiry) for expiry in self._store.expiries(self._now())]}

    def run(self, order: Mapping[str, Any], progress: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Delete what is due, also what would have to wait; or only say it.

        Args:
            order: `dry_run`: change nothing.
            progress: called before the file is written anew.

        Raises:
            StoreError: nothing was deleted; or all was, and its bytes could not be taken out of the file.
        """
        plan = self.plan()
        if order.get("dry_run"):
            return {**plan, "dry_run": True, "deleted": {}}
        told = self._store.retain(self._now(), confirmed=True)
        if any(told.deleted.values()):
            progress({"deleted": dict(told.deleted)})
        self._store.compact_if_due()
        return {**self.plan(), "dry_run": False, "deleted": dict(told.deleted)}

    def turn(self) -> bool:
        """One turn of the background task: delete what is due and need not wait. Raises StoreError."""
        told = self._store.retain(self._now())
        if told.waiting:
            log.warning(
                "much is due to be deleted by age (%s) and waits to be seen: `tachograph privacy retention`",
                ", ".join(told.waiting),
            )
        self._store.compact_if_due()
        return False

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now_us() / 1e6, UTC).replace(tzinfo=None)


def _as_json(expiry: Expiry) -> dict[str, Any]:
    times = {"oldest_at": expiry.oldest_at, "next_at": expiry.next_at, "waits_until": expiry.waits_until}
    return {
        "tier": expiry.tier,
        "days": expiry.days,
        "sessions": expiry.sessions,
        "rows": expiry.rows,
        "rows_kept": expiry.rows_kept,
        **{name: None if at is None else at.isoformat() + "Z" for name, at in times.items()},
    }
