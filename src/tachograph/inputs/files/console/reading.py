"""Reads a console log: printed objects, the Collector's debug text, records on a line each; and nothing of the rest.

Whether a metric is a running total shows only in what came before. Who imports a log that changed reads it from its start:
events read twice are the same events. Who remembers the running totals reads on where the last reading ended.
"""

from __future__ import annotations

from collections import Counter

from tachograph.inputs.files.console.dumps import DumpFinder, Line
from tachograph.inputs.files.console.lines import LineReader
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
        lines = LineReader(reader)
        unusable: Counter[DropReason] = Counter()
        told: list[Quarantined] = []
        size = 0
        with FileStream(file.found.path) as stream:
            start, number = self._start(stream, file.known)
            stream.skip(start)
            finder = DumpFinder(start=start, lines=number)
            for dump in finder.find_all(stream, lines.wants):
                try:
                    if isinstance(dump, Line):
                        lines.read(dump)
                    else:
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
            open_at = lines.open_at
            lines.finish()
            reader.finish()
            status = stream.status
            is_cut = stream.is_cut or stream.is_damaged or stream.is_too_large
            until = (status.st_size, finder.lines)
            if self._resumes and not stream.is_compressed:
                until = min(finder.resume_at, open_at or finder.resume_at)
            mark = stream.mark_at(until[0]) if self._resumes and not lines.is_provisional else ""
        is_console = reader.dumps or lines.records or lines.broken or finder.torn is not None or start
        kind = FileKind.CONSOLE if is_console else FileKind.UNKNOWN
        state = FileState(
            file_id=file.file_id,
            inode=status.st_ino,
            size_bytes=status.st_size,
            mtime_ns=status.st_mtime_ns,
            offset=until[0],
            lines=until[1],
            head=f"{kind}:{mark}",
        )
        if kind is FileKind.UNKNOWN:
            self._queue.put(Part(state=state))
            return kind
        for broken in (*finder.broken, *lines.broken):
            place = f"line {broken.line}, byte {broken.offset}"
            told.append(set_aside(file, place, broken.reason, _DETAIL, broken.size))
        report = self._queue.report
        report.read += 1
        report.records += reader.dumps + lines.records
        report.bytes += status.st_size - start
        report.torn += finder.torn is not None or is_cut or lines.is_provisional
        for reason, count in (unusable + finder.broken_counts + lines.broken_counts).items():
            add_counts(report.quarantined, {reason.value: count})
        if reader.others:
            add_counts(report.ignored, {"other object": reader.others})
        if lines.unsplit:
            add_counts(report.ignored, {"tokens of no kind": lines.unsplit})
        if lines.spans:
            add_counts(report.ignored, {"spans": lines.spans})
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
