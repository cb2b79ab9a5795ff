"""Reads a file of the SDK's own objects, from where the last reading ended if it only grew.

The records go the way of those that were received, through the same pipeline, so that they make the same events.
"""

from __future__ import annotations

from collections.abc import Sequence

from tachograph.inputs.files.otel_dump.objects import Found, read_objects
from tachograph.inputs.files.otel_dump.records import DumpReader
from tachograph.inputs.files.queue import MAX_TOLD, Part, Queue, Take, set_aside
from tachograph.inputs.files.streams import FileStream
from tachograph.inputs.files.unit import FileKind, NamedFile
from tachograph.inputs.histories.report import add_counts
from tachograph.ports import FileState, Quarantined
from tachograph_sdk.model.event import DropReason

__all__ = ["DumpFileReader"]

_AT_ONCE_BYTES = 8 * 1024 * 1024
_AT_ONCE_OBJECTS = 2000
_DETAIL = "an object that cannot be read"


class DumpFileReader:
    """Reads files into a queue, one after the other."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._reader = DumpReader()

    def read(self, file: NamedFile) -> FileKind:
        """Read what is new in one file. Never raises for what is in it.

        Raises:
            OSError: it cannot be read.
            StoreError: it could not be written; the file will be read again.
        """
        report = self._queue.report
        told: list[Quarantined] = []
        waiting: list[tuple[int, bytes]] = []
        size = 0
        with FileStream(file.found.path) as stream:
            start, number = _resume(stream, file.known)
            stream.skip(start)
            end = start
            is_torn = False
            for found in read_objects(stream, start=start):
                if found.is_torn:
                    is_torn = True
                    break
                end, number = found.end, number + 1
                if found.problem is not None:
                    self._set_aside(told, file, number, found)
                    continue
                waiting.append((number, found.body))
                size += len(found.body)
                if size >= _AT_ONCE_BYTES or len(waiting) >= _AT_ONCE_OBJECTS:
                    self._put(file, waiting, size)
                    waiting, size = [], 0
            if stream.is_damaged or stream.is_too_large:
                reason = DropReason.MALFORMED if stream.is_damaged else DropReason.TOO_LARGE
                self._set_aside(told, file, number + 1, Found(end=end, problem=reason))
            status = stream.status
            offset = status.st_size if stream.is_compressed else end
            state = FileState(
                file_id=file.file_id,
                inode=status.st_ino,
                size_bytes=status.st_size,
                mtime_ns=status.st_mtime_ns,
                offset=offset,
                lines=number,
                head=f"{FileKind.OTEL_DUMP}:{stream.mark_at(offset)}",
            )
        report.read += 1
        report.bytes += status.st_size - start
        report.torn += is_torn or stream.is_cut
        self._put(file, waiting, size, told, state)
        return FileKind.OTEL_DUMP

    def _put(
        self,
        file: NamedFile,
        waiting: Sequence[tuple[int, bytes]],
        size: int,
        told: Sequence[Quarantined] = (),
        state: FileState | None = None,
    ) -> None:
        def produce(take: Take) -> list[Quarantined]:
            refused = []
            for number, body in waiting:
                decoded = self._reader.read(body, file.received_us)
                if decoded is None:
                    add_counts(self._queue.report.ignored, {"other object": 1})
                    continue
                self._queue.report.records += len(decoded.records)
                take(decoded.records, decoded.drops)
                if decoded.refused is not None:
                    add_counts(self._queue.report.quarantined, {decoded.refused.value: 1})
                    refused.append(set_aside(file, f"object {number}", decoded.refused, _DETAIL, len(body)))
            return refused[:MAX_TOLD]

        self._queue.put(Part(produce=produce, quarantined=tuple(told), state=state, size=size))

    def _set_aside(self, told: list[Quarantined], file: NamedFile, number: int, found: Found) -> None:
        reason = found.problem or DropReason.MALFORMED
        add_counts(self._queue.report.quarantined, {reason.value: 1})
        if len(told) < MAX_TOLD:
            told.append(set_aside(file, f"object {number}", reason, _DETAIL, found.size))


def _resume(stream: FileStream, known: FileState | None) -> tuple[int, int]:
    """Bytes and objects already read, if these bytes are still there."""
    if known is None or stream.is_compressed or known.offset > stream.status.st_size:
        return 0, 0
    if known.head != f"{FileKind.OTEL_DUMP}:{stream.mark_at(known.offset)}":
        return 0, 0
    return known.offset, known.lines
