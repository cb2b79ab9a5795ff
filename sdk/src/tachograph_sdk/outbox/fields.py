"""Looks at every body before it is put in: each field is declared and allowed, each text is scrubbed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection
from typing import Any

from tachograph_sdk.errors import FieldNotAllowed
from tachograph_sdk.model.attributes import ATTRIBUTES, AttributeType
from tachograph_sdk.model.consent import ConsentPurpose
from tachograph_sdk.model.event import EventKind, Source
from tachograph_sdk.outbox.purposes import may_leave

__all__ = ["EVENT_FIELDS", "JSON", "JSON_LINES", "check_body", "encode"]

JSON = "application/json"
JSON_LINES = "application/x-ndjson"

EVENT_FIELDS: dict[str, str] = {
    "event_id": "id of the event; the same one however often it is sent; not the one that is stored",
    "kind": "what happened",
    "agent": "which agent",
    "source": "which way the record came in",
    "name": "the agent's own name for it, from a known list",
    "occurred_at": "when, UTC",
    "session_id": "pseudonym of the session; not the one that is stored",
}
"""What an event is besides its attributes, which model/attributes.py declares and the policy gives a purpose."""

_NEEDED = frozenset(EVENT_FIELDS) - {"session_id"}
_KINDS = {kind.value: kind for kind in EventKind}
_SOURCES = frozenset(source.value for source in Source)

_FITS: dict[AttributeType, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "count": lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value),
    "flag": lambda value: isinstance(value, bool),
}


def encode(records: list[dict[str, Any]], content_type: str) -> bytes:
    """Records as the bytes of a body: one JSON array, or one JSON object a line."""
    if content_type == JSON:
        return _compact(records)
    return b"".join(_compact(record) + b"\n" for record in records)


def check_body(
    body: bytes, content_type: str, purposes: Collection[ConsentPurpose], scrub: Callable[[str], str]
) -> tuple[bytes, int, int]:
    """What of the body may leave.

    Args:
        body: events as JSON, an array or an object a line.
        content_type: which of the two.
        purposes: what it is sent for.
        scrub: takes private things out of a text.

    Returns:
        The body, byte for byte as given unless the scrubber found something; how many texts it changed; how many events
        there are.

    Raises:
        FieldNotAllowed: not such a body, or a field is not declared, of the wrong type, or not for these purposes. Names
            declared fields only, never a value.
    """
    records = _decode(body, content_type)
    changed = 0
    known: dict[str, str] = {}
    for record in records:
        kind = _check_fixed(record)
        for name, value in record.items():
            if name not in EVENT_FIELDS:
                _check_attribute(kind, name, value, purposes)
            if isinstance(value, str):
                clean = known.get(value)
                if clean is None:
                    clean = known[value] = scrub(value)
                if clean != value:
                    record[name] = clean
                    changed += 1
    return (encode(records, content_type) if changed else body), changed, len(records)


def _check_fixed(record: dict[str, Any]) -> EventKind:
    if not record.keys() >= _NEEDED:
        raise _refused(f"an event lacks {', '.join(sorted(_NEEDED - record.keys()))}")
    for name in EVENT_FIELDS:
        if name in record and not isinstance(record[name], str):
            raise _refused(f"{name} is no text")
    kind = _KINDS.get(record["kind"])
    if kind is None or record["source"] not in _SOURCES:
        raise _refused("an event is of an unknown kind or source")
    return kind


def _check_attribute(kind: EventKind, name: str, value: Any, purposes: Collection[ConsentPurpose]) -> None:
    declared = ATTRIBUTES.get(name)
    if declared is None:
        raise _refused("a field is not declared in model/attributes.py")
    if not _FITS[declared.type](value):
        raise _refused(f"{name} has another type than declared")
    if not may_leave(kind, name, purposes):
        raise _refused(f"{name} of {kind.value} may not leave for {', '.join(sorted(purposes)) or 'no purpose'}")


def _decode(body: bytes, content_type: str) -> list[dict[str, Any]]:
    try:
        text = body.decode("utf-8")
        if content_type == JSON:
            records = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
        elif content_type == JSON_LINES:
            lines = text.split("\n")
            if lines.pop():
                raise _refused("the last line is not ended")
            records = [json.loads(line, object_pairs_hook=_object, parse_constant=_no_number) for line in lines]
        else:
            raise _refused("only JSON can be looked at")
    except (ValueError, RecursionError):
        raise _refused("it cannot be read") from None
    if not isinstance(records, list) or not records or not all(isinstance(record, dict) for record in records):
        raise _refused("it is not a list of events")
    return records


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name twice")
    return made


def _no_number(_: str) -> None:
    raise ValueError("no number")


def _compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _refused(why: str) -> FieldNotAllowed:
    return FieldNotAllowed(
        f"a body was not put into the outbox: {why}", hint="this is a mistake of the program: report it"
    )
