"""Attributes from protobuf bytes to Python values, each distinct one decoded once.

A client repeats most of its attributes on every record, so the memo maps the bytes of a KeyValue to its key and value.
The usual encodings are read here by hand; everything else (other field orders, lists, maps, overlong lengths) goes to
the protobuf parser, so that both ways agree on what the bytes mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from struct import Struct
from typing import Any

from google.protobuf.message import DecodeError as ProtobufDecodeError

from tachograph.inputs.otlp.lazy_schema import ANY_VALUE, KEY_VALUE
from tachograph_sdk.model.event import AttributeValue, DropReason

__all__ = ["MAX_DEPTH", "AttributeMemo", "BadRecord", "any_value", "canonical"]

MAX_DEPTH = 16  # levels of lists and maps in one value
MAX_NODES = 10_000  # values within one attribute

_MEMO_LIMIT = 16_384
_MEMO_BYTES = 128  # longer ones are prompts and the like: different each time
_VARYING = frozenset(  # names whose values hardly ever repeat: remembering them is work for nothing
    {
        "cost_usd",
        "cost_usd_micros",
        "duration_ms",
        "event.sequence",
        "event.timestamp",
        "message.uuid",
        "request_id",
        "tool_use_id",
        "ttft_ms",
        "output_tokens",
        "cache_read_tokens",
    }
)
_double = Struct("<d").unpack_from


class BadRecord(Exception):
    """One record cannot be used; the others of its request can. Says why and what, never a value."""

    def __init__(self, reason: DropReason, what: str) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.what = what


class AttributeMemo(dict[bytes, tuple[str, AttributeValue]]):
    """`memo[key_value_bytes]` is (key, value). Bounded: it starts again when it is full."""

    __slots__ = ("_heads",)

    def __init__(self) -> None:
        super().__init__()
        self._heads: dict[bytes, str] = {}  # encoded key: its text

    def __missing__(self, data: bytes) -> tuple[str, AttributeValue]:
        """Read by hand what nearly every attribute is: a known key, then a short value with one scalar.

        Every length is checked against the end of the data, so that what is read here is all there is; whatever does
        not fit goes to the parser.
        """
        size = len(data)
        if size < 6:
            return self._by_parser(data)
        at = data[1] + 2
        key = self._heads.get(data[:at])  # tag, length and text of the key at once
        if key is None or at + 3 >= size or size - at > 0x7F or data[at] != 0x12 or data[at + 1] != size - at - 2:
            return self._by_parser(data)
        tag = data[at + 2]
        value: AttributeValue
        if tag == 0x0A:
            if data[at + 3] != size - at - 4:
                return self._by_parser(data)
            try:
                value = data[at + 4 :].decode()
            except UnicodeDecodeError:
                return self._by_parser(data)
        elif tag == 0x18:
            rest = size - at
            first = data[at + 3]
            if rest == 5 and data[at + 4] < 0x80 <= first:
                value = first & 0x7F | data[at + 4] << 7
            elif rest == 4 and first < 0x80:
                value = first
            elif rest == 6 and data[at + 5] < 0x80 <= first and data[at + 4] >= 0x80:
                value = first & 0x7F | (data[at + 4] & 0x7F) << 7 | data[at + 5] << 14
            else:
                return self._by_parser(data)
        elif tag == 0x21 and size == at + 11:
            value = _double(data, at + 3)[0]
        elif tag == 0x10 and size == at + 4 and data[at + 3] < 2:
            value = data[at + 3] == 1
        else:
            return self._by_parser(data)
        return self._remember(data, (key, value)) if key not in _VARYING else (key, value)

    def read(self, items: Iterable[bytes]) -> dict[str, AttributeValue]:
        """All attributes of one record; of equal keys the last one wins. Raises BadRecord."""
        return dict(map(self.__getitem__, items))

    def _by_parser(self, data: bytes) -> tuple[str, AttributeValue]:
        try:
            message = KEY_VALUE.FromString(data)
        except ProtobufDecodeError:
            raise BadRecord(DropReason.MALFORMED, "attribute") from None
        name = message.key
        key = name.decode("utf-8", "replace")
        if len(name) < 0x80:
            head = bytes((0x0A, len(name))) + name
            if len(self._heads) >= _MEMO_LIMIT:
                self._heads.clear()
            key = self._heads.setdefault(head, key)  # equal names are one object, which makes comparing them fast
        return self._remember(data, (key, _value(message.value, 0, [MAX_NODES])))

    def _remember(self, data: bytes, pair: tuple[str, AttributeValue]) -> tuple[str, AttributeValue]:
        if len(data) <= _MEMO_BYTES:
            if len(self) >= _MEMO_LIMIT:
                self.clear()
            self[data] = pair
        return pair


def any_value(data: bytes) -> AttributeValue:
    """An AnyValue on its own, such as the body of a log record. Raises BadRecord."""
    if len(data) > 1 and data[0] == 0x0A and data[1] < 0x80 and data[1] + 2 == len(data):
        return data[2:].decode("utf-8", "replace")
    try:
        message = ANY_VALUE.FromString(data)
    except ProtobufDecodeError:
        raise BadRecord(DropReason.MALFORMED, "body") from None
    return _value(message, 0, [MAX_NODES])


def _value(message: Any, depth: int, budget: list[int]) -> AttributeValue:
    budget[0] -= 1
    if depth > MAX_DEPTH or budget[0] < 0:
        raise BadRecord(DropReason.TOO_LARGE, "attribute")
    which = message.WhichOneof("value")
    if which is None:
        return None
    value = getattr(message, which)
    if which == "string_value":
        return value.decode("utf-8", "replace")  # type: ignore[no-any-return]
    if which == "array_value":
        return [_value(item, depth + 1, budget) for item in value.values]
    if which == "kvlist_value":
        return {item.key.decode("utf-8", "replace"): _value(item.value, depth + 1, budget) for item in value.values}
    return value  # type: ignore[no-any-return]


def canonical(value: AttributeValue, depth: int = 0) -> str:
    """The value as a text that is the same for the same value and no other, whichever encoding it came in."""
    if isinstance(value, str):
        return f"s{len(value)}:{value}"
    if value is None:
        return "n"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int):
        return f"i{value};"
    if isinstance(value, float):
        return "dnan;" if math.isnan(value) else f"d{value!r};"
    if isinstance(value, bytes):
        return f"y{value.hex()};"
    if depth > MAX_DEPTH:
        raise BadRecord(DropReason.TOO_LARGE, "attribute")
    if isinstance(value, list):
        return f"l{len(value)}:" + "".join([canonical(item, depth + 1) for item in value])
    parts = [f"{len(key)}:{key}{canonical(value[key], depth + 1)}" for key in sorted(value)]
    return f"m{len(parts)}:" + "".join(parts)
