"""Reads a file of OTLP requests into the store, from where the last reading ended if it only grew.

A request goes the way of one that was received, through the same decoder and pipeline, so it makes the same events: to
import what was received changes nothing.
"""

from __future__ import annotations

import os

from tachograph.inputs.files_kinds import FileKind
from tachograph.inputs.files_streams import FileStream
from tachograph.inputs.files_unit import NamedFile, ReadNamed, TakesIn
from tachograph.inputs.files_writer import FileWriter, Take
from tachograph.inputs.otlp.decode import Decoder
from tachograph.inputs.otlp_files.requests import Found, read_requests
from tachograph.ports import FileState, Frame, Position
from tachograph_sdk.model.event import DropReason, RawEvent

__all__ = ["read_otlp_file"]

_AT_ONCE_BYTES = 8 * 1024 * 1024  # of requests, in one transaction
_AT_ONCE_REQUESTS = 2000
_NOWHERE = Position(0, 0)
_DETAIL = "a request that cannot be read"


def read_otlp_file(file: NamedFile, decoder: Decoder, take_in: TakesIn) -> ReadNamed:
    """Read what is new in one file. Never raises for what is in it.

    Raises:
        OSError: it cannot be read.
        StoreError: it could not be written; the file will be read again.
    """
    writer = FileWriter(file, take_in)
    report = writer.report
    waiting: list[Found] = []

    def produce(take: Take) -> None:
        for found in waiting:
            _decode(found, file, decoder, take, writer)

    with FileStream(file.found.path) as stream:
        start, number = _resume(stream, file.known)
        stream.skip(start)
        end, size = start, 0
        for found in read_requests(stream, os.path.basename(file.found.path), start=start, number=number):
            if found.is_torn:
                report.torn = 1
                break
            end, number = found.end, number + 1
            waiting.append(found)
            size += len(found.body)
            if size >= _AT_ONCE_BYTES or len(waiting) >= _AT_ONCE_REQUESTS:
                writer.write(produce)
                waiting, size = [], 0
        if stream.is_cut:
            report.torn = 1
        if stream.is_damaged or stream.is_too_large:
            reason = DropReason.MALFORMED if stream.is_damaged else DropReason.TOO_LARGE
            writer.set_aside("compressed data", reason, "the file cannot be unpacked to its end", 0)
        status = stream.status
        report.bytes = status.st_size - start
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
    writer.write(produce, state)
    return ReadNamed(state, FileKind.OTLP, report)


def _decode(found: Found, file: NamedFile, decoder: Decoder, take: Take, writer: FileWriter) -> None:
    if found.kind is None:
        writer.set_aside(found.place, found.problem or DropReason.MALFORMED, _DETAIL, found.size)
        return
    frame = Frame(kind=found.kind, received_us=file.received_us, body=found.body, end=_NOWHERE)
    report = writer.report
    records = 0

    def understand(ready: list[RawEvent]) -> None:
        nonlocal records
        records += len(ready)
        take(ready, {})

    decoded = decoder.decode(frame, understand)
    report.records += records + len(decoded.records)
    take(decoded.records, {} if decoded.refused else decoded.drops)
    if decoded.refused is not None:
        writer.set_aside(found.place, decoded.refused, _DETAIL, len(found.body))


def _resume(stream: FileStream, known: FileState | None) -> tuple[int, int]:
    """Bytes and requests already read, if these bytes are still there."""
    if known is None or stream.is_compressed or known.offset > stream.status.st_size:
        return 0, 0
    if known.head != f"{FileKind.OTLP}:{stream.mark_at(known.offset)}":
        return 0, 0
    return known.offset, known.lines
