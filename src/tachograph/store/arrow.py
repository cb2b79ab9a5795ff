"""Columns of events as an Arrow stream, made by nanoarrow around buffers that are there already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import nanoarrow as na
from nanoarrow.c_array_stream import CArrayStream

from tachograph.ports import EventColumns
from tachograph.store.columns import FIXED_COLUMNS, TYPES

__all__ = ["ArrowTable", "event_table"]

REPEATED = "repeated"  # whether an earlier row of the same table has the same event id; only there if one has
_ID_CHARS = 32

_SCHEMAS = {
    "text": na.c_schema(na.string()),
    "time": na.c_schema(na.timestamp("us")),
    "count": na.c_schema(na.int64()),
    "number": na.c_schema(na.float64()),
    "flag": na.c_schema(na.bool_()),
}


class ArrowTable:
    """Chunks behind one schema; every reader gets a fresh stream, because DuckDB asks twice."""

    def __init__(self, chunks: Sequence[Any], schema: Any, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._chunks = list(chunks)
        self._schema = schema

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return CArrayStream.from_c_arrays(self._chunks, self._schema, move=False).__arrow_c_stream__(requested_schema)


def event_table(parts: Sequence[EventColumns]) -> ArrowTable:
    """The events of all parts as one table, with the columns that occur in any of them."""
    used = {name for part in parts for name in part.columns}
    names = [name for name in TYPES if name in used or name in FIXED_COLUMNS or name == "attributes"]
    types = {name: _SCHEMAS[TYPES[name]] for name in names}
    marks = _repeats(parts)
    if marks is not None:
        types[REPEATED] = _SCHEMAS["flag"]
    schema = na.c_schema(na.struct({name: na.Schema(kind) for name, kind in types.items()}))
    chunks = []
    for place, part in enumerate(parts):
        if not part.rows:
            continue
        children = [_array(name, part) for name in names]
        if marks is not None:
            children.append(na.c_array_from_buffers(types[REPEATED], part.rows, [None, marks[place]], null_count=0))
        chunks.append(na.c_array_from_buffers(schema, part.rows, [None], children=children))
    return ArrowTable(chunks, schema, list(types))


def _array(name: str, part: EventColumns) -> Any:
    type_ = TYPES[name]
    buffers = part.columns.get(name)
    if buffers is None:
        return _nulls(type_, part.rows)
    validity, *rest = buffers
    return na.c_array_from_buffers(
        _SCHEMAS[type_], part.rows, [validity or None, *rest], null_count=-1 if validity else 0
    )


def _nulls(type_: str, rows: int) -> Any:
    bits = bytes(rows // 8 + 1)
    buffers = {"text": [bits, bytes(4 * (rows + 1)), b""], "flag": [bits, bits]}.get(type_) or [bits, bytes(8 * rows)]
    return na.c_array_from_buffers(_SCHEMAS[type_], rows, buffers, null_count=rows)


def _repeats(parts: Sequence[EventColumns]) -> list[bytes] | None:
    """For each part a bitmap of the rows whose event id an earlier row has; None if there is no such row at all."""
    seen: set[str] = set()
    marks: list[bytes] | None = None
    for place, part in enumerate(parts):
        text = part.columns["event_id"][2].decode()
        ids = [text[start : start + _ID_CHARS] for start in range(0, len(text), _ID_CHARS)]
        distinct = set(ids)
        if len(distinct) == len(ids) and seen.isdisjoint(distinct):
            seen |= distinct
            continue
        if marks is None:
            marks = [bytes(other.rows // 8 + 1) for other in parts]
        bits = bytearray(marks[place])
        for row, event_id in enumerate(ids):
            if event_id in seen:
                bits[row // 8] |= 1 << row % 8
            seen.add(event_id)
        marks[place] = bytes(bits)
    return marks
