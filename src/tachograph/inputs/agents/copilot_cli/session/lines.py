"""How one line of `events.jsonl` becomes a record, and what all records share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from tachograph_sdk.model.event import AttributeValue, DropReason
from tachograph_sdk.privacy.treat import to_count

__all__ = [
    "Attributes",
    "BadLine",
    "Record",
    "UnreadableLine",
    "decode",
    "decode_object",
    "part",
    "set_known",
    "tokens",
    "word",
]

Attributes = dict[str, AttributeValue]

_MAX_LINE_BYTES = 64 * 1024 * 1024
_MAX_COUNT = 10**12  # a larger token count is a damaged number
_MAX_NS = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_decode = msgspec.json.Decoder().decode


class UnreadableLine(Exception):
    """This line must be set aside: why, in words of ours."""

    def __init__(self, reason: DropReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line set aside: where it was and why, never what it said."""

    number: int  # from 1
    offset: int  # bytes before it in the file
    size_bytes: int
    reason: DropReason
    detail: str  # fixed wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One event of the session, as the agent wrote it."""

    type: str
    data: Mapping[str, Any]
    id: str | None  # the record's own, a UUID; a copy keeps it
    timestamp: Any
    agent_id: str | None  # of the subagent that caused it

    @property
    def at_ns(self) -> int:
        """When: UTC nanoseconds since 1970. Raises UnreadableLine if it has no time that can be stored."""
        try:
            since = datetime.fromisoformat(self.timestamp).astimezone(UTC) - _EPOCH
        except (TypeError, ValueError, OverflowError):
            raise UnreadableLine(DropReason.BAD_TIME, "no time") from None
        ns = (since.days * 86400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000
        if not 0 <= ns <= _MAX_NS:
            raise UnreadableLine(DropReason.BAD_TIME, "time out of range")
        return ns


def decode(line: bytes) -> Record:
    """Read one line of a session.

    Raises:
        UnreadableLine: too long, too deep, not JSON, not an object, or without a type.
    """
    found = decode_object(line)
    return Record(
        type=found["type"],
        data=part(found, "data"),
        id=word(found.get("id")),
        timestamp=found.get("timestamp"),
        agent_id=word(found.get("agentId")),
    )


def decode_object(line: bytes) -> dict[str, Any]:
    """Read one line, an object with a type.

    Raises:
        UnreadableLine: too long, too deep, not JSON, not an object, or without a type.
    """
    if len(line) > _MAX_LINE_BYTES:
        raise UnreadableLine(DropReason.TOO_LARGE, "line too long")
    try:
        found = _decode(line)
    except RecursionError:
        raise UnreadableLine(DropReason.TOO_LARGE, "nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = _leniently(line)
    if not isinstance(found, dict):
        raise UnreadableLine(DropReason.BAD_LINE, "not a JSON object")
    if not isinstance(found.get("type"), str) or not found["type"]:
        raise UnreadableLine(DropReason.BAD_LINE, "no record type")
    return found


def part(data: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The object under these names, one within the other; an empty one if there is none."""
    for name in names:
        inner = data.get(name)
        if not isinstance(inner, dict):
            return {}
        data = inner
    return data


def word(value: Any) -> str | None:
    """A short text that is not empty: an id or a name, never a message."""
    return value if isinstance(value, str) and 0 < len(value) <= 256 else None


def set_known(attributes: Attributes, **values: AttributeValue) -> None:
    """Set the attributes that have a value."""
    attributes.update({name: value for name, value in values.items() if value is not None and value != ""})


def tokens(usage: Mapping[str, Any]) -> Attributes:
    """The disjoint token classes of a usage object, in which input includes the cache and output reasoning.

    Raises:
        UnreadableLine: a count that cannot be one.
    """
    whole, output = _count(usage, "inputTokens"), _count(usage, "outputTokens")
    read, write = _count(usage, "cacheReadTokens"), _count(usage, "cacheWriteTokens")
    found: Attributes = {
        "input_tokens": whole - read - write if whole >= read + write else whole,
        "output_tokens": output,
        "cache_read_tokens": read,
        "cache_write_tokens": write,
    }
    if usage.get("reasoningTokens") is not None:
        found["reasoning_tokens"] = min(_count(usage, "reasoningTokens"), output)
    return found


def _count(usage: Mapping[str, Any], name: str) -> int:
    value = usage.get(name)
    if value is None:
        return 0
    count = to_count(value) if not isinstance(value, bool) else None
    if count is None or count > _MAX_COUNT:
        raise UnreadableLine(DropReason.BAD_NUMBER, "a count that is none")
    return count


def _leniently(line: bytes) -> Any:
    """Half a surrogate pair, escaped, is legal JSON that the fast parser refuses: agents cut texts anywhere."""
    try:
        return json.loads(line)
    except RecursionError:
        raise UnreadableLine(DropReason.TOO_LARGE, "nested too deeply") from None
    except ValueError:
        raise UnreadableLine(DropReason.BAD_LINE, "not a JSON object") from None
