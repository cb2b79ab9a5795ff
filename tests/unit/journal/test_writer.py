"""Group commit: one fsync for all who wait, an answer for each of them."""

from __future__ import annotations

import asyncio
import contextlib
import stat
import threading

import pytest

from tachograph.clock import SystemClock
from tachograph.journal.appender import Appender, Entry
from tachograph.journal.config import JournalConfig
from tachograph.journal.files import RealFiles
from tachograph.journal.reader import JournalReader
from tachograph.journal.writer import JournalWriter
from tachograph.ports import FrameKind
from tachograph.testing.disk import Disk
from tachograph_sdk.errors import JournalFull, JournalUnavailable

LOGS = FrameKind.LOGS_PROTOBUF


class SlowFiles(RealFiles):
    """An fsync that waits until it is let go, and says when it was called."""

    def __init__(self):
        self.go = threading.Event()
        self.go.set()
        self.syncs = 0

    def fdatasync(self, fd):
        self.syncs += 1
        assert self.go.wait(10)
        super().fdatasync(fd)


async def test_what_was_appended_is_on_disk_and_private(folder):
    writer = JournalWriter(folder, JournalConfig(), SystemClock())
    await asyncio.gather(*(writer.append(LOGS, b"%d" % n) for n in range(100)))
    assert sorted(int(f.body) for f in JournalReader(folder).read(1 << 20)) == list(range(100))
    assert writer.stats().frames == 100
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    await writer.close()
    await writer.close()
    with pytest.raises(JournalUnavailable):
        await writer.append(LOGS, b"late")


async def test_all_who_wait_share_one_fsync(folder):
    files = SlowFiles()
    writer = JournalWriter(folder, JournalConfig(), SystemClock(), files=files)
    files.go.clear()
    first = asyncio.ensure_future(writer.append(LOGS, b"first"))
    await asyncio.sleep(0.05)
    before = files.syncs
    rest = [asyncio.ensure_future(writer.append(LOGS, b"more")) for _ in range(500)]
    await asyncio.sleep(0.05)
    assert not first.done()
    files.go.set()
    await asyncio.gather(first, *rest)
    assert files.syncs == before + 1
    assert writer.stats().frames == 501
    await writer.close()


async def test_nobody_is_answered_before_the_fsync(folder):
    files = SlowFiles()
    writer = JournalWriter(folder, JournalConfig(), SystemClock(), files=files)
    files.go.clear()
    waiting = [asyncio.ensure_future(writer.append(LOGS, b"x")) for _ in range(3)]
    await asyncio.sleep(0.1)
    assert not any(task.done() for task in waiting)
    files.go.set()
    await asyncio.gather(*waiting)
    await writer.close()


async def test_one_who_gave_up_does_not_hurt_the_others(folder):
    files = SlowFiles()
    writer = JournalWriter(folder, JournalConfig(), SystemClock(), files=files)
    files.go.clear()
    tasks = [asyncio.ensure_future(writer.append(LOGS, b"x")) for _ in range(3)]
    await asyncio.sleep(0.02)
    tasks[1].cancel()
    files.go.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(r) for r in results] == [type(None), asyncio.CancelledError, type(None)]
    await writer.close()


async def test_closing_writes_what_waits(folder):
    writer = JournalWriter(folder, JournalConfig(), SystemClock())
    tasks = [asyncio.ensure_future(writer.append(LOGS, b"x")) for _ in range(50)]
    await asyncio.sleep(0)
    await writer.close()
    assert await asyncio.gather(*tasks) == [None] * 50
    assert len(JournalReader(folder).read(1 << 20)) == 50


async def test_a_disk_that_hangs_is_said_aloud_and_comes_back(folder):
    files = SlowFiles()
    writer = JournalWriter(folder, JournalConfig(stall_s=0.1), SystemClock(), files=files)
    await writer.append(LOGS, b"good")
    files.go.clear()
    with pytest.raises(JournalUnavailable):
        await writer.append(LOGS, b"hangs")
    assert writer.trouble == "stalled"
    with pytest.raises(JournalUnavailable):
        await asyncio.wait_for(writer.append(LOGS, b"refused at once"), 0.05)
    files.go.set()
    while writer.trouble:
        await asyncio.sleep(0.01)
    await writer.append(LOGS, b"again")
    await writer.close()
    assert [f.body for f in JournalReader(folder).read(1 << 20)] == [b"good", b"hangs", b"again"]


async def test_an_old_segment_is_sealed_without_anybody_asking(folder):
    writer = JournalWriter(folder, JournalConfig(segment_age_s=0.05), SystemClock())
    await writer.append(LOGS, b"x")
    while len(list(folder.glob("*.seg"))) < 2:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.15)
    assert len(list(folder.glob("*.seg"))) == 2, "an empty segment does not age"
    await writer.close()


def test_a_second_writer_is_refused_and_a_dead_ones_lock_is_free(folder, clock, write):
    first = Appender(folder, JournalConfig(), clock)
    with pytest.raises(JournalUnavailable, match="another process"):
        Appender(folder, JournalConfig(), clock)
    first.close()
    write([b"x"], seal=False)  # leaves the lock file behind, as kill -9 does
    Appender(folder, JournalConfig(), clock).close()


def test_a_segment_is_sealed_at_its_size(folder, clock):
    appender = Appender(folder, JournalConfig(segment_bytes=1000), clock)
    for _ in range(10):
        appender.commit([Entry(1, b"x" * 300, 1)])
    sizes = [path.stat().st_size for path in sorted(folder.glob("*.seg"))]
    assert len(sizes) == 4
    assert all(size < 1500 for size in sizes)
    appender.close()


def test_the_limit_refuses_everything_and_goes_away_by_itself(folder, clock):
    config = JournalConfig(max_bytes=5000, segment_bytes=1000, retry_after_s=0)
    appender = Appender(folder, config, clock)
    acked = 0
    with pytest.raises(JournalFull) as full:  # noqa: PT012 - how many go in before is part of the question
        for _ in range(100):
            appender.commit([Entry(1, b"x" * 300, 1)])
            acked += 1
    assert 12 <= acked <= 16
    assert full.value.retry_after_s >= 1
    assert sum(path.stat().st_size for path in folder.glob("*.seg")) <= 5000
    with pytest.raises(JournalFull):
        appender.commit([Entry(1, b"x" * 300, 1)])
    assert appender.stats.refused == {"journal_full": 2}
    reader = JournalReader(folder)
    frames = reader.read(1 << 20)
    assert len(frames) == acked
    reader.release(frames[-1].end)
    clock.pass_s(1)
    appender.commit([Entry(1, b"again", 1)])
    assert [f.body for f in reader.read(100)] == [b"again"]
    appender.close()


def test_at_the_limit_the_open_segment_can_be_drained_too(folder, clock):
    """One large segment must not stop everything until it is old enough."""
    appender = Appender(folder, JournalConfig(max_bytes=2000), clock)
    acked = 0
    with contextlib.suppress(JournalFull):
        while True:
            appender.commit([Entry(1, b"x" * 300, 1)])
            acked += 1
    reader = JournalReader(folder)
    assert len(reader.read(1 << 20)) == acked == 5
    reader.release(reader.position)
    clock.pass_s(0.3)
    appender.commit([Entry(1, b"again", 1)])
    appender.close()


def test_a_full_disk_does_not_keep_a_drained_segment(clock):
    disk = Disk(free=70 << 20)
    appender = Appender("/j", JournalConfig(), clock, files=disk)
    appender.commit([Entry(1, b"x", 1)])
    reader = JournalReader("/j", files=disk, clock=clock)
    reader.read(100)
    reader.release(reader.position)
    disk.free = 1 << 20
    with pytest.raises(JournalFull):
        appender.commit([Entry(1, b"x", 1)])
    assert reader.read(100) == []
    assert [len(data) for path, data in disk.contents().items() if path.endswith(".seg")] == [64]


async def test_a_segment_grows_old_while_everything_is_refused(folder):
    disk = Disk(free=70 << 20)
    writer = JournalWriter("/j", JournalConfig(segment_age_s=0.05, retry_after_s=60), SystemClock(), files=disk)
    await writer.append(LOGS, b"x")
    disk.fail_at = disk.calls + 1
    for _ in range(20):
        with contextlib.suppress(JournalUnavailable):
            await writer.append(LOGS, b"y")
        await asyncio.sleep(0.01)
    reader = JournalReader("/j", files=disk)
    assert [f.body for f in reader.read(100)][:1] == [b"x"]
    await writer.close()


def test_some_of_the_disk_is_left_alone(clock):
    disk = Disk(free=1 << 30, total=1 << 40)
    appender = Appender("/j", JournalConfig(reserve_bytes=64 << 20), clock, files=disk)
    appender.commit([Entry(1, b"x", 1)])
    disk.free = 64 << 20
    with pytest.raises(JournalFull, match="disk"):
        appender.commit([Entry(1, b"x", 1)])
    disk.free = 65 << 20
    appender.commit([Entry(1, b"x", 1)])
    small = Disk(free=10 << 20, total=64 << 20)  # where the reserve would be everything, it is an eighth
    Appender("/j", JournalConfig(), clock, files=small).commit([Entry(1, b"x", 1)])


def test_after_a_failure_the_next_try_waits_a_little(clock):
    disk = Disk()
    appender = Appender("/j", JournalConfig(retry_after_s=0.25), clock, files=disk)
    disk.fail_at, disk.fail_for_good = disk.calls + 1, True
    with pytest.raises(JournalUnavailable):
        appender.commit([Entry(1, b"x", 1)])
    tried = disk.calls
    with pytest.raises(JournalUnavailable):
        appender.commit([Entry(1, b"x", 1)])
    assert disk.calls == tried
    disk.heal()
    clock.pass_s(0.3)
    appender.commit([Entry(1, b"x", 1)])
    assert appender.stats.last_error == ""


def test_a_journal_that_cannot_be_opened_is_tried_again(clock):
    disk = Disk()
    disk.fail_at, disk.fail_for_good = 1, True
    appender = Appender("/j", JournalConfig(), clock, files=disk)
    assert appender.stats.last_error == "journal_unavailable"
    disk.heal()
    clock.pass_s(1)
    appender.commit([Entry(1, b"x", 1)])
    assert [f.body for f in JournalReader("/j", files=disk).read(10)] == [b"x"]


def test_trouble_ends_without_another_append(clock):
    disk = Disk(free=1 << 20)
    appender = Appender("/j", JournalConfig(), clock, files=disk)
    with pytest.raises(JournalFull):
        appender.commit([Entry(1, b"x", 1)])
    assert appender.seconds_until_care() == 1.0
    appender.recover()
    assert appender.stats.last_error == "journal_full"
    disk.free = 1 << 40
    appender.recover()
    assert appender.stats.last_error == ""
    assert appender.seconds_until_care() is None
    disk.fail_at, disk.fail_for_good = disk.calls + 1, True
    with pytest.raises(JournalUnavailable):
        appender.commit([Entry(1, b"x", 1)])
    clock.pass_s(1)
    appender.recover()
    assert appender.stats.last_error == "journal_unavailable"
    disk.heal()
    clock.pass_s(1)
    appender.recover()
    assert appender.stats.last_error == ""
    assert appender.stats.refused == {"journal_full": 1, "journal_unavailable": 1}, "looking is not counted"
