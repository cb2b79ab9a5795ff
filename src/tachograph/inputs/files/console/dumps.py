"""Finds printed objects in the output of a run, line by line, and lets go of everything else.

A dump begins with a line that ends in `{`, followed by a line that begins with space and one of the names an exporter
prints first. All of its lines begin with space, up to one that is `}`: long texts are printed with their line ends
escaped, so nothing within a dump stands at the start of a line. What does not keep to this was no dump or is a damaged
one, and looking goes on with the line that broke it, so that each line is looked at once or twice.

Old versions print the resource of the metrics that follow between `=== Resource Attributes ===` and `===`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tachograph.inputs.files.streams import Reads
from tachograph_sdk.model.event import DropReason

__all__ = ["MAX_TOLD", "BrokenDump", "Dump", "DumpFinder", "Line"]

MAX_DUMP_BYTES: Final = 8 * 1024 * 1024
MAX_TOLD: Final = 100  # of one file; the others are counted only
PIECE_BYTES: Final = 1024 * 1024
_BEGINNING_BYTES: Final = 4096  # of a line that is too long: whether it would have been wanted

_FIRST_NAMES: Final = (
    b"resource:",
    b"instrumentationScope:",
    b"instrumentationLibrary:",
    b"descriptor:",
    b"timestamp:",
    b"traceId:",
)
_RESOURCE_LINE: Final = b"=== Resource Attributes ==="
_COLOURS = re.compile(rb"\x1b\[[0-9;]{0,20}m")


@dataclass(frozen=True, slots=True)
class Dump:
    """One printed object. It may hold anything, so it is never stored, logged or shown."""

    text: bytes
    offset: int  # of its first line
    line: int  # number of its first line
    is_resource: bool  # not a record: the resource of those that follow

    def __repr__(self) -> str:
        return f"Dump(offset={self.offset}, bytes={len(self.text)})"


@dataclass(frozen=True, slots=True)
class Line:
    """A line outside of dumps that somebody wanted. The same holds."""

    text: bytes
    offset: int
    line: int  # its number, from 1

    def __repr__(self) -> str:
        return f"Line(offset={self.offset}, bytes={len(self.text)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenDump:
    """Where one began that did not end as one does."""

    line: int
    offset: int
    size: int  # bytes
    reason: DropReason


class DumpFinder:
    """`find(stream)` gives the dumps of one file; the counts are right when it has ended."""

    def __init__(self, *, start: int = 0, lines: int = 0) -> None:
        self.lines = lines
        self.resume_at = (start, lines)  # bytes and lines up to where a later reading goes on; right when it has ended
        self.looks = 0  # at a line; never more than two for each
        self.broken: list[BrokenDump] = []  # the first of them
        self.broken_counts: Counter[DropReason] = Counter()
        self.torn: int | None = None  # offset of a dump that the file ends in
        self._held: list[bytes] | None = None  # lines of the dump that is open
        self._size = 0
        self._start = (0, 0)
        self._opener = False  # whether the last line ended in {
        self._opener_is_bare = False  # whether it was nothing but {
        self._opener_at = (0, 0)
        self._about_resource = False
        self._in_resource = False
        self._wants: Callable[[bytes], bool] | None = None

    def find_all(self, stream: Reads, wants: Callable[[bytes], bool]) -> Iterator[Dump | Line]:
        """The dumps, and of the lines outside of them those that are wanted, in order."""
        self._wants = wants
        yield from self._find(stream)

    def find(self, stream: Reads) -> Iterator[Dump]:
        """The dumps, in order."""
        for found in self._find(stream):
            if isinstance(found, Dump):
                yield found

    def _find(self, stream: Reads) -> Iterator[Dump | Line]:
        """Holds one of them and a piece of the file at a time."""
        rest = b""
        offset = self.resume_at[0]
        skipping = False  # within a line that is longer than any dump
        while piece := stream.read(PIECE_BYTES):
            lines = (rest + piece).split(b"\n")
            rest = lines.pop()
            for line in lines:
                size = len(line) + 1
                if skipping:
                    skipping = False
                    self.lines += 1
                else:
                    yield from self._take(line, offset)
                offset += size
            if len(rest) > MAX_DUMP_BYTES:
                if not skipping:
                    self._break(offset, is_large=True)
                    if self._wants is not None and self._wants(rest[:_BEGINNING_BYTES]):
                        self._tell(DropReason.TOO_LARGE, self.lines + 1, offset, len(rest))
                    self._opener = self._about_resource = False
                skipping = True
                offset += len(rest)
                rest = b""
        whole = (offset, self.lines)
        if rest and not skipping:
            yield from self._take(rest, offset)
        if self._held is not None:
            self.torn = self._start[1]
        self.resume_at = whole
        if self._held is not None:  # the line before its first says where it begins
            self.resume_at = min(whole, (self._start[1], self._start[0] - 1))
        elif self._opener:
            self.resume_at = min(whole, (self._opener_at[1], self._opener_at[0] - 1))

    def _take(self, line: bytes, offset: int) -> Iterator[Dump | Line]:
        self.lines += 1
        line = line.removesuffix(b"\r")
        if b"\x1b" in line:
            line = _COLOURS.sub(b"", line)
        self.looks += 1
        if self._held is not None:
            if line[:1] in (b" ", b"\t") or not line:
                self._size += len(line) + 1
                if self._size > MAX_DUMP_BYTES:
                    self._break(offset, is_large=True)
                else:
                    self._held.append(line)
                return
            if line == b"}":
                held = self._held
                held.append(line)
                self._held = None
                yield Dump(b"\n".join(held), self._start[1], self._start[0], self._in_resource)
                return
            self._break(offset)
            self.looks += 1
        is_inside = self._opener and line[:1] in (b" ", b"\t")
        if is_inside and (self._in_resource or line.lstrip().startswith(_FIRST_NAMES)):
            self._held = [b"{", line]
            self._size = len(line)
            self._start = self._opener_at
            self._opener = False
            return
        self._opener = line.endswith(b"{")
        if self._opener:
            self._opener_is_bare = line == b"{"
            self._opener_at = (self.lines, offset)
            self._in_resource = self._about_resource and self._opener_is_bare
        elif self._about_resource and line.startswith(b"{ ") and line.endswith(b" }"):
            yield Dump(line, offset, self.lines, True)
        elif self._wants is not None and self._wants(line):
            yield Line(line, offset, self.lines)
        self._about_resource = line == _RESOURCE_LINE

    def _break(self, offset: int, *, is_large: bool = False) -> None:
        if self._held is None:
            return
        self._held = None
        line, start = self._start
        self._tell(DropReason.TOO_LARGE if is_large else DropReason.MALFORMED, line, start, offset - start)

    def _tell(self, reason: DropReason, line: int, offset: int, size: int) -> None:
        self.broken_counts[reason] += 1
        if len(self.broken) < MAX_TOLD:
            self.broken.append(BrokenDump(line=line, offset=offset, size=size, reason=reason))
