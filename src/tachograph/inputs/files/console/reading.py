"""Reads a console log: the dumps in it, and nothing of the rest.

Whether a metric is a running total shows only in what came before. Who imports a log that changed reads it from its start:
events read twice are the same events. Who remembers the running totals reads on where the last reading ended.
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
    """Reads texts into a queue, one after the other.

    Args:
        queue: takes what was read.
        resumes: read on where the last reading ended, if the file only grew.
        known_totals: then, the streams of all running totals that the pipeline knows.
    """

    def __init__(self, queue: Queue, *, resumes: bool = False, known_totals: frozenset[str] = frozenset()) -> None:
        self._queue = queue
        self._resumes = resumes
        self._known_totals = known_totals

    def read(self, file: NamedFile) -> FileKind:
        """Read a text; its kind is UNKNOWN if there is no dump in it. Never raises for what is in it.

        Raises:
            OSError: it cannot be read.
            StoreError: it could not be written; the file will be read again.
        """
        reader = DumpReader(file.received_us, known_totals=self._known_totals if self._resumes else None)
        unusable: Counter[DropReason] = Counter()
        told: list[Quarantined] = []
        size = 0
        with FileStream(file.found.path) as stream:
            start, number = self._start(stream, file.known)
            stream.skip(start)
            finder = DumpFinder(start=start, lines=number)
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
            offset, lines = status.st_size, finder.lines
            if self._resumes and not stream.is_compressed:
                offset, lines = finder.resume_at
            mark = stream.mark_at(offset) if self._resumes else ""
        kind = FileKind.CONSOLE if reader.dumps or finder.torn is not None or start else FileKind.UNKNOWN
        state = FileState(
            file_id=file.file_id,
            inode=status.st_ino,
            size_bytes=status.st_size,
            mtime_ns=status.st_mtime_ns,
            offset=offset,
            lines=lines,
            head=f"{kind}:{mark}",
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
        report.bytes += status.st_size - start
        report.torn += finder.torn is not None or is_cut
        for reason, count in (unusable + finder.broken_counts).items():
            add_counts(report.quarantined, {reason.value: count})
        if reader.others:
            add_counts(report.ignored, {"other object": reader.others})
        ready = _ready(reader, size)
        self._queue.put(Part(produce=ready.produce, size=size, quarantined=tuple(told[:MAX_TOLD]), state=state))
        return kind

    def _start(self, stream: FileStream, known: FileState | None) -> tuple[int, int]:
        """Bytes and lines already read, if these bytes are still there and reading on was asked for."""
        if not self._resumes or known is None or stream.is_compressed or known.offset > stream.status.st_size:
            return 0, 0
        if known.head != f"{FileKind.CONSOLE}:{stream.mark_at(known.offset)}":
            return 0, 0
        return known.offset, known.lines


def _ready(reader: DumpReader, size: int) -> Part:
    records, left_out = reader.take()

    def produce(take: Take) -> tuple[()]:
        take(records, left_out)
        return ()

    return Part(produce=produce, size=size)
