"""Splits a file into the objects that were written to it one after the other, each over many lines.

The SDK's file exporters print an object with an indent of two spaces and append it. So an object begins where a line ends
with a brace and the next one is indented by two spaces, and ends with the first brace at the start of a line: neither is
found inside one. A process that was killed leaves half an object, to which the next one appends: what is before the
beginning of another object is damaged, and reading goes on there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tachograph.inputs.files.otel_dump.beginning import BEGINS
from tachograph.inputs.files.streams import Reads
from tachograph_sdk.model.event import DropReason

__all__ = ["MAX_OBJECT_BYTES", "Found", "read_objects"]

MAX_OBJECT_BYTES: Final = 64 * 1024 * 1024
_PIECE_BYTES: Final = 1024 * 1024
_END: Final = b"\n}"
_LONGEST_MARK: Final = 5  # bytes of what BEGINS finds, but for the last


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One object, or a place where there should be one."""

    end: int  # bytes of the file up to its end
    body: bytes = b""  # empty where it is unusable
    problem: DropReason | None = None
    size: int = 0  # of what is unusable
    is_torn: bool = False  # the file ends too early

    def __repr__(self) -> str:
        return f"Found(end={self.end}, bytes={len(self.body)})"


def read_objects(stream: Reads, *, start: int = 0) -> Iterator[Found]:
    """The objects, in order. Never raises for what is in the file.

    Args:
        stream: the file from `start` on, unpacked.
        start: bytes that came before.
    """
    text = _Text(stream, start)
    while text.seek_object():
        if text.skipped:
            yield Found(end=text.offset, problem=DropReason.MALFORMED, size=text.skipped)
        end = text.find(_END)
        if end is None:
            if text.is_at_end:
                yield Found(end=text.offset, is_torn=True)
                return
            text.drop_object()
            yield Found(end=text.offset, problem=DropReason.TOO_LARGE, size=MAX_OBJECT_BYTES)
            continue
        other = text.next_beginning(end)
        if other is not None:
            text.advance(other)
            yield Found(end=text.offset, problem=DropReason.MALFORMED, size=other)
        else:
            body = text.advance(end + len(_END))
            yield Found(end=text.offset, body=body)
    if text.skipped:
        yield Found(end=text.offset, problem=DropReason.MALFORMED, size=text.skipped)


class _Text:
    """What was read and not used yet; `offset` is where it begins in the file."""

    def __init__(self, stream: Reads, offset: int) -> None:
        self.offset = offset
        self.is_at_end = False
        self.skipped = 0  # bytes before the object that are none, blanks left out
        self._stream = stream
        self._bytes = bytearray()

    def seek_object(self) -> bool:
        """Go to where the next object begins. Blank text between objects is nothing."""
        self.skipped = 0
        while True:
            found = BEGINS.search(self._bytes)
            if found is not None:
                self._skip(found.start())
                return True
            self._skip(max(0, len(self._bytes) - _LONGEST_MARK))
            if not self._more():
                # What is left at the end may be the first bytes of an object that is being written.
                if self._bytes.strip() and not self._bytes.lstrip().startswith(b"{"):
                    self._skip(len(self._bytes))
                return False

    def find(self, what: bytes) -> int | None:
        """Where this is in the object, None if it ends before or is too large."""
        looked = 0
        while True:
            at = self._bytes.find(what, max(0, looked - len(what)))
            if at >= 0:
                return at
            looked = len(self._bytes)
            if looked > MAX_OBJECT_BYTES or not self._more():
                return None

    def next_beginning(self, before: int) -> int | None:
        """Where another object begins inside this one, so that this one is only half."""
        found = BEGINS.search(self._bytes, 1, before)
        return found.start() if found is not None else None

    def advance(self, size: int) -> bytes:
        """Take so many bytes."""
        taken = bytes(self._bytes[:size])
        del self._bytes[:size]
        self.offset += size
        return taken

    def drop_object(self) -> None:
        """Pass over the beginning of an object that is too large; what follows of it is no beginning."""
        self.advance(len(self._bytes) - _LONGEST_MARK)
        while (found := BEGINS.search(self._bytes)) is None:
            self.advance(max(0, len(self._bytes) - _LONGEST_MARK))
            if not self._more():
                break
        self.advance(found.start() if found is not None else len(self._bytes))

    def _skip(self, size: int) -> None:
        passed = self.advance(size)
        self.skipped += len(b"".join(passed.split()))

    def _more(self) -> bool:
        piece = b"" if self.is_at_end else self._stream.read(_PIECE_BYTES)
        self.is_at_end = not piece
        self._bytes += piece
        return bool(piece)
