"""Gathers what is read in named files and writes it in few transactions: a thousand small files are not a thousand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tachograph.inputs.files.unit import NamedFile, TakesIn
from tachograph.inputs.histories.report import ImportReport, add_counts, count_refused
from tachograph.inputs.histories.unit import RunsRecords
from tachograph.ports import Batch, Drops, FileState, Quarantined, StreamState
from tachograph_sdk.model.event import DropReason, Event, RawEvent

__all__ = ["MAX_TOLD", "Part", "Produce", "Queue", "Take", "set_aside"]

MAX_TOLD = 100  # unusable places of one file; the others are counted only

Take = Callable[[list[RawEvent], Drops], None]
"""Takes records, and what was left out where they were made."""
Produce = Callable[[Take], Sequence[Quarantined]]
"""Makes records, in the moment they are written; says what of it could not be read."""

_AT_ONCE_BYTES = 8 * 1024 * 1024
_AT_ONCE_PARTS = 500
_LOST = frozenset({DropReason.MALFORMED, DropReason.BAD_ID, DropReason.BAD_NUMBER, DropReason.TOO_LARGE})
_PASSED_OVER = frozenset({DropReason.UNKNOWN_AGENT, DropReason.UNKNOWN_EVENT, DropReason.STALE_POINT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Part of one file."""

    produce: Produce | None = None
    quarantined: tuple[Quarantined, ...] = ()
    state: FileState | None = None  # with the last part of the file
    size: int = 0  # bytes that wait


class Queue:
    """What was read by one reader and is not written yet.

    Args:
        take_in: the way into the store.
        report: counts what is written.
        states: how far each file has been read; brought up to date after what was read has been written.
    """

    def __init__(self, take_in: TakesIn, report: ImportReport, states: dict[str, FileState]) -> None:
        self.report = report
        self._take_in = take_in
        self._states = states
        self._parts: list[Part] = []
        self._size = 0

    def put(self, part: Part) -> None:
        """Have a part written, now or soon. Raises StoreError."""
        self._parts.append(part)
        self._size += part.size
        if self._size >= _AT_ONCE_BYTES or len(self._parts) >= _AT_ONCE_PARTS:
            self.flush()

    def flush(self) -> None:
        """Write all that waits, in one transaction. Raises StoreError: nothing of it was written."""
        parts, self._parts, self._size = self._parts, [], 0
        if not parts:
            return
        result = self._take_in(lambda pipeline: self._run(pipeline, parts))
        self.report.new += result.new
        self.report.duplicate += result.duplicate
        self._states.update((part.state.file_id, part.state) for part in parts if part.state is not None)

    def _run(self, pipeline: RunsRecords, parts: list[Part]) -> Batch:
        events: list[Event] = []
        drops: Drops = {}
        streams: dict[str, StreamState] = {}
        identities: dict[str, str] = {}

        def take(records: list[RawEvent], left_out: Drops) -> None:
            batch = pipeline.run_records(records)
            events.extend(batch.events)
            streams.update(batch.streams)
            identities.update(batch.identities)
            add_counts(drops, batch.drops)
            add_counts(drops, left_out)
            count_refused(self.report.refused, batch.drops)
            for (reason, _), count in batch.drops.items():
                if reason in _PASSED_OVER:
                    add_counts(self.report.ignored, {reason.value: count})
            for (reason, what), count in left_out.items():
                if reason in _LOST and what != "attribute":
                    add_counts(self.report.quarantined, {reason.value: count})

        quarantined: list[Quarantined] = []
        for part in parts:
            quarantined += part.quarantined
            if part.produce is not None:
                quarantined += part.produce(take)
        return Batch(
            events=events,
            drops=drops,
            streams=streams,
            quarantined=quarantined,
            files=[part.state for part in parts if part.state is not None],
            identities=identities,
        )


def set_aside(file: NamedFile, place: str, reason: DropReason, detail: str, size_bytes: int) -> Quarantined:
    """Something unusable; `detail` is fixed wording."""
    return Quarantined(origin=file.file_id, place=place, reason=reason, detail=detail, size_bytes=size_bytes)
