"""Reads a console log into the store: the dumps in it, and nothing of the rest.

A log that changed is read from its start, because whether a metric is a running total shows only in what came before;
events read twice are the same events.
"""

from __future__ import annotations

from tachograph.inputs.console.dumps import DumpFinder
from tachograph.inputs.console.literals import Unreadable
from tachograph.inputs.console.records import DumpReader
from tachograph.inputs.files_kinds import FileKind
from tachograph.inputs.files_streams import FileStream
from tachograph.inputs.files_unit import NamedFile, ReadNamed, TakesIn
from tachograph.inputs.files_writer import FileWriter, Take
from tachograph.inputs.transcripts_report import ImportReport, add_counts
from tachograph.ports import FileState
from tachograph_sdk.model.event import DropReason

__all__ = ["read_console_log"]

_AT_ONCE = 2000  # dumps, in one transaction
_DETAIL = "a printed record that cannot be read"


def read_console_log(file: NamedFile, take_in: TakesIn) -> ReadNamed:
    """Read a text; its kind is UNKNOWN if there is no dump in it. Never raises for what is in it.

    Raises:
        OSError: it cannot be read.
        StoreError: it could not be written; the file will be read again.
    """
    writer = FileWriter(file, take_in)
    report = writer.report
    finder, reader = DumpFinder(), DumpReader(file.received_us)

    def produce(take: Take) -> None:
        take(*reader.take())

    with FileStream(file.found.path) as stream:
        waiting = 0
        for dump in finder.find(stream):
            try:
                reader.read(dump)
            except Unreadable:
                writer.set_aside(f"line {dump.line}, byte {dump.offset}", DropReason.MALFORMED, _DETAIL, len(dump.text))
            waiting += 1
            if waiting >= _AT_ONCE:
                writer.write(produce)
                waiting = 0
        reader.finish()
        status = stream.status
        is_cut = stream.is_cut or stream.is_damaged or stream.is_too_large
    kind = FileKind.CONSOLE if reader.dumps or finder.torn is not None else FileKind.UNKNOWN
    if kind is FileKind.CONSOLE:
        for broken in finder.broken:
            writer.set_aside(f"line {broken.line}, byte {broken.offset}", broken.reason, _DETAIL, broken.size)
        for reason, count in finder.broken_counts.items():
            told = sum(broken.reason is reason for broken in finder.broken)
            if count > told:
                add_counts(report.quarantined, {reason.value: count - told})
        report.records = reader.dumps
        report.bytes = status.st_size
        report.torn = int(finder.torn is not None or is_cut)
        if reader.others:
            add_counts(report.ignored, {"other object": reader.others})
    else:
        writer = FileWriter(file, take_in)
        report = ImportReport()
    state = FileState(
        file_id=file.file_id,
        inode=status.st_ino,
        size_bytes=status.st_size,
        mtime_ns=status.st_mtime_ns,
        offset=status.st_size if finder.torn is None or stream.is_compressed else finder.torn,
        lines=finder.lines,
        head=f"{kind}:",
    )
    writer.write(produce, state)
    return ReadNamed(state, kind, report)
