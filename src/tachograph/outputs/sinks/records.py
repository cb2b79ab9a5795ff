"""A released event as it leaves: only what its purposes need, and under other names than it has in the store."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tachograph_sdk.model.consent import ConsentPurpose, Grant
from tachograph_sdk.model.event import Event
from tachograph_sdk.outbox.purposes import CONSENT_FOR, may_leave
from tachograph_sdk.privacy.policy import POLICY
from tachograph_sdk.privacy.rules import Purpose, Treatment

__all__ = ["Rekey", "covered", "make_record", "rekey_with", "tells_of"]

Rekey = Callable[[str, str], str]
"""What sort of thing, and its name in the store, to its name at the destination."""

_HEX = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")
_PSEUDONYM = re.compile(r"[a-z]_[0-9a-f]{16}")
_SAME_SORT = {"parent_span_id": "span_id", "parent_agent_instance_id": "agent_instance_id"}
_WHOSE = ("user_id", "organization_id", "project", "repository")


def rekey_with(key: bytes, fingerprint: str) -> Rekey:
    """Names for one destination: always the same there, and nobody without the key can tell what they are elsewhere.

    Args:
        key: secret, 32 bytes.
        fingerprint: of the destination's address.
    """
    own = hmac.digest(key, fingerprint.encode(), "sha256")
    known: dict[tuple[str, str], str] = {}

    def rekey(sort: str, name: str) -> str:
        sort = _SAME_SORT.get(sort, sort)
        made = known.get((sort, name))
        if made is None:
            if len(known) > 50_000:
                known.clear()
            digest = hmac.digest(own, f"{sort}\0{name}".encode("utf-8", "surrogatepass"), "sha256").hex()
            if _HEX.fullmatch(name):
                made = digest[: len(name)]
            else:
                made = (name[:2] if _PSEUDONYM.fullmatch(name) else "i_") + digest[:16]
            known[sort, name] = made
        return made

    return rekey


def covered(event: Event, grants: Mapping[ConsentPurpose, Grant]) -> frozenset[ConsentPurpose]:
    """The purposes for which this event may leave: it happened, and came in, after they were allowed."""
    first_us = min(event.at_us, event.received_us)
    return frozenset(purpose for purpose, grant in grants.items() if first_us >= grant.decided_us)


def make_record(
    event: Event, purposes: Collection[ConsentPurpose], rekey: Rekey
) -> tuple[dict[str, Any], frozenset[ConsentPurpose]] | None:
    """The event as it leaves, and which of the purposes it serves; None if it serves none of them."""
    attributes: dict[str, Any] = {}
    served = {ConsentPurpose.USAGE_ANALYTICS} & set(purposes)  # that something was done is usage in itself
    for name, value in event.attributes.items():
        rule = POLICY.rule(event.kind, name)
        if rule is None or not may_leave(event.kind, name, purposes):
            continue
        if isinstance(value, str) and (rule.treatment is Treatment.PSEUDONYM or rule.purpose is Purpose.LINKING):
            value = rekey(name, value)
        attributes[name] = value
        if rule.purpose in CONSENT_FOR:
            served.add(CONSENT_FOR[rule.purpose])
    if not served:
        return None
    record: dict[str, Any] = {
        "event_id": rekey("event_id", event.event_id),
        "kind": event.kind.value,
        "agent": event.agent,
        "source": event.source.value,
        "name": event.name,
        "occurred_at": _when(event.at_us),
    }
    if event.session_id is not None:
        record["session_id"] = rekey("session_id", event.session_id)
    return {**record, **attributes}, frozenset(served)


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
