"""Events as Arrow: the columns of table `events`, filled without pandas, pyarrow or numpy.

Events of one shape (the same attribute names in the same order) become columns by transposing, at C speed; rare
shapes share one chunk that is filled cell by cell. Rows therefore change places within a batch, which nothing relies
on: an event carries its own time.
"""

from __future__ import annotations

import gc
import json
import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import nanoarrow as na
from nanoarrow.c_array_stream import CArrayStream

from tachograph_sdk.model.attributes import ATTRIBUTES, AttributeType
from tachograph_sdk.model.event import Event

__all__ = ["ATTRIBUTE_COLUMNS", "FIXED_COLUMNS", "ArrowTable", "event_table", "key_table"]

FIXED_COLUMNS = ("event_id", "occurred_at", "received_at", "kind", "agent", "source", "name", "session_id")
ATTRIBUTE_COLUMNS: dict[str, AttributeType] = {a.name: a.type for a in ATTRIBUTES.values() if a.column}

_SMALL_SHAPE = 48  # rows below which a chunk of its own costs more than filling cell by cell
_INT64_MAX = 2**63 - 1

_timestamp = na.c_schema(na.timestamp("us"))
_string = na.c_schema(na.string())
_int64 = na.c_schema(na.int64())
_double = na.c_schema(na.float64())
_bool = na.c_schema(na.bool_())
_SCHEMAS = {"text": _string, "count": _int64, "number": _double, "flag": _bool}
_encoder = msgspec.json.Encoder()

Rejected = Counter[str]
"""How many attribute values could not be stored, by attribute name."""


class ArrowTable:
    """Chunks behind one schema; every reader gets a fresh stream, because DuckDB asks twice."""

    def __init__(self, chunks: Sequence[Any], schema: Any) -> None:
        self._chunks = list(chunks)
        self._schema = schema

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return CArrayStream.from_c_arrays(self._chunks, self._schema, move=False).__arrow_c_stream__(requested_schema)


def event_table(events: Sequence[Event]) -> tuple[ArrowTable, list[str], Rejected]:
    """The events as an Arrow table, its column names, and the values that fit no column and were left out.

    Columns are the fixed ones, the attributes that occur, and `attributes` with the rest as JSON text.
    """
    collecting = gc.isenabled()
    gc.disable()  # tens of thousands of short-lived rows would set off full collections: a third of the time
    try:
        return _event_table(events)
    finally:
        if collecting:
            gc.enable()


def _event_table(events: Sequence[Event]) -> tuple[ArrowTable, list[str], Rejected]:
    shapes: dict[tuple[str, ...], list[Event]] = {}
    for event in events:
        shapes.setdefault(tuple(event.attributes), []).append(event)
    used = {name for shape in shapes for name in shape if name in ATTRIBUTE_COLUMNS}
    attribute_names = [name for name in ATTRIBUTE_COLUMNS if name in used]
    names = [*FIXED_COLUMNS, *attribute_names, "attributes"]
    schemas = [
        _string,
        _timestamp,
        _timestamp,
        *[_string] * 5,
        *[_SCHEMAS[ATTRIBUTE_COLUMNS[name]] for name in attribute_names],
        _string,
    ]
    schema = na.c_schema(na.struct({n: na.Schema(s) for n, s in zip(names, schemas, strict=True)}))
    rejected: Rejected = Counter()
    chunks = []
    rare: list[Event] = []
    for shape, group in shapes.items():
        if len(group) < _SMALL_SHAPE:
            rare += group
        else:
            chunks.append(_chunk(schema, group, _by_transposing(shape, group), attribute_names, rejected))
    if rare:
        chunks.append(_chunk(schema, rare, _cell_by_cell(rare), attribute_names, rejected))
    return ArrowTable(chunks, schema), names, rejected


def key_table(events: Iterable[Event]) -> ArrowTable:
    """Only event_id, occurred_at and session_id, of events that name a session."""
    rows = [e for e in events if e.session_id is not None]
    schema = na.c_schema(
        na.struct({"event_id": na.string(), "occurred_at": na.timestamp("us"), "session_id": na.string()})
    )
    children = [
        na.c_array([e.event_id for e in rows], _string),
        _buffer_array(_timestamp, array("q", [e.at_us for e in rows])),
        _texts([e.session_id for e in rows]),
    ]
    return ArrowTable([na.c_array_from_buffers(schema, len(rows), [None], children=children)], schema)


Columns = dict[str, Sequence[Any]]


def _by_transposing(shape: tuple[str, ...], group: Sequence[Event]) -> Columns:
    columns: Columns = dict(zip(shape, zip(*[e.attributes.values() for e in group], strict=True), strict=True))
    rest = [name for name in shape if name not in ATTRIBUTE_COLUMNS]
    if rest:
        rows = zip(*[columns.pop(name) for name in rest], strict=True)
        columns["attributes"] = _json_lines([dict(zip(rest, row, strict=True)) for row in rows])
    return columns


def _cell_by_cell(group: Sequence[Event]) -> Columns:
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
            rest[index] = _json(extra)
    return {**columns, "attributes": rest}


def _json(values: dict[str, Any]) -> str:
    try:
        return _encoder.encode(values).decode()
    except UnicodeEncodeError:  # a lone surrogate
        return json.dumps(values)


def _json_lines(rows: list[dict[str, Any]]) -> list[str]:
    try:
        return _encoder.encode_lines(rows).decode().split("\n")[:-1]  # JSON escapes line ends inside of strings
    except UnicodeEncodeError:
        return [_json(row) for row in rows]


def _chunk(
    schema: Any, group: Sequence[Event], columns: Columns, attribute_names: Sequence[str], rejected: Rejected
) -> Any:
    length = len(group)
    children = [
        na.c_array([e.event_id for e in group], _string),
        _buffer_array(_timestamp, array("q", [e.at_us for e in group])),
        _buffer_array(_timestamp, array("q", [e.received_us for e in group])),
        na.c_array([e.kind for e in group], _string),  # StrEnum members are strings
        na.c_array([e.agent for e in group], _string),
        na.c_array([e.source for e in group], _string),
        na.c_array([e.name for e in group], _string),
        _texts([e.session_id for e in group]),
    ]
    for name in attribute_names:
        column = columns.get(name)
        if column is None:
            children.append(_nulls(ATTRIBUTE_COLUMNS[name], length))
            continue
        build = _BUILDERS[ATTRIBUTE_COLUMNS[name]]
        try:
            children.append(build(column))
        except (TypeError, ValueError, OverflowError):  # one odd value must not stop the batch
            children.append(build(_only_fitting(name, column, rejected)))
    rest = columns.get("attributes")
    children.append(_nulls("text", length) if rest is None else _texts(rest))
    return na.c_array_from_buffers(schema, length, [None], children=children)


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
    "count": lambda v: isinstance(v, int) and not isinstance(v, bool) and -_INT64_MAX <= v <= _INT64_MAX,
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v),
    "flag": lambda v: isinstance(v, bool),
}


def _texts(values: Sequence[Any]) -> Any:
    return na.c_array(list(values), _string)


def _counts(values: Sequence[Any]) -> Any:
    if None in values:
        return na.c_array(_checked(values, int), _int64)
    return _buffer_array(_int64, array("q", values))


def _numbers(values: Sequence[Any]) -> Any:
    if None in values:
        return na.c_array([None if v is None else float(v) for v in _checked(values, (int, float))], _double)
    return _buffer_array(_double, array("d", values))


def _flags(values: Sequence[Any]) -> Any:
    return na.c_array(_checked(values, bool), _bool)


def _checked(values: Sequence[Any], type_: type | tuple[type, ...]) -> list[Any]:
    if all(v is None or isinstance(v, type_) for v in values):
        return list(values)
    raise TypeError("a value of another type")


_BUILDERS: dict[AttributeType, Callable[[Sequence[Any]], Any]] = {
    "text": _texts,
    "count": _counts,
    "number": _numbers,
    "flag": _flags,
}


def _buffer_array(schema: Any, values: array[Any]) -> Any:
    return na.c_array_from_buffers(schema, len(values), [None, values], null_count=0)


def _nulls(type_: AttributeType, length: int) -> Any:
    bits = bytes(length // 8 + 1)
    buffers = {
        "text": [bits, bytes(4 * (length + 1)), b""],
        "count": [bits, bytes(8 * length)],
        "number": [bits, bytes(8 * length)],
        "flag": [bits, bits],
    }[type_]
    return na.c_array_from_buffers(_SCHEMAS[type_], length, buffers, null_count=length)
