"""How one line of bytes becomes a record.

A line is first read strictly and fast; only if that fails is it read again field by field, so that an odd value in a
field nobody needs does not cost the line, and one in a field that is money does.
"""

from __future__ import annotations

import codecs
import re
import types
from typing import Any, Union, get_args, get_origin

import msgspec

from tachograph.inputs.agents.claude_code.transcript.records import (
    ABSENT,
    Block,
    Iteration,
    Message,
    ModelUsage,
    OutputDetails,
    Record,
    ServerTools,
    Split,
    Usage,
)
from tachograph.inputs.agents.kit.history import MAX_LINE_BYTES
from tachograph.inputs.agents.kit.records import Unusable
from tachograph_sdk.model.event import DropReason

__all__ = ["as_text", "decode_line", "read_object"]

_BULKY_BYTES = 1024 * 1024  # above this a line's text is never decoded into Python strings
_PIECE_BYTES = 65536

_strict = msgspec.json.Decoder(Record).decode
_raw_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_text = msgspec.json.Decoder(str).decode

# A number in one of these is money or decides what is counted: if it cannot be read, the line cannot be used.
_COUNTS = frozenset(
    f.name
    for struct in (Split, OutputDetails, ServerTools, Iteration, Usage, ModelUsage)
    for f in msgspec.structs.fields(struct)
    if f.name.endswith(("_tokens", "_requests"))
)
_LONE_SURROGATE = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def decode_line(line: bytes) -> Record:
    """Read one line, without its line end.

    Raises:
        Unusable: not UTF-8, not JSON, not an object, without a type, too long, too deep, or with a count that
            cannot be one.
    """
    if len(line) > _BULKY_BYTES:
        return _decode_bulky(line)
    try:
        if not line.isascii():
            line.decode()
        record = _strict(line)
    except UnicodeDecodeError:
        raise Unusable(DropReason.BAD_LINE, "not UTF-8") from None
    except msgspec.ValidationError:
        return _decode_loosely(line)
    except msgspec.DecodeError:
        return _decode_repaired(line)
    except RecursionError:
        raise Unusable(DropReason.TOO_LARGE, "nested too deeply") from None
    if record.type is None:
        raise Unusable(DropReason.BAD_LINE, "no record type")
    return record


def as_text(raw: msgspec.Raw) -> str | None:
    """The string a raw JSON value holds, None if it holds none. Bulky ones are not decoded: None as well."""
    if not 2 <= len(memoryview(raw)) <= _BULKY_BYTES:
        return None
    try:
        return _text(raw)
    except msgspec.DecodeError:
        return None


def read_object(kind: type[Any], raw: msgspec.Raw | bytes) -> Any:
    """Read `raw` as `kind`, a struct, field by field: a value of the wrong type counts as absent, a bad count raises.

    Returns None if `raw` is not an object.
    """
    try:
        return _strict_decoder(kind)(raw)
    except msgspec.DecodeError:
        pass
    except RecursionError:
        raise Unusable(DropReason.TOO_LARGE, "nested too deeply") from None
    try:
        fields = _loose_decoder(kind)(raw)
    except msgspec.DecodeError:
        return None
    values: dict[str, Any] = {}
    for spec in msgspec.structs.fields(kind):
        value = getattr(fields, spec.name)
        if value is not ABSENT:
            values[spec.name] = _loosen_value(spec.type, value, is_count=spec.name in _COUNTS)
    return kind(**values)


def _decode_bulky(line: bytes) -> Record:
    if len(line) > MAX_LINE_BYTES:
        raise Unusable(DropReason.TOO_LARGE, "line too long")
    if not line.isascii():
        _check_utf8_in_pieces(line)
    return _decode_loosely(line)


def _check_utf8_in_pieces(line: bytes) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(line)
    try:
        for start in range(0, len(line), _PIECE_BYTES):
            decoder.decode(view[start : start + _PIECE_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise Unusable(DropReason.BAD_LINE, "not UTF-8") from None


def _decode_repaired(line: bytes) -> Record:
    """A half of a surrogate pair, escaped, is legal JSON that the fast parser refuses: agents cut texts anywhere."""
    if b"\\u" in line:
        repaired = _LONE_SURROGATE.sub(lambda m: b"\\ufffd" if m.group(1) else m.group(0), line)
        if repaired != line:
            return _decode_loosely(repaired, repair=False)
    raise Unusable(DropReason.BAD_LINE, "not a JSON object")


def _decode_loosely(line: bytes, *, repair: bool = True) -> Record:
    try:
        fields = _loose_decoder(Record)(line)
    except msgspec.ValidationError:
        raise Unusable(DropReason.BAD_LINE, "not a JSON object") from None
    except msgspec.DecodeError:
        if repair:
            return _decode_repaired(line)
        raise Unusable(DropReason.BAD_LINE, "not a JSON object") from None
    except RecursionError:
        raise Unusable(DropReason.TOO_LARGE, "nested too deeply") from None
    record = Record()
    for spec in msgspec.structs.fields(Record):
        value = getattr(fields, spec.name)
        if value is not ABSENT and spec.name not in ("message", "content_raw"):
            setattr(record, spec.name, _loosen_value(spec.type, value, is_count=False))
    if record.type is None:
        raise Unusable(DropReason.BAD_LINE, "no record type")
    if fields.message is not ABSENT:
        record.message, record.content_raw = _loosen_message(fields.message)
    return record


def _loosen_message(raw: msgspec.Raw) -> tuple[Message | None, msgspec.Raw]:
    try:
        fields = _loose_decoder(Message)(raw)
    except msgspec.DecodeError:
        return None, ABSENT
    message = Message()
    for spec in msgspec.structs.fields(Message):
        value = getattr(fields, spec.name)
        if value is not ABSENT and spec.name != "content":
            setattr(message, spec.name, _loosen_value(spec.type, value, is_count=False))
    content = fields.content
    first = bytes(memoryview(content)[:1])
    if first == b"[":
        message.content = [block for item in _raw_list(content) if (block := read_object(Block, item)) is not None]
    elif first == b'"':
        message.content = as_text(content)
        if message.content is None:
            return message, content
    return message, ABSENT


def _loosen_value(kind: Any, raw: msgspec.Raw, *, is_count: bool) -> Any:
    if kind is msgspec.Raw:
        return raw
    for option in get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,):
        if isinstance(option, type) and issubclass(option, msgspec.Struct):
            return read_object(option, raw)
        if get_origin(option) is list and issubclass(get_args(option)[0], msgspec.Struct):
            return _loosen_list(get_args(option)[0], raw)
    if len(memoryview(raw)) > 4096:  # an id, a name or a number is never that long
        return _unusable(is_count)
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError:
        return _integral(raw) if is_count else None


def _loosen_list(item: Any, raw: msgspec.Raw) -> list[Any] | None:
    try:
        raws = _raw_list(raw)
    except msgspec.DecodeError:
        return None
    return [value for value in (read_object(item, r) for r in raws) if value is not None]


def _integral(raw: msgspec.Raw) -> int:
    """`12.0` is the count 12; anything else that is not an integer is damage."""
    try:
        value = msgspec.json.decode(raw, type=float)
    except msgspec.DecodeError:
        value = 0.5
    if not value.is_integer():
        _unusable(True)
    return int(value)


def _unusable(is_count: bool) -> Any:
    if is_count:
        raise Unusable(DropReason.BAD_NUMBER, "a count that is none")
    return None


def _strict_decoder(kind: type[Any]) -> Any:
    decoder = _strict_decoders.get(kind)
    if decoder is None:
        decoder = _strict_decoders[kind] = msgspec.json.Decoder(kind).decode
    return decoder


def _loose_decoder(kind: type[Any]) -> Any:
    """A decoder for the same names as `kind` in which every value stays raw."""
    decoder = _loose_decoders.get(kind)
    if decoder is None:
        fields = [
            (f.name, msgspec.Raw, msgspec.field(default=ABSENT, name=f.encode_name))
            for f in msgspec.structs.fields(kind)
        ]
        loose = msgspec.defstruct("Loose" + kind.__name__, fields)
        decoder = _loose_decoders[kind] = msgspec.json.Decoder(loose).decode
    return decoder


_strict_decoders: dict[type[Any], Any] = {}
_loose_decoders: dict[type[Any], Any] = {}
