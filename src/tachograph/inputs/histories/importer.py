"""The importer: finds local histories, has what is new in them read, and writes it to the store."""

from __future__ import annotations

import gc
import os
import pickle
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from tachograph.inputs.agents.histories import BY_ID
from tachograph.inputs.histories.arriving import Arriving
from tachograph.inputs.histories.config import ImportConfig
from tachograph.inputs.histories.find import Found, FoundFile, Place, find_histories
from tachograph.inputs.histories.first_pass import FirstPass, Stage, stage_of
from tachograph.inputs.histories.report import ImportReport, Progress, count_refused
from tachograph.inputs.histories.state import ImportCache, Stamp, report_on, stamp_of
from tachograph.inputs.histories.unit import Done, RunsRecords, Unit, UnitFile
from tachograph.ports import Batch, Clock, FileState, PackEvents, Store

__all__ = ["Importer"]

_UNIT_BYTES = 16 * 1024 * 1024
_UNIT_FILES = 256

Report = Callable[[Progress], None]


class Importer:
    """Reads local histories into a store. Any thread may call it; one reads at a time.

    Args:
        store: where events go, and how far each file has been read, in the same transaction.
        make_pipeline: makes the pipeline with the wall. If it can be pickled, worker processes make their own with it.
        config: what the user set.
        clock: the time.
        name_file: gives a path's pseudonym.
        places: where to look.
        cache: the quick check's memory, if there is one.
        pack: how the store wants events from other processes; can be pickled.
    """

    def __init__(
        self,
        store: Store,
        make_pipeline: Callable[[], RunsRecords],
        config: ImportConfig,
        clock: Clock,
        *,
        name_file: Callable[[str], str],
        places: Sequence[Place] = (),
        cache: ImportCache | None = None,
        pack: PackEvents | None = None,
    ) -> None:
        self.config = config
        self.clock = clock
        self.places = tuple(places)
        self._store = store
        self._make_pipeline = make_pipeline
        self._name_file = name_file
        self._cache = cache
        self._pack = pack
        self._pipeline: RunsRecords | None = None
        self._known: dict[str, FileState] | None = None
        self._lock = threading.Lock()

    def run(self, progress: Report | None = None, *, agent: str | None = None) -> ImportReport:
        """Read what is new in the places, of one agent or of all, newest file first.

        Never raises for what is on the disk or in a file: that is counted in the report.

        Raises:
            StoreError: the store could not be written; what was written before stays, and the next run goes on.
        """
        places = [place for place in self.places if agent in (None, place.history.agent)]
        report = self.take_up(find_histories(places), progress)
        self.remember()
        return report

    def roots(self, agent: str | None = None) -> list[Path]:
        """Where the histories of an agent, or of all, are looked for."""
        return list(dict.fromkeys(place.root for place in self.places if agent in (None, place.history.agent)))

    def take_up(self, found: Found, progress: Report | None = None, *, first: FirstPass | None = None) -> ImportReport:
        """The same for files that somebody else has found, each with its history; the quick check's memory stays.

        With `first` it is told how far it is, and answers tell of the newest files before the others are read.
        """
        start = self.clock.monotonic_s()
        with self._lock:
            report = self._read(found, progress, first)
            if report.read:
                self._store.settle()
        report.seconds = self.clock.monotonic_s() - start
        return report

    def remember(self) -> None:
        """Write the quick check's memory."""
        with self._lock:
            if self._cache is not None and self._known is not None:
                stamps: dict[str, Stamp] = {
                    file_id: (state.size_bytes, state.mtime_ns, state.inode) for file_id, state in self._known.items()
                }
                self._cache.save(stamps, {file_id: state.head for file_id, state in self._known.items()})

    def forget(self) -> None:
        """Ask the store again how far files have been read: it forgot some."""
        with self._lock:
            self._known = None

    def states(self) -> dict[str, FileState]:
        """How far each file has been read, by file id, whoever reads it; what is put in here is remembered."""
        with self._lock:
            return self._states()

    def _changed(self, files: Iterable[FoundFile]) -> list[UnitFile]:
        """The files that are not as they were when they were last read, in the same order."""
        states = self._states()
        changed = []
        for file in files:
            file_id = self._name_file(file.path)
            known = states.get(file_id)
            if known is None or (known.size_bytes, known.mtime_ns, known.inode) != stamp_of(file):
                changed.append(UnitFile(file, file_id, known))
        return changed

    def _states(self) -> dict[str, FileState]:
        if self._known is None:
            self._known = self._store.files()
        return self._known

    def _read(self, found: Found, progress: Report | None, first: FirstPass | None) -> ImportReport:
        report = report_on(found)
        changed = self._changed(found.files)
        now_us = self.clock.now_us()
        sizes = [(file.found, _to_read(file)) for file in changed]
        if first is not None:
            first.begin(found.files, sizes, now_us=now_us)
        if not changed:
            return report
        total = sum(size for _, size in sizes)
        units, stages = self._units(changed, now_us)
        arriving = Arriving(
            units,
            stages,
            report,
            write=lambda done: self._write(done, report),
            settle=self._store.settle,
            first=first,
            clock=self.clock,
        )

        def take(done: Done) -> None:
            report.add(done.report)
            report.of(BY_ID[done.history].agent).add(done.report)
            arriving.take(done)
            if progress is not None:
                progress(
                    Progress(
                        files_done=report.read,
                        files_total=len(changed),
                        bytes_done=min(report.bytes, total),
                        bytes_total=total,
                        events=arriving.events,
                    )
                )

        with _collector_paused():
            self._read_units(units, total, take)
            arriving.flush()
        return report

    def _units(self, changed: Sequence[UnitFile], now_us: int) -> tuple[list[Unit], list[Stage]]:
        """What to read, the newest first, and the stages that it makes."""
        torn_before_ns = now_us * 1000 - int(self.config.torn_after_s * 1e9)
        stages: list[Stage] = []
        units = []
        for stage, files in groupby(changed, key=lambda file: stage_of(file.found, now_us)):
            for history, part in _units(files):
                units.append(Unit(history, part, now_us, torn_before_ns, len(stages)))
            stages.append(stage)
        return units, stages

    def _read_units(self, units: Sequence[Unit], total: int, take: Callable[[Done], None]) -> None:
        # Loaded only when there is something to read: the quick answer to "is there anything new?" stays quick.
        from tachograph.inputs.histories.pool import read_with_workers
        from tachograph.inputs.histories.work import work

        workers = min(self.config.workers, len(units), os.cpu_count() or 1)
        if workers > 1 and total >= self.config.worker_threshold_bytes and _can_be_sent(self._make_pipeline):
            rest = []
            for result in read_with_workers(units, self._make_pipeline, self._pack, workers=workers):
                if isinstance(result, Unit):
                    rest.append(result)
                else:
                    take(result)
            units = rest
        if units and self._pipeline is None:
            self._pipeline = self._make_pipeline()
        for unit in units:
            assert self._pipeline is not None
            work(unit, self._pipeline, take)

    def _write(self, done: Done, report: ImportReport) -> None:
        if not (done.events or done.columns or done.files or done.drops or done.quarantined):
            return
        result = self._store.write(
            Batch(
                events=done.events,
                columns=done.columns,
                drops=done.drops,
                files=done.files,
                quarantined=done.quarantined,
                identities=done.identities,
            )
        )
        for part in (report, report.of(BY_ID[done.history].agent)):
            part.new += result.new
            part.duplicate += result.duplicate
            count_refused(part.refused, done.drops)
        if self._known is not None:
            self._known.update((state.file_id, state) for state in done.files)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the search for reference cycles: events have none, and looking through them costs a tenth of an import."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _units(changed: Iterable[UnitFile]) -> Iterator[tuple[str, tuple[UnitFile, ...]]]:
    units: dict[str, tuple[list[UnitFile], int]] = {}
    for file in changed:
        history = file.found.history
        unit, size = units.get(history, ([], 0))
        unit.append(file)
        size += _to_read(file)
        if size >= _UNIT_BYTES or len(unit) >= _UNIT_FILES:
            yield history, tuple(unit)
            unit, size = [], 0
        units[history] = unit, size
    for history, (unit, _) in units.items():
        if unit:
            yield history, tuple(unit)


def _to_read(file: UnitFile) -> int:
    is_lines = BY_ID[file.found.history].form == "lines"
    read = (
        file.known.offset if is_lines and file.known is not None and file.known.offset <= file.found.size_bytes else 0
    )
    return file.found.size_bytes - read


def _can_be_sent(make_pipeline: Callable[[], RunsRecords]) -> bool:
    try:
        pickle.dumps(make_pipeline)
    except Exception:  # noqa: BLE001 - pickling fails in many ways, all of which mean the same
        return False
    return True
