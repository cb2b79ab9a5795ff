"""Process 2: reads the journal, runs the pipeline, owns the store.

The parts are passed in; `wiring` builds them. Everything here may be stopped at any moment: what is not in the store
yet is still in the journal, and events and journal position are written in one transaction.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from tachograph.ports import Batch, Clock, Frame, PackEvents, Position, Quarantined, Store, WriteResult
from tachograph.server.bell import Bell
from tachograph_sdk.model.event import DropReason, RawEvent

__all__ = ["Core", "CoreStats", "Journal", "Pipeline"]

log = logging.getLogger(__name__)

READ_BYTES = 8 * 1024 * 1024  # what one batch may take from the journal
MADE_AHEAD = 2  # batches that may wait to be written
WAIT_S = 0.1  # for the other thread, before looking whether to stop
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

    @property
    def keeps_content(self) -> bool:
        """Whether texts pass the wall now."""

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


@dataclass(slots=True)
class _Made:
    """A batch that went through the pipeline and is not written yet."""

    batch: Batch
    received_us: int  # of its oldest frame; 0 if it did not come by the journal
    result: Future[WriteResult] = field(default_factory=Future)


class Core:
    """Drains the journal into the store, one transaction per batch.

    Two threads share the work: `make` reads the journal and runs the pipeline, `store_made` writes what was made, in the
    same order, and settles. The database works without the interpreter, so both get on at the same time. A write that
    fails is tried again with the same batch, because the pipeline saw it already: running totals have moved on.
    """

    def __init__(
        self, *, journal: Journal, pipeline: Pipeline, store: Store, clock: Clock, pack: PackEvents | None = None
    ) -> None:
        self.store = store
        self.journal = journal
        self.clock = clock
        self.stats = CoreStats()
        self.bell = Bell()  # rung when the store has changed
        self._pipeline = pipeline
        self._pack = pack  # makes columns of events before they reach the writing thread
        self._settled_s = clock.monotonic_s()
        self._settle_took_s = 0.0
        self._settling = False
        self._unsettled = True  # whatever a predecessor left
        self._making = threading.Lock()  # the pipeline and the journal's reader are for one thread at a time
        self._writing = threading.Lock()  # one writes, in the order of `_made`
        self._made: deque[_Made] = deque()
        self._changed = threading.Condition()  # of `_made`
        self._written: Position | None = None

    @property
    def is_settled(self) -> bool:
        """True if answers tell of everything that was read."""
        return not (self._making.locked() or self._made or self._unsettled or self._settling)

    @property
    def oldest_unwritten_us(self) -> int:
        """When the oldest request that is read but not written was received, UTC; 0 if there is none."""
        return next((made.received_us for made in list(self._made) if made.received_us), 0)

    def make(self) -> bool:
        """Run what comes next in the journal through the pipeline. True if there was anything, or no room for it."""
        with self._changed:
            if len(self._made) >= MADE_AHEAD:
                self._changed.wait(WAIT_S)
                return True
        with self._making:
            self._let_go()
            made = self._next_made()
            if made is None:
                return False
            self._put(made)
        return True

    def store_made(self) -> bool:
        """Write the batch that was made first, if any, and settle if it is time. True if there was something to do."""
        with self._changed:
            if not self._made:
                self._changed.wait(WAIT_S)
        wrote = self._write_first()
        drained = not (wrote or self._made or self._making.locked())
        return self.settle_if_due(drained=drained) or wrote

    def drain_once(self) -> bool:
        """Move what is in the journal, up to one batch, into the store, in this thread. True if there was anything."""
        worked = self.make() if not self._made else True
        while self._write_first():
            pass
        with self._making:
            self._let_go()
        return worked

    def take_in(self, run: Callable[[Pipeline], Batch]) -> WriteResult:
        """Run something else through the same pipeline, between two batches of the journal, and write it in its turn.

        Raises:
            StoreError: it did not run, because what waits cannot be written; or it ran, and is written with what waits later.
        """
        with self._making:
            while self._write_first():  # nothing runs before what waits is written
                pass
            self._let_go()
            made = self._put(_Made(run(self._pipeline), 0))
        while not made.result.done():
            self._write_first()
        return made.result.result()

    def purge_contents(self) -> int:
        """Erase the texts of the preset `content`, also of what is made and not written yet; how many. Raises StoreError."""
        with self._making:
            while self._write_first():
                pass
            self._let_go()
            return self.store.purge_contents()

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
        self.bell.ring()
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
        self.bell.ring()
        return True

    def drain_all(self, *, give_up: Callable[[], bool] = lambda: False) -> None:
        """Drain and settle in this thread until nothing is left or `give_up` says so."""
        while not give_up() and self.drain_once():
            pass
        self.settle_if_due(drained=True)

    def _let_go(self) -> None:
        """Delete what the store has from the journal; its reader is for one thread, so the writing one leaves it to us."""
        if self._written is not None:
            self.journal.release(self._written)
            self._written = None

    def _put(self, made: _Made) -> _Made:
        with self._changed:
            self._made.append(made)
            self._changed.notify_all()
        return made

    def _write_first(self) -> bool:
        """Write what was made first. False if there is nothing. Raises StoreError; it stays the first then."""
        with self._writing:
            if not self._made:
                return False
            made = self._made[0]
            try:
                result = self.write(made.batch)
            except Exception as error:
                if not made.result.done():
                    made.result.set_exception(error)
                raise
            if made.batch.position is not None:
                self._written = made.batch.position
            with self._changed:
                self._made.popleft()
                self._changed.notify_all()
            if not made.result.done():
                made.result.set_result(result)
        return True

    def _next_made(self) -> _Made | None:
        frames = self.journal.read(READ_BYTES)
        batch = self._run(frames)
        damage = self.journal.take_damage()
        if not frames and not damage:
            return None
        batch.quarantined = [*batch.quarantined, *damage]
        for item in damage:
            batch.drops[item.reason, "journal"] = batch.drops.get((item.reason, "journal"), 0) + 1
        batch.position = self.journal.position  # after what was damaged, too
        if self._pack is not None and batch.events:
            batch.columns = [self._pack(batch.events)]
            batch.events = ()
        self.stats.frames += len(frames)
        return _Made(batch, frames[0].received_us if frames else 0)

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
        identities={**first.identities, **second.identities},
    )
