"""Reads a file of OTLP requests: each goes the way of one that was received, through the same decoder and pipeline."""

from __future__ import annotations

from collections.abc import Iterator

from tachograph.inputs.files.otlp.requests import Found, read_requests
from tachograph.inputs.files.pieces import PieceReader
from tachograph.inputs.files.queue import Queue, Take
from tachograph.inputs.files.streams import FileStream
from tachograph.inputs.files.unit import FileKind, NamedFile
from tachograph.inputs.otlp.decode import Decoder
from tachograph.ports import Frame, Position
from tachograph_sdk.model.event import DropReason, RawEvent

__all__ = ["OtlpFileReader"]

_NOWHERE = Position(0, 0)


class OtlpFileReader(PieceReader[Found]):
    """Reads requests."""

    kind = FileKind.OTLP
    detail = "a request that cannot be read"

    def __init__(self, queue: Queue) -> None:
        super().__init__(queue)
        self._decoder = Decoder()

    def split(self, stream: FileStream, name: str, *, start: int, number: int) -> Iterator[Found]:
        """The requests of a file."""
        return read_requests(stream, name, start=start, number=number)

    def problem(self, piece: Found) -> DropReason | None:
        """Why a request is unusable."""
        return (piece.problem or DropReason.MALFORMED) if piece.kind is None else None

    def place(self, piece: Found, number: int) -> str:
        """Where a request is."""
        return piece.place

    def understand(self, piece: Found, file: NamedFile, take: Take) -> DropReason | None:
        """Decode a request."""
        assert piece.kind is not None
        frame = Frame(kind=piece.kind, received_us=file.received_us, body=piece.body, end=_NOWHERE)
        report = self._queue.report

        def understand(ready: list[RawEvent]) -> None:
            report.records += len(ready)
            take(ready, {})

        decoded = self._decoder.decode(frame, understand)
        report.records += len(decoded.records)
        take(decoded.records, decoded.drops)
        return decoded.refused
