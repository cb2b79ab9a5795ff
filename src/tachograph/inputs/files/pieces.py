"""Reads a file of pieces that follow one another, from where the last reading ended if it only grew.

What a piece is (a request, an object) and how it is understood, a reader says that inherits from `PieceReader`. The
records go the way of those that were received, through the same pipeline, so that they make the same events: to import
what was received changes nothing.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar, Generic, Protocol, TypeVar

from tachograph.inputs.files.queue import MAX_TOLD, Part, Queue, Take, set_aside
from tachograph.inputs.files.streams import FileStream
from tachograph.inputs.files.unit import FileKind, NamedFile
from tachograph.inputs.histories.report import add_counts
from tachograph.ports import FileState, Quarantined
from tachograph_sdk.model.event import DropReason

__all__ = ["Piece", "PieceReader"]

_AT_ONCE_BYTES = 8 * 1024 * 1024
_AT_ONCE_PIECES = 2000


class Piece(Protocol):
    """A piece, or a place where there should be one."""

    @property
    def end(self) -> int:
        """Bytes of the file up to its end; meaningful where the file is not compressed."""

    @property
    def body(self) -> bytes:
        """What it is; empty where it is unusable."""

    @property
    def size(self) -> int:
        """Bytes of what is unusable."""

    @property
    def is_torn(self) -> bool:
        """Whether it ends too early."""


_Piece = TypeVar("_Piece", bound=Piece)


class PieceReader(ABC, Generic[_Piece]):
    """Reads files into a queue, one after the other."""

    kind: ClassVar[FileKind]
    detail: ClassVar[str]  # of a piece that cannot be read, in fixed wording

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    @abstractmethod
    def split(self, stream: FileStream, name: str, *, start: int, number: int) -> Iterator[_Piece]:
        """The pieces from `start` on, before which there are `number` of them, in a file of this name."""

    @abstractmethod
    def problem(self, piece: _Piece) -> DropReason | None:
        """Why a piece is unusable, None if it is not."""

    @abstractmethod
    def place(self, piece: _Piece, number: int) -> str:
        """Where the piece with this number (from 1) is."""

    @abstractmethod
    def understand(self, piece: _Piece, file: NamedFile, take: Take) -> DropReason | None:
        """Have the records of a piece taken; why it was refused, if it was."""

    def read(self, file: NamedFile) -> FileKind:
        """Read what is new in one file. Never raises for what is in it.

        Raises:
            OSError: it cannot be read.
            StoreError: it could not be written; the file will be read again.
        """
        report = self._queue.report
        told: list[Quarantined] = []
        waiting: list[tuple[str, _Piece]] = []
        size = 0
        with FileStream(file.found.path) as stream:
            start, number = self._resume(stream, file.known)
            stream.skip(start)
            end = start
            is_torn = False
            for piece in self.split(stream, os.path.basename(file.found.path), start=start, number=number):
                if piece.is_torn:
                    is_torn = True
                    break
                end, number = piece.end, number + 1
                place = self.place(piece, number)
                if (problem := self.problem(piece)) is not None:
                    self._set_aside(told, file, place, problem, piece.size)
                    continue
                waiting.append((place, piece))
                size += len(piece.body)
                if size >= _AT_ONCE_BYTES or len(waiting) >= _AT_ONCE_PIECES:
                    self._put(file, waiting, size)
                    waiting, size = [], 0
            if stream.is_damaged or stream.is_too_large:
                reason = DropReason.MALFORMED if stream.is_damaged else DropReason.TOO_LARGE
                self._set_aside(told, file, "compressed data", reason, 0)
            status = stream.status
            offset = status.st_size if stream.is_compressed else end
            state = FileState(
                file_id=file.file_id,
                inode=status.st_ino,
                size_bytes=status.st_size,
                mtime_ns=status.st_mtime_ns,
                offset=offset,
                lines=number,
                head=self._head(stream, offset),
            )
        report.read += 1
        report.bytes += status.st_size - start
        report.torn += is_torn or stream.is_cut
        self._put(file, waiting, size, told, state)
        return self.kind

    def _put(
        self,
        file: NamedFile,
        waiting: Sequence[tuple[str, _Piece]],
        size: int,
        told: Sequence[Quarantined] = (),
        state: FileState | None = None,
    ) -> None:
        def produce(take: Take) -> list[Quarantined]:
            results = [(place, piece, self.understand(piece, file, take)) for place, piece in waiting]
            refused = [(place, piece, reason) for place, piece, reason in results if reason is not None]
            return [
                set_aside(file, place, reason, self.detail, len(piece.body))
                for place, piece, reason in refused[:MAX_TOLD]
            ]

        self._queue.put(Part(produce=produce, quarantined=tuple(told), state=state, size=size))

    def _set_aside(
        self, told: list[Quarantined], file: NamedFile, place: str, reason: DropReason, size_bytes: int
    ) -> None:
        add_counts(self._queue.report.quarantined, {reason.value: 1})
        if len(told) < MAX_TOLD:
            told.append(set_aside(file, place, reason, self.detail, size_bytes))

    def _head(self, stream: FileStream, offset: int) -> str:
        return f"{self.kind}:{stream.mark_at(offset)}"

    def _resume(self, stream: FileStream, known: FileState | None) -> tuple[int, int]:
        """Bytes and pieces already read, if these bytes are still there."""
        if known is None or stream.is_compressed or known.offset > stream.status.st_size:
            return 0, 0
        if known.head != self._head(stream, known.offset):
            return 0, 0
        return known.offset, known.lines
