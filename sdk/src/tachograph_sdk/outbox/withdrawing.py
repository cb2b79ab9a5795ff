"""Deleting what waits when a consent is withdrawn: needs neither settings nor consents, so that nothing can be in its way."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tachograph_sdk.model.consent import ConsentPurpose
from tachograph_sdk.outbox.config import OutboxConfig
from tachograph_sdk.outbox.outbox import Outbox

__all__ = ["open_to_purge", "purge_withdrawn"]


def open_to_purge(root: Path) -> Outbox:
    """The outbox in this folder, only to look and delete: nothing can be put in."""
    return Outbox(root, config=OutboxConfig(), permissions=_Nothing(), scrub=_refuse, policy_version=0)


def purge_withdrawn(root: Path, purposes: Iterable[ConsentPurpose]) -> int:
    """Delete what waits for any of these purposes, and cut off what is on its way. How many envelopes.

    Raises:
        DeliveryError: one could not be deleted, or is still on its way.
    """
    outbox = open_to_purge(root)
    return sum(outbox.purge(purpose=purpose, reason="withdrawn").envelopes for purpose in sorted(purposes))


class _Nothing:
    """Permissions where nobody is asked."""

    def granted(self, purpose: ConsentPurpose) -> None:
        """None: nothing is allowed."""


def _refuse(_: str) -> str:
    raise TypeError("an outbox that is only purged takes nothing in")
