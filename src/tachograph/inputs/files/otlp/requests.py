"""Splits a file into the requests it holds.

Read are, compressed with gzip or zstd or not, whatever the file is called:

* one request in protobuf (`.pb`, `.binpb`) or in OTLP/JSON, on one line or many;
* one OTLP/JSON request per line, as the Collector's file exporter writes with `format: json`;
* requests that follow one another, each after its length in four bytes, highest first, as the same exporter writes with
  `format: proto`, and in versions before native compression also with `compression: zstd`: there each request is
  compressed on its own, in protobuf or JSON.

Source: opentelemetry-collector-contrib, exporter/fileexporter, file_writer.go and compression_writer.go. Requests with
varint lengths are not read: no exporter writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from tachograph.inputs.files.otlp.beginning import begins_json_request
from tachograph.inputs.files.otlp.signal import named_signal, signal_of
from tachograph.inputs.files.streams import Reads
from tachograph.inputs.opening import BYTE_ORDER_MARK
from tachograph.inputs.otlp.compression import Zstd
from tachograph.inputs.otlp.signals import LOGS, METRICS, TRACES, Encoding, Signal
from tachograph.ports import FrameKind
from tachograph_sdk.errors import DecodeError
from tachograph_sdk.model.event import DropReason

__all__ = ["MAX_BODY_BYTES", "Found", "looks_like_otlp", "read_requests"]

MAX_BODY_BYTES: Final = 64 * 1024 * 1024
HEAD_BYTES: Final = 64 * 1024

_ZSTD_MARK: Final = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One request, or a place where there should be one."""

    place: str  # "line 3", "request 2"
    end: int  # bytes of the file up to its end; meaningful where the file is not compressed
    kind: FrameKind | None = None  # None where it is unusable
    body: bytes = b""
    problem: DropReason | None = None
    size: int = 0  # of what is unusable
    is_torn: bool = False  # it ends too early

    def __repr__(self) -> str:
        return f"Found(place={self.place!r}, bytes={len(self.body)})"


class _Outline(msgspec.Struct):
    logs: msgspec.Raw = msgspec.field(name="resourceLogs", default=msgspec.Raw(b""))
    metrics: msgspec.Raw = msgspec.field(name="resourceMetrics", default=msgspec.Raw(b""))
    spans: msgspec.Raw = msgspec.field(name="resourceSpans", default=msgspec.Raw(b""))


_outline = msgspec.json.Decoder(_Outline)


def looks_like_otlp(head: bytes, name: str) -> bool:
    """Whether a file that begins with `head` holds requests.

    Args:
        head: its first `HEAD_BYTES`, unpacked.
        name: its name; where the content is damaged, it says what it was meant to be.
    """
    if begins_json_request(head):
        return True
    is_cut = len(head) >= HEAD_BYTES
    if head[:1] == b"\x0a":
        parts = name.lower().split(".")
        is_named = ("pb" in parts or "binpb" in parts) and named_signal(name) is not None
        return is_named or signal_of(head, is_cut=is_cut) is not None
    length = int.from_bytes(head[:4], "big")
    if len(head) < 5 or not 0 < length <= MAX_BODY_BYTES:
        return False
    inner = head[4 : 4 + length]
    if inner.startswith(_ZSTD_MARK) or begins_json_request(inner):
        return True
    return signal_of(inner, is_cut=len(inner) < length) is not None


def read_requests(stream: Reads, name: str, *, start: int = 0, number: int = 0) -> Iterator[Found]:
    """The requests, in order. Never raises for what is in the file.

    Args:
        stream: the file from `start` on, unpacked.
        name: the file's name, which may say the signal.
        start: bytes that came before.
        number: lines or requests that came before.
    """
    text = _Buffer(stream, start)
    head = text.peek(5)
    hint = named_signal(name)
    if head.startswith(BYTE_ORDER_MARK):
        text.exactly(len(BYTE_ORDER_MARK))
        head = text.peek(5)
    if _is_json(head):
        yield from _lines(text, number)
    elif head[:1] == b"\x0a":
        body = text.rest(MAX_BODY_BYTES)
        if body is None:
            yield Found(place="request 1", end=text.offset, problem=DropReason.TOO_LARGE, size=MAX_BODY_BYTES)
        else:
            yield from _protobuf(body, hint, "request 1", text.offset)
    else:
        yield from _framed(text, hint, number)


def _is_json(head: bytes) -> bool:
    """Whether JSON begins here. A protobuf request may begin with the bytes of a line end and a brace, too."""
    rest = head.lstrip(b" \t\r\n")
    if not rest:
        return True  # blank lines
    return rest[:1] == b"{" and (head[:1] != b"\x0a" or rest[1:2] in (b"", b'"', b"}", b" ", b"\n", b"\r", b"\t"))


def _lines(text: _Buffer, number: int) -> Iterator[Found]:
    """Lines of JSON; a first line that is no whole value begins a request that is written over many lines."""
    first = True
    while True:
        line = text.line(MAX_BODY_BYTES)
        if line == b"":
            return
        number += 1
        place = f"line {number}"
        if line is None:
            yield Found(place=place, end=text.offset, problem=DropReason.TOO_LARGE, size=MAX_BODY_BYTES)
        elif not line.isspace():
            found = list(_json(line, place, text.offset))
            if found[0].is_torn and first and not text.is_at_end():
                rest = text.rest(MAX_BODY_BYTES - len(line))
                if rest is None:
                    yield Found(place=place, end=text.offset, problem=DropReason.TOO_LARGE, size=MAX_BODY_BYTES)
                    return
                found = list(_json(line + rest, "request 1", text.offset))
            if found[0].is_torn and not first and line.endswith(b"\n"):  # it is as long as it will ever be
                found = [replace(found[0], is_torn=False, problem=DropReason.MALFORMED)]
            yield from found
            first = False


def _framed(text: _Buffer, hint: Signal | None, number: int) -> Iterator[Found]:
    while not text.is_at_end():
        number += 1
        place = f"request {number}"
        length = int.from_bytes(text.peek(4), "big")
        if length > MAX_BODY_BYTES:
            yield Found(place=place, end=text.offset, problem=DropReason.MALFORMED, size=4)
            return  # where the next one begins cannot be known
        frame = text.exactly(4 + length)
        if len(frame) < 4 + length:
            yield Found(place=place, end=text.offset, is_torn=True)
            return
        body: bytes | None = frame[4:]
        if frame.startswith(_ZSTD_MARK, 4):
            body = _unpack(frame[4:])
        if body is None:
            yield Found(place=place, end=text.offset, problem=DropReason.MALFORMED, size=length)
        elif body[:1] == b"{":
            for found in _json(body, place, text.offset):
                is_cut = found.is_torn  # but the frame is whole
                yield replace(found, is_torn=False, problem=DropReason.MALFORMED) if is_cut else found
        else:
            yield from _protobuf(body, hint, place, text.offset)


def _json(body: bytes, place: str, end: int) -> Iterator[Found]:
    try:
        outline = _outline.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        if str(error).startswith("Input data was truncated"):
            yield Found(place=place, end=end, size=len(body), is_torn=True)
        else:
            yield Found(place=place, end=end, problem=DropReason.MALFORMED, size=len(body))
        return
    signals = [
        signal
        for signal, part in ((LOGS, outline.logs), (METRICS, outline.metrics), (TRACES, outline.spans))
        if bytes(part)
    ]
    for signal in signals:
        yield Found(place=place, end=end, kind=signal.kind(Encoding.JSON), body=body)
    if not signals:
        yield Found(place=place, end=end, problem=DropReason.MALFORMED, size=len(body))


def _protobuf(body: bytes, hint: Signal | None, place: str, end: int) -> Iterator[Found]:
    signal = signal_of(body) or hint
    if signal is None:
        if body:
            yield Found(place=place, end=end, problem=DropReason.MALFORMED, size=len(body))
        return
    yield Found(place=place, end=end, kind=signal.kind(Encoding.PROTOBUF), body=body)


def _unpack(body: bytes) -> bytes | None:
    """What one request was before it was compressed; None if it cannot be said or would be too large."""
    unpacker = Zstd()
    out = bytearray()
    try:
        for piece in unpacker.feed(body):
            out += piece
            if len(out) > MAX_BODY_BYTES:
                return None
        unpacker.finish()
    except DecodeError:
        return None
    return bytes(out)


class _Buffer:
    """A stream from which lines and pieces of known length are taken."""

    def __init__(self, stream: Reads, offset: int) -> None:
        self.offset = offset  # of what comes next
        self._stream = stream
        self._data = bytearray()
        self._ended = False

    def peek(self, size: int) -> bytes:
        self._fill(size)
        return bytes(self._data[:size])

    def is_at_end(self) -> bool:
        return not self.peek(1)

    def exactly(self, size: int) -> bytes:
        """So many bytes, or fewer at the end."""
        self._fill(size)
        return self._take(size)

    def rest(self, limit: int) -> bytes | None:
        """All there is; None if that is more than `limit`."""
        self._fill(limit + 1)
        return None if len(self._data) > limit else self._take(len(self._data))

    def line(self, limit: int) -> bytes | None:
        """The next line with its end, b"" if there is none, None if it was longer than `limit` and passed over."""
        looked = 0
        while True:
            at = self._data.find(b"\n", looked)
            if at >= 0:
                line = self._take(at + 1)
                return line if at <= limit else None
            looked = len(self._data)
            if looked > limit:
                break
            if not self._read_more():
                return self._take(looked)
        while True:
            at = self._data.find(b"\n")
            self._take(at + 1 if at >= 0 else len(self._data))
            if at >= 0 or not self._read_more():
                return None

    def _take(self, size: int) -> bytes:
        taken = bytes(self._data[:size])
        del self._data[:size]
        self.offset += len(taken)
        return taken

    def _fill(self, size: int) -> None:
        while len(self._data) < size and self._read_more():
            pass

    def _read_more(self) -> bool:
        piece = b"" if self._ended else self._stream.read(1024 * 1024)
        self._data += piece
        self._ended = not piece
        return bool(piece)
