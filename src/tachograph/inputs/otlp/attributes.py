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
_double = Struct("<d").unpack_from


class BadRecord(Exception):
    """One record cannot be used; the others of its request can. Says why and what, never a value."""

    def __init__(self, reason: DropReason, what: str) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.what = what


class AttributeMemo(dict[bytes, tuple[str, AttributeValue]]):
    """`memo[key_value_bytes]` is (key, value). Bounded: it starts again when it is full."""

    __slots__ = ("_keys",)

    def __init__(self) -> None:
        super().__init__()
        self._keys: dict[bytes, str] = {}  # equal names are one object, which makes comparing them fast

    def __missing__(self, data: bytes) -> tuple[str, AttributeValue]:
        pair = self._fast(data) or self._by_parser(data)
        if len(data) <= _MEMO_BYTES:
            if len(self) >= _MEMO_LIMIT:
                self.clear()
            self[data] = pair
        return pair

    def read(self, items: Iterable[bytes]) -> dict[str, AttributeValue]:
        """All attributes of one record; of equal keys the last one wins. Raises BadRecord."""
        return dict(map(self.__getitem__, items))

    def _key(self, data: bytes) -> str:
        key = self._keys.get(data)
        if key is None:
            key = data.decode("utf-8", "replace")
            if len(self._keys) >= _MEMO_LIMIT:
                self._keys.clear()
            if len(data) <= _MEMO_BYTES:
                self._keys[data] = key
        return key

    def _fast(self, data: bytes) -> tuple[str, AttributeValue] | None:
        """The encoding every client uses: key, then a value with one scalar; None if it is anything else."""
        size = len(data)
        if size < 6 or data[0] != 0x0A or data[1] > 0x7F:
            return None
        at = 2 + data[1]
        if at + 3 > size or data[at] != 0x12:
            return None
        key = self._keys.get(data[2:at]) or self._key(data[2:at])
        at += 2
        length = data[at - 1]
        if length > 0x7F:
            length = (length & 0x7F) | data[at] << 7
            at += 1
            if length > 0x3FFF:
                return None
        if at + length != size or length < 2:
            return None
        tag = data[at]
        if tag == 0x0A:
            start = at + 2
            length = data[at + 1]
            if length > 0x7F:
                if start >= size or data[start] > 0x7F:
                    return None
                length = (length & 0x7F) | data[start] << 7
                start += 1
            return (key, data[start:].decode("utf-8", "replace")) if start + length == size else None
        if tag == 0x18:
            last = size - 1
            if data[last] > 0x7F or size - at > 10:
                return None
            number = 0
            for byte in data[last:at:-1]:
                number = number << 7 | byte & 0x7F
            for byte in data[at + 1 : last]:
                if byte < 0x80:  # the number ends early: more fields follow
                    return None
            return key, number
        if tag == 0x21:
            return (key, _double(data, at + 1)[0]) if at + 9 == size else None
        if tag == 0x10:
            return (key, data[at + 1] != 0) if at + 2 == size and data[at + 1] < 0x80 else None
        return None

    def _by_parser(self, data: bytes) -> tuple[str, AttributeValue]:
        try:
            message = KEY_VALUE.FromString(data)
        except ProtobufDecodeError:
            raise BadRecord(DropReason.MALFORMED, "attribute") from None
        return self._key(message.key), _value(message.value, 0, [MAX_NODES])


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
