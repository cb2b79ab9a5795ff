"""A released event as it leaves: only what its purposes need, and under other names than it has in the store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tachograph_sdk.model.consent import ConsentPurpose, Grant
from tachograph_sdk.model.event import Event
from tachograph_sdk.outbox.purposes import CONSENT_FOR, may_leave
from tachograph_sdk.privacy.policy import POLICY
from tachograph_sdk.privacy.rules import Purpose, Treatment

__all__ = ["Rename", "covered", "make_record", "tells_of"]

Rename = Callable[[str, str, int], str]
"""What it is ("session", "user", …, "id"), its name in the store, and when that began, to its name at the destination."""

_WHOSE = {
    "user_id": "user",
    "organization_id": "organization",
    "project": "project",
    "repository": "repository",
}
_ID = "id"
_SPANS = frozenset({"span_id", "parent_span_id"})  # have 16 hex digits wherever they are read


def covered(event: Event, grants: Mapping[ConsentPurpose, Grant]) -> frozenset[ConsentPurpose]:
    """The purposes for which this event may leave: it happened, and came in, after they were allowed."""
    first_us = min(event.at_us, event.received_us)
    return frozenset(purpose for purpose, grant in grants.items() if first_us >= grant.decided_us)


def make_record(
    event: Event, purposes: Collection[ConsentPurpose], rename: Rename, *, began_us: int
) -> tuple[dict[str, Any], frozenset[ConsentPurpose]] | None:
    """The event as it leaves, and which of the purposes it serves; None if it serves none of them.

    Args:
        event: as it is stored.
        purposes: what it may leave for.
        rename: names for this destination.
        began_us: when its session began, UTC microseconds since 1970, so that all its records keep their names together.
    """
    attributes: dict[str, Any] = {}
    served = {ConsentPurpose.USAGE_ANALYTICS} & set(purposes)  # that something was done is usage in itself
    for name, value in event.attributes.items():
        rule = POLICY.rule(event.kind, name)
        if rule is None or not may_leave(event.kind, name, purposes):
            continue
        if isinstance(value, str) and (rule.treatment is Treatment.PSEUDONYM or rule.purpose is Purpose.LINKING):
            value = _renamed(name, value, rename, began_us)
        attributes[name] = value
        if rule.purpose in CONSENT_FOR:
            served.add(CONSENT_FOR[rule.purpose])
    if not served:
        return None
    record: dict[str, Any] = {
        "event_id": rename(_ID, event.event_id, began_us),
        "kind": event.kind.value,
        "agent": event.agent,
        "source": event.source.value,
        "name": event.name,
        "occurred_at": _when(event.at_us),
    }
    if event.session_id is not None:
        record["session_id"] = rename("session", event.session_id, began_us)
    return {**record, **attributes}, frozenset(served)


def _renamed(attribute: str, name: str, rename: Rename, began_us: int) -> str:
    made = rename(_WHOSE.get(attribute, _ID), name, began_us)
    return made[:16] if attribute in _SPANS else made


def tells_of(events: Iterable[Event]) -> set[str]:
    """Whom and what these events tell of, by the names in the store: to find an envelope that has to be erased."""
    names: set[str] = set()
    for event in events:
        names.add(event.event_id)
        if event.session_id is not None:
            names.add(event.session_id)
        names.update(str(event.attributes[name]) for name in _WHOSE if name in event.attributes)
    return names


def _when(us: int) -> str:
    seconds, rest = divmod(us, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:06d}Z"
