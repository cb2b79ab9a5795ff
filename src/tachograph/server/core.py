"""Process 2: reads the journal, runs the pipeline, owns the store.

The parts are passed in; `wiring` builds them. Everything here may be stopped at any moment: what is not in the store
yet is still in the journal, and events and journal position are written in one transaction.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tachograph.ports import Batch, Clock, Frame, Position, Quarantined, Store, WriteResult
from tachograph_sdk.model.event import DropReason, RawEvent

__all__ = ["Core", "CoreStats", "Journal", "Pipeline"]

log = logging.getLogger(__name__)

READ_BYTES = 8 * 1024 * 1024  # what one batch may take from the journal
SETTLE_PERIOD_S = 1.0
SETTLE_SHARE = 6.0  # while busy, settling may take one part in seven of the time


class Journal(Protocol):
    """The reading side of the journal."""

    @property
    def position(self) -> Position:
        """Just after everything given out so far."""

    def read(self, max_bytes: int) -> list[Frame]:
        """The next whole frames, at most about `max_bytes`."""

    def take_damage(self) -> list[Quarantined]:
        """What was found damaged since the last call."""

    def set_aside(self, frame: Frame, reason: DropReason, detail: str) -> None:
        """Keep a frame that could not be used; `take_damage` tells of it."""

    def release(self, position: Position) -> None:
        """Delete what lies before `position`: the store has it."""

    def depth_bytes(self) -> int:
        """Bytes not yet read."""


class Pipeline(Protocol):
    """Frames or records in, a batch out."""

    def run_records(self, records: list[RawEvent]) -> Batch:
        """Records that were decoded elsewhere; they may be understood already."""

    def run(self, frames: Sequence[Frame]) -> Batch:
        """Decode, classify, release, price. All or nothing: after an exception, running the same again is safe."""


@dataclass(slots=True)
class CoreStats:
    """What the core did since it started."""

    frames: int = 0
    batches: int = 0
    events_new: int = 0
    events_duplicate: int = 0
    dropped: Counter[str] = field(default_factory=Counter)  # by reason
    set_aside: int = 0
    write_failures: int = 0
    last_write_us: int = 0
    oldest_unwritten_us: int = 0  # received time of the frame being worked on; 0 when the journal is drained


class Core:
    """Drains the journal into the store, one transaction per batch."""

    def __init__(self, *, journal: Journal, pipeline: Pipeline, store: Store, clock: Clock) -> None:
        self.store = store
        self.journal = journal
        self.clock = clock
        self.stats = CoreStats()
        self._pipeline = pipeline
        self._settled_s = clock.monotonic_s()
        self._settle_took_s = 0.0
        self._settling = False
        self._unsettled = True  # whatever a predecessor left
        self._lock = threading.Lock()
        self._pending: Batch | None = None

    @property
    def is_settled(self) -> bool:
        """True if answers tell of everything that was written."""
        return not (self._unsettled or self._settling)

    def drain_once(self) -> bool:
        """Move what is in the journal, up to one batch, into the store. True if there was anything."""
        with self._lock:
            self._pending = self._pending or self._next_batch()
            if self._pending is None:
                self.stats.oldest_unwritten_us = 0
                return False
            self._write_pending(self._pending)
            return True

    def take_in(self, run: Callable[[Pipeline], Batch]) -> WriteResult:
        """Run something else through the same pipeline, between two batches of the journal, and write it.

        The pipeline knows running totals, so nothing of the journal may come between running and writing, and what could
        not be written is written before anything else is run.

        Raises:
            StoreError: it is not written yet; draining tries again.
        """
        with self._lock:
            if self._pending is not None:
                self._write_pending(self._pending)
            self._pending = run(self._pipeline)
            return self._write_pending(self._pending)

    def write(self, batch: Batch) -> WriteResult:
        """Write one batch and count what became of it. Raises StoreError; nothing was written then."""
        try:
            result = self.store.write(batch)
        except Exception:
            self.stats.write_failures += 1
            raise
        stats = self.stats
        stats.batches += 1
        stats.events_new += result.new
        stats.events_duplicate += result.duplicate
        stats.set_aside += len(batch.quarantined)
        stats.last_write_us = self.clock.now_us()
        for (reason, _), count in batch.drops.items():
            stats.dropped[reason.value] += count
        self._unsettled = True
        return result

    def settle_if_due(self, *, drained: bool) -> bool:
        """Bring the derived tables up to date: at once when nothing waits, about once a second while busy."""
        start = self.clock.monotonic_s()
        period = max(SETTLE_PERIOD_S, SETTLE_SHARE * self._settle_took_s)
        if not self._unsettled or (not drained and start - self._settled_s < period):
            return False
        self._unsettled = False
        self._settling = True
        try:
            self.store.settle()
        except Exception:
            self._unsettled = True
            raise
        finally:
            self._settling = False
        self._settled_s = self.clock.monotonic_s()
        self._settle_took_s = self._settled_s - start
        return True

    def step(self) -> bool:
        """One turn of the drain task: drain, then settle if it is time."""
        worked = self.drain_once()
        self.settle_if_due(drained=not worked)
        return worked

    def drain_all(self, *, give_up: Callable[[], bool] = lambda: False) -> None:
        """Drain and settle until nothing is left or `give_up` says so."""
        while not give_up() and self.drain_once():
            pass
        self.settle_if_due(drained=True)

    def _write_pending(self, batch: Batch) -> WriteResult:
        # A write that fails is tried again with the same batch: the pipeline saw it already.
        result = self.write(batch)
        self._pending = None
        if batch.position is not None:
            self.journal.release(batch.position)
        return result

    def _next_batch(self) -> Batch | None:
        frames = self.journal.read(READ_BYTES)
        batch = self._run(frames)
        damage = self.journal.take_damage()
        if not frames and not damage:
            return None
        batch.quarantined = [*batch.quarantined, *damage]
        for item in damage:
            batch.drops[item.reason, "journal"] = batch.drops.get((item.reason, "journal"), 0) + 1
        batch.position = self.journal.position  # after what was damaged, too
        if frames:
            self.stats.oldest_unwritten_us = frames[0].received_us
            self.stats.frames += len(frames)
        return batch

    def _run(self, frames: Sequence[Frame]) -> Batch:
        """Run the pipeline; a frame it cannot bear is set aside alone, the others go through."""
        if not frames:
            return Batch()
        try:
            return self._pipeline.run(frames)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one frame must not stop the others
            if len(frames) == 1:
                log.error("a frame was set aside: %s", type(error).__name__)
                self.journal.set_aside(frames[0], DropReason.INTERNAL_ERROR, type(error).__name__)
                return Batch()
        half = len(frames) // 2
        return _join(self._run(frames[:half]), self._run(frames[half:]))


def _join(first: Batch, second: Batch) -> Batch:
    drops = dict(first.drops)
    for key, count in second.drops.items():
        drops[key] = drops.get(key, 0) + count
    return Batch(
        events=[*first.events, *second.events],
        drops=drops,
        streams={**first.streams, **second.streams},
        quarantined=[*first.quarantined, *second.quarantined],
    )
