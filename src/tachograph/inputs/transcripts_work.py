"""A unit of work: some files, read and passed through the wall, so that only released events come out of it.

Runs in the importing process or in a worker; a worker gets the recipe for its pipeline once, then units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from tachograph.inputs.agents.claude_code.transcript import TranscriptReader
from tachograph.inputs.transcripts_find import FoundFile
from tachograph.inputs.transcripts_read import read_file
from tachograph.inputs.transcripts_report import ImportReport, add_counts
from tachograph.ports import Batch, Drops, FileState, Quarantined
from tachograph_sdk.model.event import Event, RawEvent

__all__ = ["Done", "RunsRecords", "Unit", "UnitFile", "work"]

_EVENTS_AT_ONCE = 8192


class RunsRecords(Protocol):
    """The part of the pipeline that an importer needs."""

    def run_records(self, records: list[RawEvent]) -> Batch:
        """Pass records through the wall."""


@dataclass(frozen=True, slots=True)
class UnitFile:
    """A file to read."""

    found: FoundFile
    file_id: str
    known: FileState | None


@dataclass(frozen=True, slots=True)
class Unit:
    """Files that are read one after the other."""

    files: tuple[UnitFile, ...]
    received_us: int
    torn_before_ns: int


@dataclass(slots=True)
class Done:
    """Part of a unit's result. A file's state comes with the last of its events, never before."""

    events: list[Event] = field(default_factory=list)
    drops: Drops = field(default_factory=dict)
    files: list[FileState] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    report: ImportReport = field(default_factory=ImportReport)


def work(unit: Unit, pipeline: RunsRecords, deliver: Callable[[Done], None]) -> None:
    """Read the unit's files in order; `deliver` gets what came of them, some thousand events at a time."""
    done = Done()

    def take(records: list[RawEvent]) -> None:
        nonlocal done
        if records:
            batch = pipeline.run_records(records)
            done.events += batch.events
            add_counts(done.drops, batch.drops)
        if len(done.events) >= _EVENTS_AT_ONCE:
            deliver(done)
            done = Done()

    for file in unit.files:
        read = read_file(
            file.found,
            file.file_id,
            file.known,
            make_reader=lambda path, from_start: TranscriptReader(
                file_hint=path, received_us=unit.received_us, from_start=from_start
            ),
            take=take,
            torn_before_ns=unit.torn_before_ns,
        )
        if read.state is not None:
            done.files.append(read.state)
        done.quarantined += read.quarantined
        done.report.add(read.report)
    deliver(done)
