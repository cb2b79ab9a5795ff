"""Reads a file of OTLP requests, from where the last reading ended if it only grew.

A request goes the way of one that was received, through the same decoder and pipeline, so it makes the same events: to
import what was received changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from tachograph.inputs.files.otlp.requests import Found, read_requests
from tachograph.inputs.files.queue import MAX_TOLD, Part, Queue, Take, set_aside
from tachograph.inputs.files.streams import FileStream
from tachograph.inputs.files.unit import FileKind, NamedFile
from tachograph.inputs.histories.report import add_counts
from tachograph.inputs.otlp.decode import Decoder
from tachograph.ports import FileState, Frame, Position, Quarantined
from tachograph_sdk.model.event import DropReason, RawEvent

__all__ = ["OtlpFileReader"]

_AT_ONCE_BYTES = 8 * 1024 * 1024
_AT_ONCE_REQUESTS = 2000
_NOWHERE = Position(0, 0)
_DETAIL = "a request that cannot be read"


class OtlpFileReader:
    """Reads files into a queue, one after the other."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._decoder = Decoder()

    def read(self, file: NamedFile) -> FileKind:
        """Read what is new in one file. Never raises for what is in it.

        Raises:
            OSError: it cannot be read.
            StoreError: it could not be written; the file will be read again.
        """
        report = self._queue.report
        told: list[Quarantined] = []
        waiting: list[Found] = []
        size = 0
        with FileStream(file.found.path) as stream:
            start, number = _resume(stream, file.known)
            stream.skip(start)
            end = start
            is_torn = False
            for found in read_requests(stream, os.path.basename(file.found.path), start=start, number=number):
                if found.is_torn:
                    is_torn = True
                    break
                end, number = found.end, number + 1
                if found.kind is None:
                    self._set_aside(told, file, found, found.problem or DropReason.MALFORMED)
                    continue
                waiting.append(found)
                size += len(found.body)
                if size >= _AT_ONCE_BYTES or len(waiting) >= _AT_ONCE_REQUESTS:
                    self._put(file, waiting, size)
                    waiting, size = [], 0
            if stream.is_damaged or stream.is_too_large:
                reason = DropReason.MALFORMED if stream.is_damaged else DropReason.TOO_LARGE
                self._set_aside(told, file, Found(place="compressed data", end=end), reason)
            status = stream.status
            offset = status.st_size if stream.is_compressed else end
            state = FileState(
                file_id=file.file_id,
                inode=status.st_ino,
                size_bytes=status.st_size,
                mtime_ns=status.st_mtime_ns,
                offset=offset,
                lines=number,
                head=f"{FileKind.OTLP}:{stream.mark_at(offset)}",
            )
        report.read += 1
        report.bytes += status.st_size - start
        report.torn += is_torn or stream.is_cut
        self._put(file, waiting, size, told, state)
        return FileKind.OTLP

    def _put(
        self,
        file: NamedFile,
        waiting: Sequence[Found],
        size: int,
        told: Sequence[Quarantined] = (),
        state: FileState | None = None,
    ) -> None:
        def produce(take: Take) -> list[Quarantined]:
            refused = [(found, self._decode(file, found, take)) for found in waiting]
            some = [(found, reason) for found, reason in refused if reason is not None][:MAX_TOLD]
            return [set_aside(file, found.place, reason, _DETAIL, len(found.body)) for found, reason in some]

        self._queue.put(Part(produce=produce, quarantined=tuple(told), state=state, size=size))

    def _decode(self, file: NamedFile, found: Found, take: Take) -> DropReason | None:
        assert found.kind is not None
        frame = Frame(kind=found.kind, received_us=file.received_us, body=found.body, end=_NOWHERE)
        report = self._queue.report

        def understand(ready: list[RawEvent]) -> None:
            report.records += len(ready)
            take(ready, {})

        decoded = self._decoder.decode(frame, understand)
        report.records += len(decoded.records)
        take(decoded.records, decoded.drops)
        return decoded.refused

    def _set_aside(self, told: list[Quarantined], file: NamedFile, found: Found, reason: DropReason) -> None:
        add_counts(self._queue.report.quarantined, {reason.value: 1})
        if len(told) < MAX_TOLD:
            told.append(set_aside(file, found.place, reason, _DETAIL, found.size))


def _resume(stream: FileStream, known: FileState | None) -> tuple[int, int]:
    """Bytes and requests already read, if these bytes are still there."""
    if known is None or stream.is_compressed or known.offset > stream.status.st_size:
        return 0, 0
    if known.head != f"{FileKind.OTLP}:{stream.mark_at(known.offset)}":
        return 0, 0
    return known.offset, known.lines
