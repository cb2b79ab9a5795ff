"""What goes to a reading process and what comes back. Light, because the quick check loads it too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from tachograph.inputs.histories.find import FoundFile
from tachograph.inputs.histories.report import ImportReport
from tachograph.ports import Batch, Drops, EventColumns, FileState, Quarantined
from tachograph_sdk.model.event import Event, RawEvent

__all__ = ["Done", "RunsRecords", "Unit", "UnitFile"]


class RunsRecords(Protocol):
    """The part of the pipeline that an importer needs."""

    @property
    def keeps_content(self) -> bool:
        """Whether texts pass the wall now: only then are they worth reading."""

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
    """Files of one history that are read one after the other."""

    history: str  # History.id
    files: tuple[UnitFile, ...]
    received_us: int
    torn_before_ns: int
    stage: int = 0  # which part of the reading it belongs to: the lower ones are read first


@dataclass(slots=True)
class Done:
    """Part of a unit's result. A file's state comes with the last of its events, never before."""

    history: str = ""  # History.id
    stage: int = 0  # of its unit
    is_last: bool = False  # nothing more comes of its unit
    events: list[Event] = field(default_factory=list)
    columns: list[EventColumns] = field(default_factory=list)  # more of them, if the store told how to pack
    drops: Drops = field(default_factory=dict)
    identities: dict[str, str] = field(default_factory=dict)
    files: list[FileState] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    report: ImportReport = field(default_factory=ImportReport)

    def count(self) -> int:
        """How many events there are."""
        return len(self.events) + sum(part.rows for part in self.columns)
