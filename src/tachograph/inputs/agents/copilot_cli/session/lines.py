"""How one line of `events.jsonl` becomes a record, and what all records share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from tachograph.inputs.agents.kit.history import MAX_LINE_BYTES
from tachograph.inputs.agents.kit.records import Unusable
from tachograph.inputs.agents.kit.times import time_ns
from tachograph.inputs.agents.kit.values import MAX_COUNT, Attributes
from tachograph_sdk.model.event import DropReason
from tachograph_sdk.privacy.treat import to_count

__all__ = [
    "Record",
    "decode",
    "decode_object",
    "part",
    "tokens",
    "word",
]

_decode = msgspec.json.Decoder().decode


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
        """When: UTC nanoseconds since 1970. Raises Unusable if it has none that can be stored."""
        return time_ns(self.timestamp)


def decode(line: bytes) -> Record:
    """Read one line of a session.

    Raises:
        Unusable: too long, too deep, not JSON, not an object, or without a type.
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
        Unusable: too long, too deep, not JSON, not an object, or without a type.
    """
    if len(line) > MAX_LINE_BYTES:
        raise Unusable(DropReason.TOO_LARGE, "line too long")
    try:
        found = _decode(line)
    except RecursionError:
        raise Unusable(DropReason.TOO_LARGE, "nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = _leniently(line)
    if not isinstance(found, dict):
        raise Unusable(DropReason.BAD_LINE, "not a JSON object")
    if not isinstance(found.get("type"), str) or not found["type"]:
        raise Unusable(DropReason.BAD_LINE, "no record type")
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


def tokens(usage: Mapping[str, Any]) -> Attributes:
    """The disjoint token classes of a usage object, in which input includes the cache and output reasoning.

    Raises:
        Unusable: a count that cannot be one.
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
    if count is None or count > MAX_COUNT:
        raise Unusable(DropReason.BAD_NUMBER, "a count that is none")
    return count


def _leniently(line: bytes) -> Any:
    """Half a surrogate pair, escaped, is legal JSON that the fast parser refuses: agents cut texts anywhere."""
    try:
        return json.loads(line)
    except RecursionError:
        raise Unusable(DropReason.TOO_LARGE, "nested too deeply") from None
    except ValueError:
        raise Unusable(DropReason.BAD_LINE, "not a JSON object") from None
