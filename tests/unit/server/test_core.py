"""What the core promises about the journal: nothing lost, nothing twice, a bad frame never stops the rest."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tachograph.ports import Batch, Frame, FrameKind, Position, Quarantined, WriteResult
from tachograph.server.core import Core
from tachograph.tasks import Task, TaskRunner
from tachograph_sdk.errors import StoreError
from tachograph_sdk.model.event import DropReason


def frame(number: int, body: bytes = b"good") -> Frame:
    return Frame(kind=FrameKind.LOGS_JSON, received_us=1000 + number, body=body, end=Position(1, number))


@dataclass
class FakeJournal:
    frames: list[Frame]
    damage: list[Quarantined] = field(default_factory=list)
    released: list[Position] = field(default_factory=list)
    position: Position = field(default_factory=lambda: Position(0, 0))

    def read(self, max_bytes: int) -> list[Frame]:
        taken, self.frames = self.frames[:4], self.frames[4:]
        if taken:
            self.position = taken[-1].end
        return taken

    def take_damage(self) -> list[Quarantined]:
        taken, self.damage = self.damage, []
        return taken

    def set_aside(self, frame: Frame, reason: DropReason, detail: str) -> None:
        place = f"offset {frame.end.offset}"
        size = len(frame.body)
        self.damage.append(Quarantined(origin="journal", place=place, reason=reason, detail=detail, size_bytes=size))

    def release(self, position: Position) -> None:
        self.released.append(position)

    def depth_bytes(self) -> int:
        return sum(len(f.body) for f in self.frames)


class FakePipeline:
    """Makes no events, but counts bodies as drops, so that a test sees what went through."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def run(self, frames: Sequence[Frame]) -> Batch:
        if any(f.body == b"bad" for f in frames):
            raise ValueError("secret text of the input")
        self.seen += [f.end.offset for f in frames]
        return Batch(drops={(DropReason.UNKNOWN_EVENT, "x"): len(frames)})


class FakeStore:
    def __init__(self, failures: int = 0) -> None:
        self.batches: list[Batch] = []
        self.settled = 0
        self.failures = failures

    def write(self, batch: Batch) -> WriteResult:
        if self.failures:
            self.failures -= 1
            raise StoreError("full")
        self.batches.append(batch)
        return WriteResult(new=len(batch.events), duplicate=0)

    def settle(self) -> None:
        self.settled += 1


class FakeClock:
    def __init__(self) -> None:
        self.s = 0.0

    def now_us(self) -> int:
        return int(self.s * 1e6)

    def monotonic_s(self) -> float:
        return self.s


def make(frames: list[Frame], *, failures: int = 0, damage: Sequence[Quarantined] = ()) -> tuple[Core, Any, Any, Any]:
    journal, pipeline, store = FakeJournal(frames, list(damage)), FakePipeline(), FakeStore(failures)
    core = Core(journal=journal, pipeline=pipeline, store=store, clock=FakeClock())  # type: ignore[arg-type]
    return core, journal, pipeline, store


def test_the_position_is_written_with_its_batch_and_released_after_it() -> None:
    core, journal, _, store = make([frame(n) for n in range(1, 7)])
    core.drain_all()
    assert [b.position for b in store.batches] == [Position(1, 4), Position(1, 6)]
    assert journal.released == [Position(1, 4), Position(1, 6)]


def test_a_frame_that_breaks_the_pipeline_is_set_aside_alone() -> None:
    core, _, pipeline, store = make([frame(1), frame(2), frame(3, b"bad"), frame(4)])
    core.drain_all()
    assert pipeline.seen == [1, 2, 4]
    (batch,) = store.batches
    assert batch.position == Position(1, 4)
    assert [(q.reason, q.place) for q in batch.quarantined] == [(DropReason.INTERNAL_ERROR, "offset 3")]
    assert "secret" not in str(batch.quarantined)
    assert core.stats.dropped == {"unknown_event": 3, "internal_error": 1}


def test_a_write_that_fails_is_tried_again_with_the_same_batch() -> None:
    core, journal, pipeline, store = make([frame(1), frame(2)], failures=2)
    for _ in range(2):
        with pytest.raises(StoreError):
            core.drain_once()
        assert journal.released == []
    core.drain_all()
    assert pipeline.seen == [1, 2]  # ran once: cumulative streams have state
    assert [b.position for b in store.batches] == [Position(1, 2)]
    assert core.stats.write_failures == 2


def test_what_is_taken_in_beside_the_journal_keeps_its_place() -> None:
    core, journal, pipeline, store = make([frame(1), frame(2)], failures=2)
    with pytest.raises(StoreError):
        core.drain_once()
    imported = Batch(drops={(DropReason.STALE_POINT, "y"): 1})
    ran = []

    def run(given: Any) -> Batch:
        ran.append(given is pipeline)
        return imported

    with pytest.raises(StoreError):
        core.take_in(run)
    assert ran == []  # nothing runs before what waits is written
    store.failures = 0
    core.take_in(run)
    assert ran == [True]
    assert [b.position for b in store.batches] == [Position(1, 2), None]
    assert journal.released == [Position(1, 2)]

    store.failures = 1
    with pytest.raises(StoreError):
        core.take_in(run)
    core.drain_all()
    assert store.batches[-1] is imported  # running totals have moved on: it is not lost
    assert len(store.batches) == 3
    assert core.stats.dropped == {"unknown_event": 2, "stale_point": 2}


def test_damage_is_counted_and_kept_with_the_batch() -> None:
    torn = Quarantined(
        origin="journal", place="segment 1 offset 9", reason=DropReason.TORN_TAIL, detail="", size_bytes=3
    )
    core, journal, _, store = make([], damage=[torn])
    journal.position = Position(2, 0)
    core.drain_all()
    assert store.batches[0].quarantined == [torn]
    assert store.batches[0].position == Position(2, 0)  # damage is not looked at twice
    assert core.stats.dropped == {"torn_tail": 1}


def test_settling_happens_at_once_when_drained_and_about_once_a_second_while_busy() -> None:
    core, _, _, store = make([frame(n) for n in range(1, 15)])
    core.make()
    core.store_made()
    core.make()
    core.store_made()
    assert store.settled == 0  # busy, and no second has passed
    core.clock.s = 1.5  # type: ignore[attr-defined]
    core.make()
    core.store_made()
    assert store.settled == 1
    core.make()
    core.store_made()  # the last frames
    assert not core.make()
    core.store_made()  # nothing left: settle at once
    assert store.settled == 2
    core.store_made()  # nothing new since
    assert store.settled == 2
    assert core.is_settled


def test_no_more_is_made_ahead_than_may_wait() -> None:
    core, journal, pipeline, _ = make([frame(n) for n in range(1, 41)])
    for _ in range(5):
        assert core.make()
    assert pipeline.seen == list(range(1, 9))  # two batches of four
    assert not core.is_settled
    assert core.oldest_unwritten_us == 1001
    core.store_made()
    assert core.oldest_unwritten_us == 1005
    assert journal.released == []  # the thread that reads the journal lets go of it
    core.make()
    assert journal.released == [Position(1, 4)]


def test_two_threads_write_everything_once_and_in_order() -> None:
    core, journal, _, store = make([frame(n) for n in range(1, 2001)], failures=3)
    tasks = TaskRunner(
        [Task(name="make", run=core.make, period_s=0.001), Task(name="write", run=core.store_made, period_s=0.0)]
    )
    tasks.start()
    deadline = time.monotonic() + 20
    while not (core.is_settled and not journal.frames):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    tasks.stop()
    core.drain_all()
    offsets = [b.position.offset for b in store.batches]
    assert offsets == sorted(set(offsets))
    assert offsets[-1] == 2000
    assert core.stats.dropped == {"unknown_event": 2000}
    assert core.stats.write_failures == 3
    assert journal.released[-1] == Position(1, 2000)


def test_what_is_taken_in_is_written_after_what_waits() -> None:
    core, _, _, store = make([frame(1), frame(2)])
    core.make()
    done = core.take_in(lambda pipeline: Batch(drops={(DropReason.MALFORMED, "file"): 1}))
    assert done.new == 0
    assert [b.position for b in store.batches] == [Position(1, 2), None]


def test_what_cannot_be_written_yet_is_said_and_written_later() -> None:
    core, _, _, store = make([], failures=1)
    with pytest.raises(StoreError):
        core.take_in(lambda pipeline: Batch(drops={(DropReason.MALFORMED, "file"): 1}))
    assert not core.is_settled
    core.drain_all()
    assert len(store.batches) == 1
