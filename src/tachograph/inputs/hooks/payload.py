"""Whether a body is one of the two payloads, and how far it can be believed. Pure; used on both sides of the journal.

`mac` is SHA-256 over the payload's own strings: `session_id`, then `timestamp` (of a session: `start_timestamp`). It has
no key, so it says only that nothing was garbled. `hmac` is keyed, over the whole payload.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec

from tachograph.inputs.hooks.fields import EVENT, SESSION, Check, Wrong

__all__ = ["Integrity", "Payload", "What", "mac_of", "read", "signature_of"]

MAX_KEYS: Final = 256


class What(StrEnum):
    """Which of the two."""

    EVENTS = "events"
    SESSIONS = "sessions"


class Integrity(StrEnum):
    """What was checked of a payload."""

    CHECKSUM = "checksum"  # its `mac`, which anybody can compute
    KEYED = "keyed"  # and its `hmac`, with a key that this installation gave out
    UNVERIFIED = "unverified"  # it has an `hmac` with a key that is not known here, or it has no `mac` at all


_FIELDS: Final[Mapping[What, Mapping[str, tuple[Check, bool]]]] = {What.EVENTS: EVENT, What.SESSIONS: SESSION}
_NAMES: Final = {what: frozenset(fields) for what, fields in _FIELDS.items()}
_SIGNED_TIME: Final = {What.EVENTS: "timestamp", What.SESSIONS: "start_timestamp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A body whose known fields have the right types; it may still hold anything, so it is never shown."""

    what: What
    values: Mapping[str, Any]  # the known fields that are not null
    unknown: tuple[str, ...]  # names that no version of the payload has
    integrity: Integrity

    @property
    def is_native(self) -> bool:
        """Whether it is counted by this product's own plugin."""
        return self.values.get("form") == "native"


def read(what: What, body: bytes | bytearray, keys: Mapping[str, bytes]) -> Payload:
    """The payload in a body.

    Args:
        what: which of the two it has to be.
        body: JSON.
        keys: keys that were given out, by their ids.

    Raises:
        Wrong: it is not one; says which field is wrong and never what it says.
    """
    document = _object_in(body)
    for name, (check, needed) in _FIELDS[what].items():
        value = document.get(name)
        if value is not None:
            check(name, value)
        elif needed:
            raise Wrong("missing", name, f"{name} is missing")
    unknown = tuple(name for name in document if name not in _NAMES[what])
    values = {name: document[name] for name in document.keys() & _NAMES[what] if document[name] is not None}
    return Payload(what=what, values=values, unknown=unknown, integrity=_integrity(what, document, values, keys))


def mac_of(what: What, values: Mapping[str, Any]) -> str:
    """The checksum that a payload with these strings must have: 64 hex digits."""
    signed = f"{values['session_id']}{values[_SIGNED_TIME[what]]}"
    return hashlib.sha256(signed.encode("utf-8", "surrogatepass")).hexdigest()


def signature_of(document: Mapping[str, Any], key: bytes) -> str:
    """The `hmac` that this document must have under `key`: 64 hex digits."""
    signed = {name: value for name, value in document.items() if name != "hmac"}
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hmac.digest(key, text.encode(), "sha256").hex()


def _object_in(body: bytes | bytearray) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Wrong("malformed", "", "the body is not JSON") from None
    if not isinstance(document, dict):
        raise Wrong("malformed", "", "the body is not a JSON object")
    if len(document) > MAX_KEYS:
        raise Wrong("too_many_keys", "", f"the object has more than {MAX_KEYS} keys")
    return document


def _integrity(
    what: What, document: Mapping[str, Any], values: Mapping[str, Any], keys: Mapping[str, bytes]
) -> Integrity:
    if "mac" in values:
        if not hmac.compare_digest(mac_of(what, values), values["mac"]):
            signed = f"session_id and {_SIGNED_TIME[what]}"
            raise Wrong("mac", "mac", f"mac is not the SHA-256 of {signed} as they were sent")
    elif values.get("form") == "native":
        raise Wrong("missing", "mac", "mac is missing")
    if "hmac" not in values and "key_id" not in values:
        return Integrity.CHECKSUM if "mac" in values else Integrity.UNVERIFIED
    for one, other in (("hmac", "key_id"), ("key_id", "hmac")):
        if one not in values:
            raise Wrong("missing", one, f"{one} is missing beside {other}")
    key = keys.get(values["key_id"])
    if key is None:
        return Integrity.UNVERIFIED
    try:
        expected = signature_of(document, key)
    except (RecursionError, ValueError):  # nested, or digits, beyond all that a signed payload has
        raise Wrong("malformed", "", "the body is nested too deeply, or a number in it is too long") from None
    if not hmac.compare_digest(expected, values["hmac"]):
        raise Wrong("hmac", "hmac", "hmac is not the signature of this payload with the key that key_id names")
    return Integrity.KEYED
