"""Reads a console log: the dumps in it, and nothing of the rest.

A log that changed is read from its start, because whether a metric is a running total shows only in what came before;
events read twice are the same events.
"""

from __future__ import annotations

from collections import Counter

from tachograph.inputs.files.console.dumps import DumpFinder
from tachograph.inputs.files.console.literals import Unreadable
from tachograph.inputs.files.console.records import DumpReader
from tachograph.inputs.files.queue import MAX_TOLD, Part, Queue, Take, set_aside
from tachograph.inputs.files.streams import FileStream
from tachograph.inputs.files.unit import FileKind, NamedFile
from tachograph.inputs.histories.report import add_counts
from tachograph.ports import FileState, Quarantined
from tachograph_sdk.model.event import DropReason

__all__ = ["ConsoleLogReader"]

_AT_ONCE_BYTES = 2 * 1024 * 1024  # of dumps
_DETAIL = "a printed record that cannot be read"


class ConsoleLogReader:
    """Reads texts into a queue, one after the other."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def read(self, file: NamedFile) -> FileKind:
        """Read a text; its kind is UNKNOWN if there is no dump in it. Never raises for what is in it.

        Raises:
            OSError: it cannot be read.
            StoreError: it could not be written; the file will be read again.
        """
        finder, reader = DumpFinder(), DumpReader(file.received_us)
        unusable: Counter[DropReason] = Counter()
        told: list[Quarantined] = []
        size = 0
        with FileStream(file.found.path) as stream:
            for dump in finder.find(stream):
                try:
                    reader.read(dump)
                except Unreadable:
                    unusable[DropReason.MALFORMED] += 1
                    if len(told) < MAX_TOLD:
                        place = f"line {dump.line}, byte {dump.offset}"
                        told.append(set_aside(file, place, DropReason.MALFORMED, _DETAIL, len(dump.text)))
                size += len(dump.text)
                if size >= _AT_ONCE_BYTES:
                    self._queue.put(_ready(reader, size))
                    size = 0
            reader.finish()
            status = stream.status
            is_cut = stream.is_cut or stream.is_damaged or stream.is_too_large
        kind = FileKind.CONSOLE if reader.dumps or finder.torn is not None else FileKind.UNKNOWN
        state = FileState(
            file_id=file.file_id,
            inode=status.st_ino,
            size_bytes=status.st_size,
            mtime_ns=status.st_mtime_ns,
            offset=status.st_size,
            lines=finder.lines,
            head=f"{kind}:",
        )
        if kind is FileKind.UNKNOWN:
            self._queue.put(Part(state=state))
            return kind
        for broken in finder.broken:
            place = f"line {broken.line}, byte {broken.offset}"
            told.append(set_aside(file, place, broken.reason, _DETAIL, broken.size))
        report = self._queue.report
        report.read += 1
        report.records += reader.dumps
        report.bytes += status.st_size
        report.torn += finder.torn is not None or is_cut
        for reason, count in (unusable + finder.broken_counts).items():
            add_counts(report.quarantined, {reason.value: count})
        if reader.others:
            add_counts(report.ignored, {"other object": reader.others})
        ready = _ready(reader, size)
        self._queue.put(Part(produce=ready.produce, size=size, quarantined=tuple(told[:MAX_TOLD]), state=state))
        return kind


def _ready(reader: DumpReader, size: int) -> Part:
    records, left_out = reader.take()

    def produce(take: Take) -> tuple[()]:
        take(records, left_out)
        return ()

    return Part(produce=produce, size=size)
