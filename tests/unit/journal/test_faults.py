"""Every crash point recovers and every I/O error is survived, tried one call after the other."""

from __future__ import annotations

import random

import pytest

from tachograph.journal.appender import Appender, Entry
from tachograph.journal.config import JournalConfig
from tachograph.journal.reader import JournalReader
from tachograph.ports import Position
from tachograph.testing.disk import FAULTS, Disk, PowerCut
from tachograph_sdk.errors import JournalError

CONFIG = JournalConfig(segment_bytes=1200, segment_age_s=5, retry_after_s=0.1)
GROUPS = 75


class Run:
    """A writer and a reader at work on one disk, and what they promised."""

    def __init__(self, clock, disk: Disk):
        self.clock, self.disk = clock, disk
        self.submitted: list[bytes] = []
        self.acked: list[bytes] = []
        self.stored: list[bytes] = []  # what the store has committed, with ...
        self.position = Position(0, 0)  # ... how far that is
        self.errors = 0
        self.open()

    def open(self) -> None:
        self.reader = JournalReader("/j", self.position, config=CONFIG, clock=self.clock, files=self.disk)
        self.appender = Appender("/j", CONFIG, self.clock, files=self.disk)

    def work(self, groups: int, seed: int = 1) -> None:
        chance = random.Random(seed)
        for _ in range(groups):
            bodies = [b"%d:" % (len(self.submitted) + n) + chance.randbytes(40) for n in range(chance.randint(1, 4))]
            self.submitted += bodies
            try:
                self.appender.commit([Entry(1, body, self.clock.now_us()) for body in bodies])
            except JournalError:
                self.errors += 1
            else:
                self.acked += bodies
            self.clock.pass_s(chance.choice([0.05, 0.2, 2]))
            if chance.random() < 0.5:
                self.drain(200)
            self.appender.rotate_if_due()

    def drain(self, max_bytes: int) -> bool:
        try:
            frames = self.reader.read(max_bytes)
            self.reader.take_damage()
        except JournalError:
            self.errors += 1
            return True
        if frames:
            # The store commits events and position in one transaction, which either happens or does not.
            self.stored += [frame.body for frame in frames]
            self.position = frames[-1].end
            self.reader.release(self.position)
        return bool(frames)

    def check(self) -> None:
        while self.drain(1 << 20):
            pass
        known = {body: index for index, body in enumerate(self.submitted)}
        order = [known[body] for body in self.stored]  # KeyError: something nobody ever sent
        assert order == sorted(set(order)), "each at most once, in order"
        assert set(self.acked) <= set(self.stored)
        assert self.disk.synced_after_failure == 0


def calls_of_the_workload(clock_type) -> int:
    run = Run(clock_type(), Disk())
    run.work(GROUPS)
    run.check()
    assert run.errors == 0
    return run.disk.calls


@pytest.fixture(scope="module")
def total() -> int:
    class Clock:
        us = 1_770_000_000_000_000

        def now_us(self):
            return self.us

        def monotonic_s(self):
            return self.us / 1e6

        def pass_s(self, seconds):
            self.us += round(seconds * 1e6)

    found = calls_of_the_workload(Clock)
    assert found >= 500
    return found


def power_cut(clock, at: int, seed: int) -> None:
    disk = Disk()
    disk.stop_at = at
    run = None
    try:
        run = Run(clock, disk)
        run.work(GROUPS)
    except PowerCut:
        pass
    if run is None:  # while opening for the first time
        disk.crash(seed)
        run = Run(clock, disk)
    else:
        disk.crash(seed)
        clock.pass_s(1)
        run.open()
    run.work(5, seed=2)
    run.check()


def io_error(clock, at: int, fault: str, *, for_good: bool) -> None:
    disk = Disk()
    disk.fault, disk.fail_at, disk.fail_for_good = fault, at, for_good
    run = Run(clock, disk)
    run.work(GROUPS)
    disk.heal()
    clock.pass_s(1)
    acked = len(run.acked)
    run.work(5, seed=2)
    assert len(run.acked) > acked, "it recovers by itself"
    clock.pass_s(1)
    disk.crash(at)  # and what was acknowledged in between survives a power cut too
    run.open()
    run.check()


@pytest.mark.parametrize("seed", range(5))
def test_a_power_cut_at_every_call_loses_nothing_acknowledged(clock, total, seed):
    for at in range(1, total + 1):
        power_cut(clock, at, seed)


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("fault", FAULTS)
def test_an_error_at_every_call_is_survived(clock, total, fault, for_good):
    for at in range(1, total + 1):
        io_error(clock, at, fault, for_good=for_good)
