"""Reads one log with the reader it needs, and has what comes out of the wall put into its document."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tachograph.file_kit.document import Document
from tachograph.file_kit.memory import Known, newest
from tachograph.inputs.files.console.reading import ConsoleLogReader
from tachograph.inputs.files.otel_dump.reading import DumpFileReader
from tachograph.inputs.files.otlp.reading import OtlpFileReader
from tachograph.inputs.files.queue import Queue
from tachograph.inputs.files.streams import FileStream
from tachograph.inputs.files.unit import FileKind, NamedFile
from tachograph.inputs.histories.report import ImportReport, add_counts
from tachograph.inputs.histories.unit import RunsRecords
from tachograph.ports import Batch, FileState, Quarantined, StreamState, WriteResult
from tachograph_sdk.model.event import DropReason

__all__ = ["LogReading", "MakesPipeline", "is_continued"]

MakesPipeline = Callable[[Mapping[str, StreamState]], RunsRecords]
"""Makes a pipeline with its wall that knows these running totals."""

_WHOLE = frozenset({DropReason.NOT_NEEDED, DropReason.NO_CONSENT, DropReason.INTERNAL_ERROR})


def is_continued(path: str, known: Known) -> bool:
    """Whether the file still begins with what was read of it. Raises OSError."""
    offset = known.state.offset
    kind, _, mark = known.state.head.partition(":")
    with FileStream(path) as stream:
        if stream.is_compressed or not mark or offset > stream.status.st_size:
            return False
        return kind == known.format and stream.mark_at(offset) == mark


class LogReading:
    """One reading of one log.

    Args:
        make_pipeline: the way through the wall.
        document: takes what comes out.
        known: what was read of this log before, if it is gone on with.
    """

    def __init__(self, make_pipeline: MakesPipeline, document: Document, known: Known | None) -> None:
        self.report = ImportReport()
        self.state: FileState | None = None
        self.quarantined: list[Quarantined] = []
        self.passed_over: dict[str, int] = {}
        self.new = 0
        self.known = known
        self._document = document
        self._streams = dict(known.streams) if known is not None else {}
        self._pipeline = make_pipeline(self._streams)

    @property
    def streams(self) -> dict[str, StreamState]:
        """The running totals, as they are now."""
        return newest(self._streams)

    def read(self, kind: FileKind, file: NamedFile) -> FileKind:
        """Read it; what it turned out to be. Never raises for what is in it.

        Raises:
            OSError: it cannot be read, or the document cannot be written.
        """
        if kind is FileKind.UNKNOWN:
            return kind
        queue = Queue(self._take_in, self.report, {})
        if kind is FileKind.OTLP:
            kind = OtlpFileReader(queue).read(file)
        elif kind is FileKind.OTEL_DUMP:
            kind = DumpFileReader(queue).read(file)
        else:
            kind = ConsoleLogReader(queue, known_totals=frozenset(self._streams), resumes=True).read(file)
        queue.flush()
        add_counts(self.passed_over, self.report.ignored)
        add_counts(self.passed_over, self.report.refused)
        return kind

    def _take_in(self, run: Callable[[RunsRecords], Batch]) -> WriteResult:
        batch = run(self._pipeline)
        before = self._document.counts.duplicates
        new = self._document.take(batch.events)
        self.new += new
        self._streams.update(batch.streams)
        self.quarantined += batch.quarantined
        if batch.files:
            self.state = batch.files[-1]
        for (reason, _), count in batch.drops.items():
            if reason in _WHOLE:
                add_counts(self.passed_over, {reason.value: count})
        return WriteResult(new=new, duplicate=self._document.counts.duplicates - before)
