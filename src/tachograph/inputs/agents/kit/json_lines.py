"""The common part of readers of histories that have one JSON object per line: places, bad lines, times, finished events.

A reader inherits from `JsonLines` and says in `take` what a record means; whatever is wrong with one line costs that line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from tachograph_sdk.model.event import AttributeValue, DropReason, EventKind, RawEvent, Source

__all__ = ["BadRecord", "JsonLines", "Unusable", "put", "text_of", "time_ns"]

Attributes = dict[str, AttributeValue]

_decode = msgspec.json.Decoder().decode
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_NS = 2**63 - 1
_WORD = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_MAX_TYPES = 200
_NOTHING: Attributes = {}


class Unusable(Exception):
    """A record lacks what its type needs."""

    def __init__(self, reason: DropReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRecord:
    """A line set aside: where it was and why, never what it said."""

    number: int  # from 1
    offset: int  # bytes before it in the file
    size_bytes: int
    reason: DropReason
    detail: str  # fixed wording


class JsonLines:
    """Takes a file's lines in as many portions as the caller likes.

    Args:
        file_hint: path of the file, or names of the folders it lies in.
        received_us: UTC microseconds since 1970, now.
        from_start: whether the first line fed is the file's first.
    """

    agent = ""

    def __init__(self, *, file_hint: str = "", received_us: int = 0, from_start: bool = True) -> None:
        self.lines = 0
        self.bad_lines: list[BadRecord] = []
        self.ignored: Counter[str] = Counter()
        self.folders = tuple(file_hint.replace("\\", "/").split("/"))
        self.from_start = from_start
        self._received_us = received_us
        self._events: list[RawEvent] = []

    def take(self, record: dict[str, Any], number: int, offset: int) -> None:
        """Understand one record. Raises Unusable."""
        raise NotImplementedError

    def prime(self, line: bytes) -> bool:
        """Each line says of itself all that is needed, unless a reader says otherwise."""
        return True

    def feed(self, lines: Iterable[bytes], *, number: int, offset: int) -> None:
        """Read lines without their line ends; the first has this number (from 1) and begins at this offset."""
        for line in lines:
            if line and not line.isspace():
                self.lines += 1
                try:
                    self.take(_object(line), number, offset)
                except Unusable as bad:
                    self.set_aside(number, offset, len(line), bad.reason, bad.detail)
                except Exception:  # noqa: BLE001 - whatever we did wrong costs this line and no other
                    self.set_aside(number, offset, len(line), DropReason.INTERNAL_ERROR, "a fault of ours")
            number += 1
            offset += len(line) + 1

    def offer(self, line: bytes, *, number: int, offset: int) -> bool:
        """Read a last line that has no line end yet: if it is a whole record, take it; if not, it is as if unseen."""
        try:
            self.take(_object(line), number, offset)
        except Exception:  # noqa: BLE001 - it will be met again, whole; what is wrong with it is said then
            return False
        self.lines += 1
        return True

    def set_aside(self, number: int, offset: int, size: int, reason: DropReason, detail: str) -> None:
        """Remember a line as unusable."""
        self.bad_lines.append(BadRecord(number=number, offset=offset, size_bytes=size, reason=reason, detail=detail))

    def drain(self) -> list[RawEvent]:
        """Events finished so far."""
        events, self._events = self._events, []
        return events

    def finish(self) -> list[RawEvent]:
        """The remaining events."""
        return self.drain()

    def open_calls(self) -> list[tuple[int, int]]:
        """Nothing is waited for, unless a reader says otherwise."""
        return []

    def context_place(self) -> tuple[int, int] | None:
        """No line depends on one before it, unless a reader says otherwise."""
        return None

    def ignore(self, kind: object) -> None:
        """Count a record of a type that is not read."""
        known = isinstance(kind, str) and _WORD.fullmatch(kind) is not None and len(self.ignored) < _MAX_TYPES
        self.ignored[str(kind) if known else "<other>"] += 1

    def emit(self, name: str, kind: EventKind, at_ns: int, key: str, attributes: Attributes) -> None:
        """Add a finished event. `key` is what makes it itself and not another; its time is part of that."""
        self._events.append(
            RawEvent(
                agent=self.agent,
                source=Source.TRANSCRIPT,
                name=name,
                kind=kind,
                at_ns=at_ns,
                received_us=self._received_us,
                key=f"{key}:{at_ns}".encode("utf-8", "surrogatepass"),
                attributes=attributes,
                resource=_NOTHING,
            )
        )


def put(attributes: Attributes, **values: Any) -> None:
    """Set the attributes that have a value."""
    for name, value in values.items():
        if value is not None and value != "":
            attributes[name] = value


def text_of(value: object) -> str | None:
    """A text that says something, else None."""
    return value if isinstance(value, str) and value else None


def time_ns(stamp: object) -> int:
    """A time in ISO 8601 as UTC nanoseconds since 1970; without a zone it is taken for UTC.

    Raises:
        Unusable: it is none, or none that can be stored.
    """
    if not isinstance(stamp, str):
        raise Unusable(DropReason.BAD_TIME, "no time")
    try:
        at = datetime.fromisoformat(stamp)
        since = (at.replace(tzinfo=UTC) if at.tzinfo is None else at) - _EPOCH
    except (ValueError, OverflowError):
        raise Unusable(DropReason.BAD_TIME, "not a time") from None
    ns = (since.days * 86400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000
    if not 0 <= ns <= _MAX_NS:
        raise Unusable(DropReason.BAD_TIME, "time out of range")
    return ns


def _object(line: bytes) -> dict[str, Any]:
    try:
        record = _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Unusable(DropReason.BAD_LINE, "not JSON") from None
    if not isinstance(record, dict):
        raise Unusable(DropReason.BAD_LINE, "not an object")
    return record
