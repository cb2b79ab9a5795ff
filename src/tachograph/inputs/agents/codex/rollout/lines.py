"""How one line of bytes becomes a record.

A record is read strictly and fast; only if that fails is it read again field by field, so that an odd value in a field
nobody needs does not cost the line, and one in a count of tokens does.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from tachograph.inputs.agents.codex.rollout.records import ABSENT, Kind, Line, Tokens
from tachograph.inputs.agents.kit.history import MAX_LINE_BYTES
from tachograph.inputs.agents.kit.records import Unusable
from tachograph.inputs.agents.kit.values import MAX_COUNT
from tachograph_sdk.model.event import DropReason

__all__ = [
    "as_text",
    "check",
    "decode_line",
    "head_of",
    "kind_of",
    "read",
    "tail_of",
]

_MAX_TEXT_BYTES = 4 * 1024 * 1024  # of a text that is looked at: a patch, a command, a prompt
_HEAD_BYTES = 1024

_Record = TypeVar("_Record", bound=msgspec.Struct)
_line = msgspec.json.Decoder(Line).decode
_kind = msgspec.json.Decoder(Kind).decode
_text = msgspec.json.Decoder(str).decode
_COUNTS = frozenset(field.name for field in msgspec.structs.fields(Tokens))


def decode_line(line: bytes) -> Line:
    """Read one line, without its line end. Its payload stays raw.

    Raises:
        Unusable: not UTF-8, not JSON, not an object, without a type or payload, too long or too deep.
    """
    if len(line) > MAX_LINE_BYTES:
        raise Unusable(DropReason.TOO_LARGE, "line too long")
    try:
        if not line.isascii():
            line.decode()
        record = _line(line)
    except UnicodeDecodeError:
        raise Unusable(DropReason.BAD_LINE, "not UTF-8") from None
    except msgspec.DecodeError:
        raise Unusable(DropReason.BAD_LINE, "not a record") from None
    except RecursionError:
        raise Unusable(DropReason.TOO_LARGE, "nested too deeply") from None
    if record.type is None:
        raise Unusable(DropReason.BAD_LINE, "no record type")
    return record


def kind_of(payload: msgspec.Raw) -> str:
    """A payload's own type; "" if it has none."""
    try:
        return _kind(payload).type or ""
    except msgspec.DecodeError:
        return ""


def read(kind: type[_Record], raw: msgspec.Raw) -> _Record:
    """Read `raw` as `kind`.

    Raises:
        Unusable: it is no object, or a count of tokens in it is none.
    """
    try:
        return _decoder(kind)(raw)  # type: ignore[no-any-return]
    except msgspec.ValidationError:
        return _read_loosely(kind, raw)
    except msgspec.DecodeError:
        raise Unusable(DropReason.BAD_LINE, "no payload") from None
    except RecursionError:
        raise Unusable(DropReason.TOO_LARGE, "nested too deeply") from None


def as_text(raw: msgspec.Raw) -> str | None:
    """The string a raw JSON value holds, None if it holds none or one that is too long to look at."""
    if not 2 <= len(memoryview(raw)) <= _MAX_TEXT_BYTES:
        return None
    try:
        return _text(raw)
    except msgspec.DecodeError:
        return None


def head_of(raw: msgspec.Raw) -> str:
    """How a raw JSON string begins, without decoding the rest, which may be megabytes."""
    return _unescaped(bytes(memoryview(raw)[1:_HEAD_BYTES]).decode("utf-8", "replace"))


def tail_of(raw: msgspec.Raw) -> str:
    """How a raw JSON string ends."""
    view = memoryview(raw)
    return _unescaped(bytes(view[max(1, len(view) - _HEAD_BYTES) : len(view) - 1]).decode("utf-8", "replace"))


def _unescaped(text: str) -> str:
    """Line ends and quotes as they are; the other escapes stay, because no verdict hangs on them."""
    return text.replace("\\n", "\n").replace('\\"', '"')


def _read_loosely(kind: type[_Record], raw: msgspec.Raw) -> _Record:
    try:
        fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        raise Unusable(DropReason.BAD_LINE, "no payload") from None
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        value = fields.get(field.encode_name, ABSENT)
        if value is ABSENT:
            continue
        try:
            values[field.name] = _field_decoder(field.type)(value)
        except msgspec.DecodeError:
            nested = _struct_of(field.type)
            if nested is not None and bytes(memoryview(value)[:1]) == b"{":
                values[field.name] = _read_loosely(nested, value)
            elif field.name in _COUNTS:
                raise Unusable(DropReason.BAD_NUMBER, "a count that is none") from None
    return kind(**values)


def check(tokens: Tokens) -> Tokens:
    """The same usage, if its counts can be counts.

    Raises:
        Unusable: one is negative or too large.
    """
    for name in _COUNTS:
        value = getattr(tokens, name)
        if value is not None and not 0 <= value <= MAX_COUNT:
            raise Unusable(DropReason.BAD_NUMBER, "a count out of range")
    return tokens


def _struct_of(kind: Any) -> type[msgspec.Struct] | None:
    for option in getattr(kind, "__args__", (kind,)):
        if isinstance(option, type) and issubclass(option, msgspec.Struct):
            return option
    return None


def _decoder(kind: type[Any]) -> Any:
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind).decode
    return decoder


def _field_decoder(kind: Any) -> Any:
    return lambda raw: msgspec.json.decode(raw, type=kind)


_decoders: dict[type[Any], Any] = {}
