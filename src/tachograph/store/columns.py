"""Events as Arrow: the columns of table `events`, filled without pandas, pyarrow or numpy.

`pack` turns events into plain buffers, which a reading process can send to the one that writes; arrow.py hands them to
the database. Events of one shape (the same attribute names in the same order)
become columns by transposing, at C speed; rare shapes share one group that is filled cell by cell. Rows therefore change
places within a batch, which nothing relies on: an event carries its own time.
"""

from __future__ import annotations

import gc
import math
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import starmap
from operator import eq
from typing import Any

import msgspec
import nanoarrow as na

from tachograph.ports import EventColumns
from tachograph_sdk.model.attributes import ATTRIBUTES, AttributeType
from tachograph_sdk.model.event import Event

__all__ = ["ATTRIBUTE_COLUMNS", "FIXED_COLUMNS", "TYPES", "pack"]

FIXED_COLUMNS = ("event_id", "occurred_at", "received_at", "kind", "agent", "source", "name", "session_id")
ATTRIBUTE_COLUMNS: dict[str, AttributeType] = {a.name: a.type for a in ATTRIBUTES.values() if a.column}

TYPES: dict[str, AttributeType | str] = {
    **dict.fromkeys(FIXED_COLUMNS, "text"),
    "occurred_at": "time",
    "received_at": "time",
    **ATTRIBUTE_COLUMNS,
    "attributes": "text",
}
"""All columns that come from an event, in order."""

_SMALL_SHAPE = 24  # rows below which a group of its own costs more than filling cell by cell
_LARGEST = (
    10**13
)  # tokens, lines, or nano-dollars ($10,000) of one record: more is no count, and a million of these can be
# summed up before 64 bits are full, which would stop everybody's figures

_string = na.c_schema(na.string())
_encoder = msgspec.json.Encoder()

Rejected = Counter[str]
"""How many attribute values could not be stored, by attribute name."""

_Buffers = tuple[bytes, ...]
_Groups = list[Sequence[Any] | None]
"""A column's values, group by group; None for a group that has no such attribute."""


def pack(events: Sequence[Event]) -> EventColumns:
    """The events by column: the fixed columns, the attributes that occur, and `attributes` with the rest as JSON text.

    Values that fit no column are left out and counted.
    """
    collecting = gc.isenabled()
    gc.disable()  # tens of thousands of short-lived rows would set off full collections: a third of the time
    try:
        return _pack(events)
    finally:
        if collecting:
            gc.enable()


def _pack(events: Sequence[Event]) -> EventColumns:
    shapes: dict[tuple[str, ...], list[Event]] = {}
    for event in events:
        shape = tuple(event.attributes)
        if (same := shapes.get(shape)) is None:
            same = shapes[shape] = []
        same.append(event)
    rare = [event for group in shapes.values() if len(group) < _SMALL_SHAPE for event in group]
    rejected: Rejected = Counter()
    groups: list[tuple[Sequence[Event], _Columns]] = [
        (group, _by_transposing(shape, group, rejected))
        for shape, group in shapes.items()
        if len(group) >= _SMALL_SHAPE
    ]
    if rare:
        groups.append((rare, _cell_by_cell(rare, rejected)))
    rows = [event for group, _ in groups for event in group]
    sizes = [len(group) for group, _ in groups]
    times = array("q", [e.at_us for e in rows])
    received = array("q", [e.received_us for e in rows])
    columns = {
        "event_id": _texts([[e.event_id for e in rows]], [len(rows)]),
        "occurred_at": (b"", times.tobytes()),
        "received_at": (b"", received.tobytes()),
        "kind": _texts([[e.kind for e in rows]], [len(rows)]),  # StrEnum members are strings
        "agent": _texts([[e.agent for e in rows]], [len(rows)]),
        "source": _texts([[e.source for e in rows]], [len(rows)]),
        "name": _texts([[e.name for e in rows]], [len(rows)]),
        "session_id": _texts([[e.session_id for e in rows]], [len(rows)]),
    }
    for name in {name for _, values in groups for name in values}:
        build = _BUILDERS[TYPES[name]]
        parts: _Groups = [values.get(name) for _, values in groups]
        try:
            columns[name] = build(parts, sizes)
        except (TypeError, ValueError, OverflowError):  # one odd value must not stop the batch
            columns[name] = build([p and _only_fitting(name, p, rejected) for p in parts], sizes)
    return EventColumns(
        rows=len(rows),
        first_us=min(times, default=0),
        last_us=max(times, default=0),
        undated=any(map(eq, times, received)),
        columns=columns,
        rejected=dict(rejected),
        contents=tuple([(e.event_id, name, text) for e in rows if e.contents for name, text in e.contents.items()]),
    )


_Columns = dict[str, Sequence[Any]]


def _by_transposing(shape: tuple[str, ...], group: Sequence[Event], rejected: Rejected) -> _Columns:
    columns: _Columns = dict(zip(shape, zip(*[e.attributes.values() for e in group], strict=True), strict=True))
    rest = [name for name in shape if name not in ATTRIBUTE_COLUMNS]
    if rest:
        rows = zip(*[columns.pop(name) for name in rest], strict=True)
        columns["attributes"] = _json_lines(list(starmap(_object_of(tuple(rest)), rows)), rejected)
    return columns


def _cell_by_cell(group: Sequence[Event], rejected: Rejected) -> _Columns:
    columns: dict[str, list[Any]] = {}
    rest: list[str | None] = [None] * len(group)
    for index, event in enumerate(group):
        extra = {}
        for name, value in event.attributes.items():
            if name in ATTRIBUTE_COLUMNS:
                if name not in columns:
                    columns[name] = [None] * len(group)
                columns[name][index] = value
            else:
                extra[name] = value
        if extra:
            rest[index] = _json(extra, rejected)
    return {**columns, "attributes": rest}


def _json(values: dict[str, Any], rejected: Rejected) -> str:
    try:
        return _encoder.encode(values).decode()
    except UnicodeEncodeError:  # a lone surrogate, which no reader of JSON takes
        kept = {name: value for name, value in values.items() if not isinstance(value, str) or _is_text(value)}
        rejected.update(values.keys() - kept.keys())
        return _encoder.encode(kept).decode()


def _json_lines(rows: list[Any], rejected: Rejected) -> list[str]:
    try:
        return _encoder.encode_lines(rows).decode().split("\n")[:-1]  # JSON escapes line ends inside of strings
    except UnicodeEncodeError:
        return [_json(msgspec.to_builtins(row), rejected) for row in rows]


@lru_cache(maxsize=1024)
def _object_of(names: tuple[str, ...]) -> Callable[..., Any]:
    """A type whose objects are written as JSON objects with these names: made and written faster than dictionaries."""
    fields = [f"f{index}" for index in range(len(names))]
    return msgspec.defstruct("Rest", fields, rename=dict(zip(fields, names, strict=True)), gc=False)


def _only_fitting(name: str, column: Sequence[Any], rejected: Rejected) -> list[Any]:
    fits = _FITS[ATTRIBUTE_COLUMNS[name]]
    kept = [value if value is None or fits(value) else None for value in column]
    rejected[name] += sum(1 for a, b in zip(column, kept, strict=True) if a is not None and b is None)
    return kept


def _is_text(value: Any) -> bool:
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False


_FITS: dict[AttributeType, Callable[[Any], bool]] = {
    "text": _is_text,
    "count": lambda v: isinstance(v, int) and not isinstance(v, bool) and -_LARGEST <= v <= _LARGEST,
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v),
    "flag": lambda v: isinstance(v, bool),
}


# Each of these makes the Arrow buffers of one column, validity first (empty if every row has a value), and raises if a
# value is not of the column's type.


def _texts(groups: _Groups, sizes: Sequence[int]) -> _Buffers:
    column: list[Any] = []
    for values, size in zip(groups, sizes, strict=True):
        column += [None] * size if values is None else values
    made = na.c_array(column, _string).view()
    return bytes(made.buffer(0)), bytes(made.buffer(1)), bytes(made.buffer(2))


def _numbers_of(code: str, types: type | tuple[type, ...]) -> Callable[[_Groups, Sequence[int]], _Buffers]:
    def build(groups: _Groups, sizes: Sequence[int]) -> _Buffers:
        valid = _Bits()
        parts: list[bytes] = []
        for values, size in zip(groups, sizes, strict=True):
            if values is None:
                valid.skip(size)
                parts.append(bytes(8 * size))
                continue
            if None in values:
                valid.add([value is not None for value in values])
                if not all(value is None or isinstance(value, types) for value in values):
                    raise TypeError("a value of another type")
                values = [0 if value is None else value for value in values]
            else:
                valid.add_all(size)
            numbers = array(code, values)
            if code == "q" and numbers and not -_LARGEST <= min(numbers) <= max(numbers) <= _LARGEST:
                raise OverflowError("a count that can be none")
            parts.append(numbers.tobytes())
        return valid.validity(), b"".join(parts)

    return build


def _flags(groups: _Groups, sizes: Sequence[int]) -> _Buffers:
    valid, bits = _Bits(), _Bits()
    for values, size in zip(groups, sizes, strict=True):
        if values is None:
            valid.skip(size)
            bits.skip(size)
            continue
        if not all(value is None or value is True or value is False for value in values):
            raise TypeError("a value of another type")
        if None in values:
            valid.add([value is not None for value in values])
        else:
            valid.add_all(size)
        bits.add([value is True for value in values])
    return valid.validity(), bits.all()


class _Bits:
    """A bitmap as Arrow wants it, least significant bit first, built as one long number."""

    def __init__(self) -> None:
        self._size = 0
        self._bits = 0
        self._ones = 0

    def skip(self, size: int) -> None:
        """That many zeros."""
        self._size += size

    def add_all(self, size: int) -> None:
        """That many ones."""
        self._bits |= ((1 << size) - 1) << self._size
        self._size += size
        self._ones += size

    def add(self, flags: Sequence[bool]) -> None:
        """These."""
        if flags:
            self._bits |= int("".join(["1" if flag else "0" for flag in reversed(flags)]), 2) << self._size
            self._size += len(flags)
            self._ones += sum(flags)

    def all(self) -> bytes:
        """The bitmap."""
        return self._bits.to_bytes(self._size // 8 + 1, "little")

    def validity(self) -> bytes:
        """The bitmap, or nothing if it has only ones, which is what Arrow calls a column without nulls."""
        return b"" if self._ones == self._size else self.all()


_BUILDERS: dict[str, Callable[[_Groups, Sequence[int]], _Buffers]] = {
    "text": _texts,
    "count": _numbers_of("q", int),
    "number": _numbers_of("d", (int, float)),
    "flag": _flags,
}
