"""An envelope: what is about to leave, with all that is said about it on one line before the exact bytes.

    {"tachograph_envelope":1,"id":"…","sink":"webhook",…,"check":"…"}
    {"event_id":"…","kind":"tool.call",…}

The line stays here; from the line end on it is the body, as it will be sent. `check` is a hash of the line without it,
`sha256` one of the body, so that a damaged file is never sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tachograph_sdk.errors import DecodeError
from tachograph_sdk.model.consent import ConsentPurpose

__all__ = ["Envelope", "decode_envelope", "encode_envelope", "seal", "unseal"]

FORM = 1
_CHECK = 32  # hex digits
_HEADER_LIMIT = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One thing that is about to leave."""

    id: str  # 32 hex digits; also the idempotency key
    sink: str  # which destination of the settings
    address: str  # its address, for people: nothing in it can be a token
    fingerprint: str  # of its whole address: what was put in for one place never goes to another
    consents: Mapping[ConsentPurpose, str]  # what it is sent for, and the entry of the ledger that allowed it
    policy_version: int
    created_us: int  # UTC microseconds since 1970
    events: int
    content_type: str
    scrubbed: int  # texts that the scrubber still changed
    about: tuple[str, ...]  # whom it tells of, by the pseudonyms of the store; stays here, so that it can be erased
    body: bytes = field(repr=False)

    @property
    def purposes(self) -> tuple[ConsentPurpose, ...]:
        """What it is sent for."""
        return tuple(self.consents)

    @property
    def size_bytes(self) -> int:
        """Of the body."""
        return len(self.body)

    @property
    def sha256(self) -> str:
        """Of the body."""
        return hashlib.sha256(self.body).hexdigest()

    def headers(self) -> dict[str, str]:
        """The headers that say something about it. The destination adds its own: host, length, its credentials."""
        return {"Content-Type": self.content_type, "Idempotency-Key": self.id}

    def about_it(self) -> dict[str, Any]:
        """Everything but the body and whom it tells of, as JSON values."""
        return {
            "id": self.id,
            "idempotency_key": self.id,
            "sink": self.sink,
            "address": self.address,
            "fingerprint": self.fingerprint,
            "purposes": [purpose.value for purpose in self.purposes],
            "consents": {purpose.value: reference for purpose, reference in self.consents.items()},
            "policy_version": self.policy_version,
            "created_us": self.created_us,
            "events": self.events,
            "size_bytes": self.size_bytes,
            "content_type": self.content_type,
            "sha256": self.sha256,
            "scrubbed": self.scrubbed,
        }


def encode_envelope(envelope: Envelope) -> bytes:
    """The file of an envelope."""
    line = seal({"tachograph_envelope": FORM, **envelope.about_it(), "about": list(envelope.about)})
    return line + b"\n" + envelope.body


def decode_envelope(data: bytes) -> Envelope:
    """The envelope in a file, if not one bit of it changed. Raises DecodeError."""
    line, found, body = data.partition(b"\n")
    if not found or len(line) > _HEADER_LIMIT:
        raise DecodeError("an envelope is damaged: it has no first line")
    told = unseal(line)
    try:
        if told["tachograph_envelope"] != FORM:
            raise DecodeError("an envelope is of a newer form", hint="update Tachograph")
        envelope = Envelope(
            id=str(told["id"]),
            sink=str(told["sink"]),
            address=str(told["address"]),
            fingerprint=str(told["fingerprint"]),
            consents={ConsentPurpose(p): str(told["consents"][p]) for p in told["purposes"]},
            policy_version=int(told["policy_version"]),
            created_us=int(told["created_us"]),
            events=int(told["events"]),
            content_type=str(told["content_type"]),
            scrubbed=int(told["scrubbed"]),
            about=tuple(str(name) for name in told["about"]),
            body=body,
        )
        whole = told["size_bytes"] == len(body) and told["sha256"] == envelope.sha256
    except (KeyError, TypeError, ValueError):
        raise DecodeError("an envelope is damaged: its first line is not complete") from None
    if not whole:
        raise DecodeError("an envelope is damaged: its body changed")
    return envelope


def seal(values: Mapping[str, Any], *, before: str = "") -> bytes:
    """One JSON line that shows whether it was changed: its last value is a hash of the rest, and of `before`."""
    line = json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode()
    return line[:-1] + b',"check":"' + _hash(line, before) + b'"}'


def unseal(line: bytes, *, before: str = "") -> dict[str, Any]:
    """The values of such a line, `check` included. Raises DecodeError."""
    rest = line[: -(_CHECK + 12)] + b"}"
    if line[len(rest) - 1 :] != b',"check":"' + _hash(rest, before) + b'"}':
        raise DecodeError("a line was changed or is not whole")
    try:
        told = json.loads(line)
    except ValueError:
        raise DecodeError("a line is no JSON") from None
    if not isinstance(told, dict):
        raise DecodeError("a line is no JSON object")
    return told


def _hash(line: bytes, before: str) -> bytes:
    return hashlib.sha256(before.encode() + line).hexdigest()[:_CHECK].encode()
