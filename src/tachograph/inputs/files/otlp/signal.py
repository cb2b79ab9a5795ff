"""Which of the three signals a protobuf request is, told from the fields of its records.

The three requests look alike down to the records: field 1 holds groups, their field 2 scopes, their field 2 records. What
a record is shows in its own fields: a log record begins with a time of eight bytes, a metric has a name and data, a span
two ids and a start of eight bytes. Only one of them can be true of the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from tachograph.inputs.otlp.signals import LOGS, METRICS, TRACES, Signal

__all__ = ["named_signal", "signal_of"]

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_LOOKED_AT: Final = 64  # records; all of a request are of one kind

Fields = dict[int, int]  # number: wire type

_LOG_FIELDS: Final = {1: _EIGHT, 2: _VARINT, 3: _BYTES, 5: _BYTES, 6: _BYTES, 7: _VARINT, 8: _FOUR, 9: _BYTES} | {
    10: _BYTES,
    11: _EIGHT,
    12: _BYTES,
}
_METRIC_FIELDS: Final = {1: _BYTES, 2: _BYTES, 3: _BYTES, 5: _BYTES, 7: _BYTES, 9: _BYTES, 10: _BYTES, 11: _BYTES}
_SPAN_FIELDS: Final = {1: _BYTES, 2: _BYTES, 3: _BYTES, 4: _BYTES, 5: _BYTES, 6: _VARINT, 7: _EIGHT, 8: _EIGHT} | {
    9: _BYTES,
    15: _BYTES,
    16: _FOUR,
}

_RULES: Final[tuple[tuple[Signal, Fields, Callable[[Fields], bool]], ...]] = (
    (LOGS, _LOG_FIELDS, lambda has: 1 in has or 11 in has),
    (METRICS, _METRIC_FIELDS, lambda has: 1 in has and bool(has.keys() & {5, 7, 9, 10, 11})),
    (TRACES, _SPAN_FIELDS, lambda has: 1 in has and 2 in has and 7 in has),
)


class _NoMessage(Exception):
    """These bytes are not fields of a message."""


def signal_of(body: bytes, *, is_cut: bool = False) -> Signal | None:
    """The signal of which this is a request; None if it is none, or has no record to tell by.

    Args:
        body: the request.
        is_cut: it is only the beginning of one; the whole records in it decide.
    """
    possible = list(_RULES)
    told = False
    try:
        for record in _records(body, is_cut):
            fields = dict(_fields(record))
            possible = [
                rule
                for rule in possible
                if rule[2](fields) and all(rule[1].get(number, wire) == wire for number, wire in fields.items())
            ]
            told = True
    except _NoMessage:
        if not is_cut:
            return None
    return possible[0][0] if told and len(possible) == 1 else None


def named_signal(name: str) -> Signal | None:
    """The signal that a file's name speaks of, if it speaks of exactly one: 0001.logs.grpc.pb, otel-traces.binpb."""
    lower = name.lower()
    named = [signal for signal in (LOGS, METRICS, TRACES) if signal.name in lower]
    return named[0] if len(named) == 1 else None


def _records(body: bytes, is_cut: bool) -> Iterator[memoryview]:
    """The first records; the whole of the outermost message is walked, so that nothing else passes for a request."""
    seen = 0
    for group in _parts(memoryview(body), 1, (1,), is_cut):
        if seen >= _LOOKED_AT:
            continue
        for scope in _parts(group, 2, (1, 2, 3, 1000), is_cut):
            for record in _parts(scope, 2, (1, 2, 3), False):
                if seen < _LOOKED_AT:
                    yield record
                seen += 1


def _parts(message: memoryview, number: int, allowed: tuple[int, ...], is_cut: bool) -> Iterator[memoryview]:
    """The messages in one field; all fields must have one of the `allowed` numbers and hold bytes."""
    at, size = 0, len(message)
    while at < size:
        tag, at = _varint(message, at)
        if tag >> 3 not in allowed or tag & 7 != _BYTES:
            raise _NoMessage
        length, at = _varint(message, at)
        if length > size - at and not is_cut:
            raise _NoMessage
        if tag >> 3 == number:
            yield message[at : at + length]
        at += length


def _fields(message: memoryview) -> Iterator[tuple[int, int]]:
    at, size = 0, len(message)
    while at < size:
        tag, at = _varint(message, at)
        wire = tag & 7
        if wire == _VARINT:
            _, at = _varint(message, at)
        elif wire == _EIGHT:
            at += 8
        elif wire == _FOUR:
            at += 4
        elif wire == _BYTES:
            length, at = _varint(message, at)
            at += length
        else:
            raise _NoMessage
        if at > size or tag >> 3 == 0:
            raise _NoMessage
        yield tag >> 3, wire


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 70:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise _NoMessage
