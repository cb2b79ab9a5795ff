"""What the readers of named files are given and what they give back. Light, because the quick check loads it too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from tachograph.inputs.histories.find import FoundFile
from tachograph.inputs.histories.report import ImportReport, add_counts
from tachograph.inputs.histories.unit import RunsRecords
from tachograph.ports import Batch, FileState, WriteResult

__all__ = ["FileKind", "FilesReport", "NamedFile", "TakesIn"]


class FileKind(StrEnum):
    """Who reads a file that is no agent's history; the names under which an import reports."""

    OTLP = "otlp"
    CONSOLE = "console"
    OTEL_DUMP = "otel_dump"
    UNKNOWN = "not_recognised"


class TakesIn(Protocol):
    """Runs records through the pipeline and writes what comes of them, with nothing else in between."""

    def __call__(self, run: Callable[[RunsRecords], Batch], /) -> WriteResult:
        """What became of the batch. Raises StoreError."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file to read."""

    found: FoundFile
    file_id: str
    known: FileState | None
    received_us: int  # when it was written last: what is in it came no later

    def unread(self) -> FileState:
        """Remembers a file that nobody reads, so that it is not looked into again."""
        return FileState(
            file_id=self.file_id,
            inode=self.found.inode,
            size_bytes=self.found.size_bytes,
            mtime_ns=self.found.mtime_ns,
            offset=0,
            lines=0,
            head=f"{FileKind.UNKNOWN}:",
        )


@dataclass(slots=True, kw_only=True)
class FilesReport:
    """What an import of named files found and did, by who reads them."""

    histories: ImportReport = field(default_factory=ImportReport)
    others: dict[FileKind, ImportReport] = field(
        default_factory=lambda: {
            FileKind.OTLP: ImportReport(),
            FileKind.CONSOLE: ImportReport(),
            FileKind.OTEL_DUMP: ImportReport(),
        }
    )
    not_recognised: int = 0  # files that are none of these
    seconds: float = 0.0

    def add(self, kind: FileKind) -> None:
        """Count a file."""
        if kind is FileKind.UNKNOWN:
            self.not_recognised += 1
        else:
            self.others[kind].files += 1

    def as_answer(self, roots: Iterable[Path | str]) -> dict[str, Any]:
        """The report by source, as `tachograph import --json` prints it."""
        failed: dict[str, int] = {}
        for report in (self.histories, *self.others.values()):
            add_counts(failed, report.failed)
        by_source: dict[str, ImportReport] = dict(self.histories.by_agent)
        by_source |= {kind.value: report for kind, report in self.others.items()}
        return {
            "sources": {source: report.as_dict() for source, report in by_source.items()},
            "symlinks": self.histories.symlinks,
            "failed": failed,
            "not_recognised": self.not_recognised,
            "roots": [str(root) for root in roots],
            "seconds": self.seconds,
        }
