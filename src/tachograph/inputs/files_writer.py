"""Writes what is read in one named file: records through the pipeline, what is unusable counted and set aside."""

from __future__ import annotations

from collections.abc import Callable

from tachograph.inputs.files_unit import NamedFile, TakesIn
from tachograph.inputs.transcripts_report import ImportReport, add_counts
from tachograph.inputs.transcripts_unit import RunsRecords
from tachograph.ports import Batch, Drops, FileState, Quarantined, StreamState
from tachograph_sdk.model.event import DropReason, Event, RawEvent

__all__ = ["MAX_TOLD", "FileWriter", "Produce", "Take"]

MAX_TOLD = 100  # places of one file; the others are counted only

Take = Callable[[list[RawEvent], Drops], None]
"""Takes records, and what was left out where they were made."""
Produce = Callable[[Take], None]

_LOST = frozenset({DropReason.MALFORMED, DropReason.BAD_ID, DropReason.BAD_NUMBER, DropReason.TOO_LARGE})
_PASSED_OVER = frozenset({DropReason.UNKNOWN_AGENT, DropReason.UNKNOWN_EVENT, DropReason.STALE_POINT})


class FileWriter:
    """One file's way into the store; `report` says what came of it."""

    def __init__(self, file: NamedFile, take_in: TakesIn) -> None:
        self.report = ImportReport(read=1)
        self._file = file
        self._take_in = take_in
        self._quarantined: list[Quarantined] = []
        self._told = 0

    def set_aside(self, place: str, reason: DropReason, detail: str, size_bytes: int) -> None:
        """Count something as unusable; `detail` is fixed wording."""
        add_counts(self.report.quarantined, {reason.value: 1})
        self._told += 1
        if self._told <= MAX_TOLD:
            self._quarantined.append(
                Quarantined(origin=self._file.file_id, place=place, reason=reason, detail=detail, size_bytes=size_bytes)
            )

    def write(self, produce: Produce, state: FileState | None = None) -> None:
        """Write what `produce` makes, and how far the file has been read, in one transaction.

        Raises:
            StoreError: nothing of it was written.
        """

        def run(pipeline: RunsRecords) -> Batch:
            events: list[Event] = []
            drops: Drops = {}
            streams: dict[str, StreamState] = {}

            def take(records: list[RawEvent], left_out: Drops) -> None:
                batch = pipeline.run_records(records)
                events.extend(batch.events)
                streams.update(batch.streams)
                add_counts(drops, batch.drops)
                add_counts(drops, left_out)
                for (reason, _), count in batch.drops.items():
                    if reason in _PASSED_OVER:
                        add_counts(self.report.ignored, {reason.value: count})
                for (reason, what), count in left_out.items():
                    if reason in _LOST and what != "attribute":
                        add_counts(self.report.quarantined, {reason.value: count})

            produce(take)
            quarantined, self._quarantined = self._quarantined, []
            files = [] if state is None else [state]
            return Batch(events=events, drops=drops, streams=streams, quarantined=quarantined, files=files)

        result = self._take_in(run)
        self.report.new += result.new
        self.report.duplicate += result.duplicate
