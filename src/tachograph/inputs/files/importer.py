"""The importer of everything that a person names: tells what each file is and hands it to who can read it.

Local histories go to their own importer. OTLP files and console logs are read here, oldest first, so that running totals
grow as they did. What is read goes through the pipeline that also reads the journal, where there is one: both know the
same running totals then. What a file held and how far it was read are written in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tachograph.inputs.agents.histories import HISTORIES
from tachograph.inputs.files.kinds import is_candidate, kind_of, kind_remembered
from tachograph.inputs.files.queue import Part, Queue
from tachograph.inputs.files.unit import FileKind, FilesReport, NamedFile, TakesIn
from tachograph.inputs.histories.find import Found, find_files, reason_of, with_companions
from tachograph.inputs.histories.importer import Importer
from tachograph.inputs.histories.report import Progress, add_counts
from tachograph.inputs.histories.state import stamp_of
from tachograph.ports import Store
from tachograph_sdk.errors import UnknownAgent

__all__ = ["FilesImporter"]


class FilesImporter:
    """Imports what is named, of any kind; without a name, the local histories in the usual places.

    Args:
        histories: their importer, which also remembers what has been read.
        store: where it is written.
        take_in: the way there.
        name_file: gives a path's pseudonym.
    """

    def __init__(self, histories: Importer, store: Store, take_in: TakesIn, *, name_file: Callable[[str], str]) -> None:
        self._histories = histories
        self._store = store
        self._take_in = take_in
        self._name_file = name_file

    def run_strings(
        self, paths: Sequence[str], agent: str | None, progress: Callable[[dict[str, Any]], None] | None = None
    ) -> dict[str, Any]:
        """Read what is new at or below `paths`, in and out as JSON values.

        Raises:
            UnknownAgent: no history of `agent` can be read.
            StoreError: the store could not be written; what was written before stays, and the next run goes on.
        """
        known = sorted({history.agent for history in HISTORIES})
        if agent is not None and agent not in known:
            raise UnknownAgent("no local history of this agent can be read", hint=f"those that can: {', '.join(known)}")
        show = None if progress is None else lambda state: progress(state.as_dict())
        return self.run(paths, show, agent=agent).as_answer(paths or self._histories.roots(agent))

    def run(
        self,
        paths: Sequence[Path | str] = (),
        progress: Callable[[Progress], None] | None = None,
        *,
        agent: str | None = None,
    ) -> FilesReport:
        """The same. Never raises for what is on the disk or in a file: that is counted in the report."""
        clock = self._histories.clock
        start = clock.monotonic_s()
        report = FilesReport()
        if not paths:
            report.histories = self._histories.run(progress, agent=agent)
        else:
            others = self._sort(find_files(paths, wanted=is_candidate), report, progress, agent)
            self._read(others, report, progress)
            self._histories.remember()
        report.seconds = clock.monotonic_s() - start
        return report

    def _sort(
        self, found: Found, report: FilesReport, progress: Callable[[Progress], None] | None, agent: str | None
    ) -> list[tuple[FileKind, NamedFile]]:
        """Have the local histories among them read; give back the others that have changed, oldest first."""
        states = self._histories.states()
        histories = []
        others: list[tuple[FileKind, NamedFile]] = []
        for file in found.files:
            file_id = self._name_file(file.path)
            known = states.get(file_id)
            if known is not None and (known.size_bytes, known.mtime_ns, known.inode) == stamp_of(file):
                kind = kind_remembered(known.head)
                if isinstance(kind, FileKind):
                    report.add(kind)
                    continue
            else:
                try:
                    kind = kind_of(file.path)
                except OSError as error:
                    found.failed[reason_of(error)] += 1
                    continue
            if isinstance(kind, FileKind):
                received_us = min(max(0, file.mtime_ns // 1000), self._histories.clock.now_us())
                others.append((kind, NamedFile(file, file_id, known, received_us)))
            elif agent in (None, kind.agent):
                histories.append(with_companions(file, kind))
        found.files = sorted(histories, reverse=True)
        report.histories = self._histories.take_up(found, progress)
        others.sort(key=lambda other: other[1].found)
        return others

    def _read(
        self,
        others: Sequence[tuple[FileKind, NamedFile]],
        report: FilesReport,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        if not others:
            return
        from tachograph.inputs.files.console.reading import ConsoleLogReader
        from tachograph.inputs.files.otel_dump.reading import DumpFileReader
        from tachograph.inputs.files.otlp.reading import OtlpFileReader

        states = self._histories.states()
        otlp = Queue(self._take_in, report.others[FileKind.OTLP], states)
        console = Queue(self._take_in, report.others[FileKind.CONSOLE], states)
        dumps = Queue(self._take_in, report.others[FileKind.OTEL_DUMP], states)
        readers = {
            FileKind.OTLP: OtlpFileReader(otlp).read,
            FileKind.CONSOLE: ConsoleLogReader(console).read,
            FileKind.OTEL_DUMP: DumpFileReader(dumps).read,
        }
        total = sum(file.found.size_bytes for _, file in others)
        size = 0
        for done, (kind, file) in enumerate(others, 1):
            try:
                if kind is FileKind.UNKNOWN:
                    console.put(Part(state=file.unread()))
                    report.add(kind)
                else:
                    report.add(readers[kind](file))
            except OSError as error:  # it was there a moment ago
                add_counts(report.others.get(kind, report.histories).failed, {reason_of(error): 1})
                continue
            size += file.found.size_bytes
            if progress is not None:
                new = sum(read.new for read in report.others.values())
                progress(
                    Progress(files_done=done, files_total=len(others), bytes_done=size, bytes_total=total, events=new)
                )
        otlp.flush()
        console.flush()
        dumps.flush()
        self._store.settle()
