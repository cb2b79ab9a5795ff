"""Reads a history that is a document or a database: the agent's reader opens it, and says how far it came."""

from __future__ import annotations

from collections.abc import Callable

from tachograph.inputs.agents.histories import mark_of
from tachograph.inputs.agents.kit.history import WholeReader
from tachograph.inputs.histories.find import reason_of
from tachograph.inputs.histories.read import ReadFile, outcome, unreadable
from tachograph.inputs.histories.report import ImportReport
from tachograph.inputs.histories.unit import UnitFile
from tachograph.ports import FileState
from tachograph_sdk.model.event import RawEvent

__all__ = ["read_whole"]


def read_whole(file: UnitFile, reader: WholeReader, take: Callable[[list[RawEvent]], None]) -> ReadFile:
    """Read what is new in one file; `take` gets the events. Never raises for what is in the file or has become of it.

    What is remembered is the file as it was found, before it was read: what is written meanwhile is read next time.
    """
    found, known = file.found, file.known
    mark = mark_of(found.history)
    report = ImportReport(read=1)
    is_same = known is not None and known.inode == found.inode and known.head == mark
    try:
        for events in reader.read(found.path, known.offset if known is not None and is_same else 0):
            take(events)
    except OSError as error:
        return unreadable(report, reason_of(error))
    state = FileState(
        file_id=file.file_id,
        inode=found.inode,
        size_bytes=found.size_bytes,
        mtime_ns=found.mtime_ns,
        offset=max(0, reader.since),
        lines=reader.lines,
        head=mark,
    )
    report.bytes = found.size_bytes
    return outcome(file, state, reader, report, "record {number}")
