"""Reads a file of the SDK's own objects."""

from __future__ import annotations

from collections.abc import Iterator

from tachograph.inputs.files.otel_dump.objects import Found, read_objects
from tachograph.inputs.files.otel_dump.records import DumpReader
from tachograph.inputs.files.pieces import PieceReader
from tachograph.inputs.files.queue import Queue, Take
from tachograph.inputs.files.streams import FileStream
from tachograph.inputs.files.unit import FileKind, NamedFile
from tachograph.inputs.histories.report import add_counts
from tachograph_sdk.model.event import DropReason

__all__ = ["DumpFileReader"]


class DumpFileReader(PieceReader[Found]):
    """Reads objects."""

    kind = FileKind.OTEL_DUMP
    detail = "an object that cannot be read"

    def __init__(self, queue: Queue) -> None:
        super().__init__(queue)
        self._reader = DumpReader()

    def split(self, stream: FileStream, name: str, *, start: int, number: int) -> Iterator[Found]:
        """The objects of a file."""
        return read_objects(stream, start=start)

    def problem(self, piece: Found) -> DropReason | None:
        """Why an object is unusable."""
        return piece.problem

    def place(self, piece: Found, number: int) -> str:
        """Where an object is."""
        return f"object {number}"

    def understand(self, piece: Found, file: NamedFile, take: Take) -> DropReason | None:
        """Read an object's records."""
        decoded = self._reader.read(piece.body, file.received_us)
        report = self._queue.report
        if decoded is None:
            add_counts(report.ignored, {"other object": 1})
            return None
        report.records += len(decoded.records)
        take(decoded.records, decoded.drops)
        if decoded.refused is not None:
            add_counts(report.quarantined, {decoded.refused.value: 1})
        return decoded.refused
