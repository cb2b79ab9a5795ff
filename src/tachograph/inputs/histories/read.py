"""Reads a history of lines from where the last reading ended, in pieces, and remembers how far it came.

A file is known again by its content, not by its name: by a hash of its first bytes and one of the bytes before the
place where reading stopped. If either differs, it was replaced, truncated or rotated, and is read from its start, which
changes nothing that was read before, because events have ids of their own.

Reading stops after the last whole line; half a line is left for next time. It also stops before a tool call whose
result has not come yet, if that lies near the end: what the call was is known only from the call, so that the result
alone would not tell a commit. Lines read twice make the same events. A reader may need the file's first line, or a later
one on which all that follows depends: it is given the first, and asked from where it wants to go on.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass

from tachograph.inputs.agents.kit.history import MAX_LINE_BYTES, Counts, LineReader
from tachograph.inputs.histories.find import reason_of
from tachograph.inputs.histories.report import ImportReport, add_counts
from tachograph.inputs.histories.unit import UnitFile
from tachograph.inputs.opening import BYTE_ORDER_MARK, NotAFile, open_file
from tachograph.ports import FileState, Quarantined
from tachograph_sdk.model.event import DropReason, RawEvent

__all__ = ["ReadFile", "outcome", "read_file", "unreadable"]

_PIECE_BYTES = 1024 * 1024
_KEEP_BACK_BYTES = 1024 * 1024  # how far before the end an unanswered tool call is waited for
_MARK_BYTES = 1024
_PRIMED_BYTES = 64 * 1024  # how far back lines are shown to a reader that goes on; more if none of them was enough
_MAX_PRIMED_BYTES = 4 * 1024 * 1024
_EVENTS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """One file's part of an import: what to remember of it, what to set aside, what to report."""

    state: FileState | None  # None if the file could not be read
    quarantined: list[Quarantined]
    report: ImportReport


@dataclass(frozen=True, slots=True)
class _Place:
    offset: int
    lines: int  # before it


def read_file(
    file: UnitFile,
    *,
    make_reader: Callable[[str, bool], LineReader],
    take: Callable[[list[RawEvent]], None],
    torn_before_ns: int,
    mark: str = "",
    primed_by: str = "nothing",
) -> ReadFile:
    """Read what is new in one file.

    Args:
        file: which, and how far it was read before.
        make_reader: gives an agent's reader for a path; the flag says whether it will see the file from its start.
        take: gets the events, a few thousand at a time.
        torn_before_ns: half a line in a file last changed before this is set aside for good.
        mark: what FileState.head begins with.
        primed_by: what a reader that goes on further down wants to see before, see `History`.

    Returns:
        Never raises for what is in the file or has become of it.
    """
    found = file.found
    report = ImportReport(read=1)
    try:
        descriptor, status = open_file(found.path)
    except NotAFile:
        return unreadable(report, "not a file")
    except OSError as error:
        return unreadable(report, reason_of(error))
    try:
        start = _resume(descriptor, status.st_size, file.known, mark)
        reader = make_reader(found.path, start.offset == 0)
        if start.offset and primed_by != "nothing":
            _prime(descriptor, start.offset, reader, primed_by)
        end = _read_lines(descriptor, start, status.st_size, reader, take)
        report.torn = _read_tail(descriptor, end, status.st_size, reader, status.st_mtime_ns < torn_before_ns)
        take(reader.finish())
        stop = _keep_back(end, reader.open_calls())
        if (context := reader.context_place()) is not None and context[1] < stop.offset:
            stop = _Place(context[1], context[0] - 1)
        state = FileState(
            file_id=file.file_id,
            inode=status.st_ino,
            size_bytes=status.st_size,
            mtime_ns=status.st_mtime_ns,
            offset=stop.offset,
            lines=stop.lines,
            head=mark + _marks(descriptor, stop.offset),
        )
    except OSError as error:  # it was there a moment ago
        return unreadable(report, reason_of(error))
    finally:
        os.close(descriptor)
    report.bytes = status.st_size - start.offset
    return outcome(file, state, reader, report, "line {number}, byte {offset}")


def unreadable(report: ImportReport, reason: str) -> ReadFile:
    """A file of which nothing could be had, for a reason in words of ours."""
    add_counts(report.failed, {reason: 1})
    return ReadFile(state=None, quarantined=[], report=report)


def outcome(file: UnitFile, state: FileState, reader: Counts, report: ImportReport, place: str) -> ReadFile:
    """What a reader says at the end; `place` words where a bad record is."""
    report.records = reader.lines
    add_counts(report.ignored, reader.ignored)
    for bad in reader.bad_lines:
        add_counts(report.quarantined, {bad.reason.value: 1})
    quarantined = [
        Quarantined(
            origin=file.file_id,
            place=place.format(number=bad.number, offset=bad.offset),
            reason=bad.reason,
            detail=bad.detail,
            size_bytes=bad.size_bytes,
        )
        for bad in reader.bad_lines
    ]
    return ReadFile(state=state, quarantined=quarantined, report=report)


def _resume(descriptor: int, size: int, known: FileState | None, mark: str) -> _Place:
    if known is None or known.offset > size or known.head != mark + _marks(descriptor, known.offset):
        return _Place(0, 0)
    return _Place(known.offset, known.lines)


def _prime(descriptor: int, before: int, reader: LineReader, primed_by: str) -> None:
    """Show the reader lines before the place where it goes on: the first, or the last ones, latest first."""
    if primed_by == "first line":
        first, _, _ = _read_exactly(descriptor, min(before, _MAX_PRIMED_BYTES), 0).partition(b"\n")
        reader.prime(_without_mark([first])[0])
        return
    length = min(before, _PRIMED_BYTES)
    while True:
        lines = _read_exactly(descriptor, length, before - length).split(b"\n")[:-1]
        whole = lines if length == before else lines[1:]
        if any(reader.prime(line) for line in reversed(whole)) or length >= min(before, _MAX_PRIMED_BYTES):
            return
        length = min(before, length * 8)


def _marks(descriptor: int, offset: int) -> str:
    """Hashes of the first bytes and of those before `offset`: the same as long as what was read is still there."""
    head = os.pread(descriptor, min(_MARK_BYTES, offset), 0)
    tail = os.pread(descriptor, min(_MARK_BYTES, offset), max(0, offset - _MARK_BYTES))
    return hashlib.blake2b(head, digest_size=8).hexdigest() + hashlib.blake2b(tail, digest_size=8).hexdigest()


def _read_lines(
    descriptor: int, start: _Place, size: int, reader: LineReader, take: Callable[[list[RawEvent]], None]
) -> _Place:
    """Feed all whole lines between `start` and `size`; returns the place after the last of them."""
    offset, number = start.offset, start.lines + 1
    unhanded = 0
    while offset < size:
        piece = os.pread(descriptor, min(_PIECE_BYTES, size - offset), offset)
        if not piece:
            break  # it shrank while we read; the next reading will see that it was replaced
        last = piece.rfind(b"\n")
        if last < 0:
            length = _line_length(descriptor, offset + len(piece), size)
            if length is None:
                break
            length += len(piece)
            if length > MAX_LINE_BYTES:
                reader.set_aside(number, offset, length, DropReason.TOO_LARGE, "line too long")
            else:
                del piece  # half of a long line need not be held beside the whole
                reader.feed((_read_exactly(descriptor, length, offset),), number=number, offset=offset)
            offset, number = offset + length + 1, number + 1
            continue
        lines = piece[:last].split(b"\n")
        reader.feed(_without_mark(lines) if offset == 0 else lines, number=number, offset=offset)
        unhanded += len(lines)
        offset, number = offset + last + 1, number + len(lines)
        if unhanded >= _EVENTS_AT_ONCE:
            take(reader.drain())
            unhanded = 0
    return _Place(offset, number - 1)


def _without_mark(lines: list[bytes]) -> list[bytes]:
    """Some editors begin a file with a byte order mark; JSON does not."""
    lines[0] = lines[0].removeprefix(BYTE_ORDER_MARK)
    return lines


def _line_length(descriptor: int, offset: int, size: int) -> int | None:
    """Bytes from `offset` to the next line end before `size`, None if there is none. Holds no more than a piece."""
    begin = offset
    while offset < size:
        piece = os.pread(descriptor, min(_PIECE_BYTES, size - offset), offset)
        if not piece:
            return None
        at = piece.find(b"\n")
        if at >= 0:
            return offset + at - begin
        offset += len(piece)
    return None


def _read_exactly(descriptor: int, length: int, offset: int) -> bytes:
    line = os.pread(descriptor, length, offset)
    while len(line) < length:  # the kernel may give less; it hardly ever does
        more = os.pread(descriptor, length - len(line), offset + len(line))
        if not more:
            break
        line += more
    return line


def _read_tail(descriptor: int, end: _Place, size: int, reader: LineReader, given_up: bool) -> int:
    """What follows the last line end: a whole record is taken (and met again next time), half a one is not. 1 if half."""
    length = size - end.offset
    if length <= 0:
        return 0
    tail = _read_exactly(descriptor, length, end.offset) if length <= MAX_LINE_BYTES else b""
    if tail and (tail.isspace() or reader.offer(tail, number=end.lines + 1, offset=end.offset)):
        return 0
    if given_up:
        reader.set_aside(end.lines + 1, end.offset, length, DropReason.TORN_TAIL, "half a line at the end of the file")
    return 1


def _keep_back(end: _Place, calls: list[tuple[int, int]]) -> _Place:
    near = [call for call in calls if call[1] >= end.offset - _KEEP_BACK_BYTES]
    if not near:
        return end
    number, offset = min(near)
    return min(_Place(offset, number - 1), end, key=lambda place: place.offset)
