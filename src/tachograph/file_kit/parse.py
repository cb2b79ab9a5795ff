"""Parses session logs into the documents that are read and shared.

What a log is, its content says; the readers are those of `tachograph import`, and what they read passes the same wall.
A log that did not change is not opened. One that grew is read from where the last reading ended, and what is new joins
its document. One that was replaced is read anew. Nothing in a log, and no log, stops the others.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from tachograph.analytics.file_kit.parsed import NOT_SESSIONS
from tachograph.file_kit.document import Document, Head, describe, write_quarantine
from tachograph.file_kit.folder import KitFolder, make_folder
from tachograph.file_kit.labels import Labels
from tachograph.file_kit.memory import Known, load_known, save_known, stamp_of
from tachograph.file_kit.reading import LogReading, MakesPipeline, is_continued
from tachograph.inputs.agents.kit.history import History
from tachograph.inputs.files.kinds import kind_of
from tachograph.inputs.files.unit import FileKind, NamedFile
from tachograph.inputs.histories.find import FoundFile, reason_of
from tachograph.inputs.histories.report import add_counts
from tachograph.ports import Clock, FileState
from tachograph_sdk.errors import ConfigError, TachographError
from tachograph_sdk.private_files import lock_file, sweep

__all__ = ["KitParser", "ParseReport", "Parsed"]

_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_ENDINGS: Final = (".gz", ".zst", ".zstd"), (".log", ".jsonl", ".json", ".txt", ".out", ".pb", ".binpb")
_OF_HISTORIES: Final = (".jsonl", ".json", ".db", ".gz", ".zst", ".zstd")
_SAVE_EVERY_S: Final = 5.0
_STATUSES: Final = ("parsed", "grown", "unchanged", "skipped", "failed")


@dataclass(slots=True, kw_only=True)
class Parsed:
    """What became of one log."""

    file: str
    status: str = "parsed"  # parsed, grown, unchanged, skipped, failed
    reason: str = ""  # of skipped and failed
    document: str | None = None  # name in the data folder
    format: str | None = None
    new: int = 0  # events and points, in this run
    bytes: int = 0  # read in this run
    events: int = 0  # in the document
    metrics: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    passed_over: dict[str, int] = field(default_factory=dict)
    torn: bool = False

    def counts(self) -> dict[str, Any]:
        """What is true of the document until the log changes."""
        return {name: getattr(self, name) for name in ("events", "metrics", "quarantined", "passed_over", "torn")}


@dataclass(slots=True, kw_only=True)
class ParseReport:
    """What a run found and did."""

    logs: list[Parsed] = field(default_factory=list)
    data: str = ""  # the folder of the documents

    def count(self, status: str) -> int:
        """How many logs ended so."""
        return sum(log.status == status for log in self.logs)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "data": self.data,
            "files": len(self.logs),
            **{status: self.count(status) for status in _STATUSES},
            **{name: sum(getattr(log, name) for log in self.logs) for name in ("events", "metrics", "new", "bytes")},
            "quarantined": _sum(log.quarantined for log in self.logs),
            "passed_over": _sum(log.passed_over for log in self.logs),
            "documents": [asdict(log) for log in self.logs],
        }


class KitParser:
    """Parses what is named, or what is new in the folder of logs.

    Args:
        folder: the kit's.
        make_pipeline: the way through the wall.
        name_file: gives a path's pseudonym.
        labels: team and project, as the owner calls them.
        rules: hash of what is kept and of whom it is refused: other rules make documents anew.
        collector: pseudonym of this installation: whose logs these are, also where no record says.
        clock: says when.
    """

    def __init__(
        self,
        folder: KitFolder,
        *,
        make_pipeline: MakesPipeline,
        name_file: Callable[[str], str],
        labels: Labels,
        rules: str,
        collector: str,
        clock: Clock,
    ) -> None:
        self._folder = folder
        self._make_pipeline = make_pipeline
        self._name_file = name_file
        self._labels = labels
        self._rules = rules
        self._collector = collector
        self._clock = clock
        self._known: dict[str, Known] = {}
        self._unsaved = 0  # logs parsed since they were remembered
        self._saved_at = time.monotonic()

    def run(self, paths: Sequence[Path] = (), *, progress: Callable[[str], None] | None = None) -> ParseReport:
        """Parse what is new. Never raises for what is in a log.

        Raises:
            ConfigError: there is no folder of logs, or documents cannot be written where they belong.
        """
        logs = list(paths) or self._folder.session_logs()
        make_folder(self._folder.root)
        make_folder(self._folder.data)
        report = ParseReport(data=str(self._folder.data))
        try:
            with lock_file(self._folder.parse_lock):
                sweep(self._folder.data)
                self._known = load_known(self._folder.parse_state)
                try:
                    for path in dict.fromkeys(Path(os.path.realpath(path)) for path in logs):
                        if progress is not None:
                            progress(path.name)
                        report.logs.append(self._parse_safely(path))
                        self._save(report.logs[-1])
                finally:
                    self._save()
        except OSError as error:
            raise ConfigError(
                f"{self._folder.data} cannot be written: {error.strerror}", hint="make room, or name another --dir"
            ) from None
        return report

    def _parse_safely(self, path: Path) -> Parsed:
        try:
            return self._parse(path)
        except (OSError, TachographError):  # of the folder, not of this log
            raise
        except Exception as error:  # noqa: BLE001 - our own fault; it may quote the log, so only its type is told
            return Parsed(file=self._name(path), status="failed", reason=f"our own fault ({type(error).__name__})")

    def _name(self, path: Path) -> str:
        return path.name if _PLAIN_NAME.fullmatch(path.name) else self._name_file(str(path))

    def _save(self, last: Parsed | None = None) -> None:
        """Remember what is known, now and then and at the end: it is written whole each time.

        Who is stopped before it finds documents that it does not know, and parses those logs anew.
        """
        if last is not None:
            self._unsaved += last.status in ("parsed", "grown")
            if time.monotonic() - self._saved_at < _SAVE_EVERY_S:
                return
        if self._unsaved:
            save_known(self._folder.parse_state, self._known)
            self._unsaved, self._saved_at = 0, time.monotonic()

    def _parse(self, path: Path) -> Parsed:
        file_id = self._name_file(str(path))
        name = self._name(path)
        known = self._known.get(file_id)
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                return Parsed(file=name, status="failed", reason="no file")
            found = FoundFile(status.st_mtime_ns, str(path), status.st_size, status.st_ino)
            if known is not None and (
                (known.labels, known.rules) != (self._labels, self._rules)
                or known.stamp != stamp_of(self._folder.data / known.document)
            ):
                known = None
            if known is not None and _is_unchanged(known.state, found):
                return Parsed(
                    file=name, status="unchanged", document=known.document, format=known.format, **known.counts
                )
            kind = kind_of(str(path)) if found.size_bytes else FileKind.UNKNOWN
            if kind is FileKind.UNKNOWN and found.size_bytes:
                kind = FileKind.CONSOLE  # some bytes that are no text do not make a log none
            if isinstance(kind, History) and not path.name.endswith(_OF_HISTORIES):
                kind = FileKind.CONSOLE  # lines of JSON that have a session, as those of a transcript do
            if known is not None and not is_continued(str(path), known):
                known = None
        except OSError as error:
            return Parsed(file=name, status="failed", reason=reason_of(error))
        if isinstance(kind, History):
            return Parsed(file=name, status="skipped", reason="a local history: `tachograph import` reads it")
        received_us = min(max(0, found.mtime_ns // 1000), self._clock.now_us())
        target = self._document_name(name, file_id)
        with Document(self._folder.data) as document:
            if known is not None and not document.resume(self._folder.data / target):
                known = None
            reading = LogReading(self._make_pipeline, document, known)
            file = NamedFile(found, file_id, known.state if known is not None else None, received_us)
            try:
                kind = reading.read(kind, file)
                if kind is FileKind.OTLP and reading.report.quarantined:  # what follows the requests may be printed
                    with Document(self._folder.data) as whole:
                        anew = LogReading(self._make_pipeline, whole, None)
                        unread = NamedFile(found, file_id, None, received_us)
                        if anew.read(FileKind.CONSOLE, unread) and whole.counts.records > document.counts.records:
                            return self._write(name, target, FileKind.CONSOLE, whole, anew, unread)
            except OSError as error:
                return Parsed(file=name, status="failed", reason=reason_of(error))
            return self._write(name, target, kind, document, reading, file)

    def _write(
        self, name: str, target: str, kind: FileKind, document: Document, reading: LogReading, file: NamedFile
    ) -> Parsed:
        counts, known = document.counts, reading.known
        add_counts(counts.quarantined, reading.report.quarantined)
        add_counts(counts.passed_over, reading.passed_over)
        if known is None and counts.duplicates:
            counts.passed_over["duplicate"] = counts.duplicates
        head = Head(
            file=name,
            parsed_at_us=self._clock.now_us(),
            format=None if kind is FileKind.UNKNOWN else kind.value,
            collector=self._collector,
            team=self._labels.team,
            project=self._labels.project,
            torn=reading.report.torn > 0,
        )
        document.write(self._folder.data / target, head)
        pieces = [*(known.pieces if known is not None else []), *map(describe, reading.quarantined)]
        stem = target.removesuffix(".json")
        write_quarantine(self._folder.data / f"{stem}.quarantine.json", name, counts.quarantined, pieces)
        parsed = Parsed(
            file=name,
            status="parsed" if known is None else "grown",
            document=target,
            format=head.format,
            new=reading.new,
            bytes=reading.report.bytes,
            events=counts.events,
            metrics=counts.metrics,
            quarantined=counts.quarantined,
            passed_over=counts.passed_over,
            torn=head.torn,
        )
        self._known[file.file_id] = Known(
            document=target,
            stamp=stamp_of(self._folder.data / target),
            state=reading.state or file.unread(),
            format=head.format,
            labels=self._labels,
            rules=self._rules,
            streams=reading.streams,
            pieces=pieces,
            counts=parsed.counts(),
        )
        return parsed

    def _document_name(self, name: str, file_id: str) -> str:
        """The document of this log: named after it, and after its place too where another log has that name."""
        known = self._known.get(file_id)
        if known is not None:
            return known.document
        stem = name
        for endings in _ENDINGS:
            for ending in endings:
                stem = stem.removesuffix(ending)
        # Lower case: so that nothing is replaced where case makes no other name.
        taken = {other.document.lower() for other in self._known.values()} | NOT_SESSIONS
        plain = f"{stem or 'log'}.json"
        return plain if plain.lower() not in taken else f"{stem}-{file_id[-8:]}.json"


def _is_unchanged(state: FileState, found: FoundFile) -> bool:
    return (state.size_bytes, state.mtime_ns, state.inode) == (found.size_bytes, found.mtime_ns, found.inode)


def _sum(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for part in parts:
        add_counts(counts, part)
    return counts
