"""What was written is read, in order, once; what was damaged is set aside, alone."""

from __future__ import annotations

import os
import random
import stat

import pytest

from tachograph.journal.appender import Appender, Entry
from tachograph.journal.config import JournalConfig
from tachograph.journal.reader import JournalReader
from tachograph.journal.segment import FRAME_HEADER_BYTES, HEADER_BYTES
from tachograph.journal.verify import verify
from tachograph.ports import FrameKind, Position
from tachograph_sdk.model.event import DropReason

BODIES = [f"body {n} ".encode() * (n + 1) for n in range(40)]
GROUPS = [BODIES[i : i + 5] for i in range(0, 40, 5)]


def segments(folder):
    return sorted(folder.glob("*.seg"))


def test_frames_come_back_in_order_with_kind_and_time(folder, clock):
    appender = Appender(folder, JournalConfig(), clock)
    appender.commit([Entry(FrameKind.TRACES_PROTOBUF, b"one", 5), Entry(FrameKind.LOGS_JSON, b"", 6)])
    reader = JournalReader(folder)
    frames = reader.read(100)
    assert [(f.kind, f.received_us, f.body) for f in frames] == [
        (FrameKind.TRACES_PROTOBUF, 5, b"one"),
        (FrameKind.LOGS_JSON, 6, b""),
    ]
    assert frames[0].end < frames[1].end == reader.position
    assert reader.read(100) == []
    appender.commit([Entry(FrameKind.LOGS_JSON, b"three", 7)])
    assert [f.body for f in reader.read(100)] == [b"three"]
    appender.close()


def test_reading_goes_on_at_the_position_of_any_frame(folder, write):
    write(*GROUPS, segment_bytes=1500)
    assert len(segments(folder)) > 3
    frames = JournalReader(folder).read(1 << 30)
    for index, frame in enumerate(frames):
        again = JournalReader(folder, frame.end).read(1 << 30)
        assert [f.body for f in again] == BODIES[index + 1 :]


def test_a_read_takes_about_what_it_may_and_at_least_one_frame(folder, write):
    write([b"x" * 1000] * 10)
    reader = JournalReader(folder)
    assert len(reader.read(2500)) == 3
    assert len(reader.read(1)) == 1


def test_a_frame_larger_than_the_read_buffer_is_whole(folder, write, read_all):
    large = random.Random(1).randbytes(5 << 20)
    write([b"small", large, b"after"])
    assert read_all(max_bytes=10) == [b"small", large, b"after"]


def test_drained_segments_are_deleted_and_the_newest_stays(folder, write):
    write(*GROUPS, segment_bytes=1500)
    before = segments(folder)
    reader = JournalReader(folder)
    frames = reader.read(1 << 30)
    assert segments(folder) == before, "nothing may go before the store has it"
    reader.release(frames[-1].end)
    assert segments(folder) == before[-1:]


def test_only_what_is_wholly_drained_is_deleted(folder, write):
    write(*GROUPS, segment_bytes=1500)
    before = segments(folder)
    reader = JournalReader(folder)
    frames = reader.read(1 << 30)
    middle = next(f for f in frames if f.end.segment == frames[0].end.segment + 1)
    reader.release(middle.end)
    assert segments(folder) == before[1:]


def test_a_segment_goes_at_once_when_it_is_sealed_after_the_release(folder, clock):
    appender = Appender(folder, JournalConfig(segment_age_s=10), clock)
    appender.commit([Entry(2, b"x", 1)])
    reader = JournalReader(folder)
    reader.release(reader.read(10)[-1].end)
    assert len(segments(folder)) == 1
    clock.pass_s(11)
    appender.rotate_if_due()
    assert len(segments(folder)) == 2
    assert reader.read(10) == []
    assert len(segments(folder)) == 1
    appender.close()


def test_numbers_go_on_after_everything_was_drained(folder, write, read_all):
    write([b"first"])
    reader = JournalReader(folder)
    position = reader.read(100)[-1].end
    reader.release(position)
    write([b"second"])
    write([b"third"])
    assert read_all(JournalReader(folder, position)) == [b"second", b"third"]


def test_a_journal_emptied_by_hand_is_read_again(folder, clock, write, read_all):
    write([b"old"])
    position = JournalReader(folder).read(100)[-1].end
    for path in segments(folder):
        path.unlink()
    clock.pass_s(1)
    write([b"new"])
    assert read_all(JournalReader(folder, position)) == [b"new"]
    clock.pass_s(-86_400)  # even if the clock went backwards
    for path in segments(folder):
        path.unlink()
    write([b"newer"])
    assert read_all(JournalReader(folder, position)) == [b"newer"]


def test_a_missing_folder_holds_nothing(folder):
    reader = JournalReader(folder)
    assert reader.read(10) == []
    assert reader.depth_bytes() == 0
    reader.release(Position(0, 0))
    assert verify(folder).is_clean


def test_depth_is_what_is_not_read_yet(folder, write):
    write(*GROUPS, segment_bytes=1500)
    reader = JournalReader(folder)
    whole = reader.depth_bytes()
    assert whole == sum(path.stat().st_size - HEADER_BYTES for path in segments(folder))
    reader.read(1500)
    part = reader.depth_bytes()
    assert 0 < part < whole
    reader.read(1 << 30)
    assert reader.depth_bytes() == 0


@pytest.mark.parametrize("garbage", [b"\x00" * 4096, b"\xff", random.Random(3).randbytes(100_000), b"TACHOJNL" * 9])
def test_a_garbage_tail_is_set_aside_once_a_later_segment_exists(folder, write, read_all, garbage):
    write([b"one", b"two"], seal=False)
    with segments(folder)[0].open("ab") as file:
        file.write(garbage)
    reader = JournalReader(folder)
    assert read_all(reader) == [b"one", b"two"]
    assert reader.take_damage() == [], "it may be a write in progress"
    write([b"three"])
    assert read_all(reader) == [b"three"]
    (found,) = reader.take_damage()
    assert (found.reason, found.size_bytes) == (DropReason.TORN_TAIL, len(garbage))
    kept = list((folder / "quarantine").iterdir())
    assert [path.read_bytes() for path in kept] == [garbage]
    assert stat.S_IMODE(kept[0].stat().st_mode) == 0o600
    assert reader.take_damage() == []


def test_every_length_of_a_torn_last_frame_is_cut_at_the_last_whole_one(folder, write, read_all):
    write([b"one", b"two, which is torn"], seal=False)
    path = segments(folder)[0]
    data = path.read_bytes()
    whole_end = HEADER_BYTES + FRAME_HEADER_BYTES + len(b"one")
    write([b"later"])
    for cut in range(len(data)):
        path.write_bytes(data[:cut])
        reader = JournalReader(folder)
        assert read_all(reader) == ([b"one"] if cut >= whole_end else []) + [b"later"]
        damage = reader.take_damage()
        expected = 0 if cut in (0, HEADER_BYTES, whole_end) else 1
        assert len(damage) == expected, cut
        for file in (folder / "quarantine").glob("*"):
            file.unlink()


def test_a_tail_that_is_finished_later_is_read_whole(folder, write, read_all):
    """The reader may look while the writer writes: half a frame is waited for, then read as if nothing had been."""
    write([b"one", b"two " * 100], seal=False)
    path = segments(folder)[0]
    data = path.read_bytes()
    for cut in range(HEADER_BYTES + 40, len(data), 7):
        path.write_bytes(data[:cut])
        reader = JournalReader(folder)
        first = read_all(reader)
        path.write_bytes(data)
        assert first + read_all(reader) == [b"one", b"two " * 100]
        assert reader.take_damage() == []


def test_zeros_that_become_a_frame_are_waited_for(folder, write, read_all):
    write([b"one", b"two " * 100], seal=False)
    path = segments(folder)[0]
    data = path.read_bytes()
    path.write_bytes(data[:120] + bytes(len(data) - 120))
    reader = JournalReader(folder)
    assert read_all(reader) == [b"one"]
    path.write_bytes(data)
    assert read_all(reader) == [b"two " * 100]


def test_a_damaged_body_costs_that_frame_only(folder, write, read_all):
    write([b"one", b"two", b"three"])
    path = segments(folder)[0]
    path.write_bytes(path.read_bytes().replace(b"two", b"twO"))
    reader = JournalReader(folder)
    assert read_all(reader) == [b"one", b"three"]
    (found,) = reader.take_damage()
    assert found.reason is DropReason.CORRUPT_FRAME
    assert found.place == f"segment {int(path.stem)} offset {HEADER_BYTES + FRAME_HEADER_BYTES + 3}"
    assert b"two" not in found.detail.encode()


def test_a_body_that_looks_like_frames_is_not_taken_for_one(folder, write, read_all):
    """After a damaged header the reader searches; whoever copied real frames into a body gains nothing by it."""
    write([b"victim", b"tail"])
    stolen = segments(folder)[0].read_bytes()
    for path in segments(folder):
        path.unlink()
    write([b"first", stolen * 3, b"last"])
    path = segments(folder)[0]
    data = bytearray(path.read_bytes())
    data[data.index(b"TACHOJNL", HEADER_BYTES) - 5] ^= 1  # the header of the frame that holds the stolen frames
    path.write_bytes(data)
    reader = JournalReader(folder)
    assert read_all(reader) == [b"first", b"last"]
    assert len(reader.take_damage()) == 1


def test_a_thousand_flipped_bits_are_each_found_and_cost_one_frame_at_most(folder, write, read_all):
    write(*GROUPS, segment_bytes=1500)
    originals = {path: path.read_bytes() for path in segments(folder)}
    places = [(path, bit) for path, data in originals.items() for bit in range(len(data) * 8)]
    for path, bit in random.Random(7).sample(places, 1000):
        flipped = bytearray(originals[path])
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        found = verify(folder)
        (damage,) = found.damage
        assert damage.segment == int(path.stem)
        assert damage.offset <= bit // 8 < damage.offset + damage.length
        reader = JournalReader(folder)
        bodies = read_all(reader)
        lost = [body for body in BODIES if body not in bodies]
        assert len(lost) <= 1
        assert bodies == [body for body in BODIES if body not in lost], "never a wrong body, never out of order"
        assert damage.harmless <= (not lost)
        path.write_bytes(originals[path])
    assert verify(folder).is_clean
    assert verify(folder).frames == len(BODIES)


def test_a_sealed_segment_that_lost_a_frame_is_noticed(folder, write):
    write([b"one", b"two"])
    other = segments(folder)[0].read_bytes()
    assert verify(folder).is_clean
    segments(folder)[0].write_bytes(other + b"more")
    (found,) = verify(folder).damage
    assert (found.reason, found.length) == (DropReason.TORN_TAIL, 4)


def test_a_segment_without_a_readable_header_is_set_aside_whole(folder, write, read_all):
    write([b"lost"])
    write([b"kept"])
    path = segments(folder)[0]
    data = path.read_bytes()
    path.write_bytes(bytes(HEADER_BYTES) + data[HEADER_BYTES:])
    reader = JournalReader(folder)
    assert read_all(reader) == [b"kept"]
    (found,) = reader.take_damage()
    assert (found.reason, found.size_bytes) == (DropReason.CORRUPT_FRAME, len(data))


def test_a_kind_from_the_future_is_set_aside(folder, clock, read_all):
    appender = Appender(folder, JournalConfig(), clock)
    appender.commit([Entry(77, b"what is this", 1), Entry(1, b"known", 1)])
    appender.close()
    reader = JournalReader(folder)
    assert read_all(reader) == [b"known"]
    assert [d.reason for d in reader.take_damage()] == [DropReason.MALFORMED]


def test_what_is_set_aside_is_bounded(folder, write, read_all):
    config = JournalConfig(quarantine_bytes=10_000)
    for n in range(6):
        write([b"x"], seal=False)
        with segments(folder)[-1].open("ab") as file:
            file.write(bytes([n]) * 3000)
    write([b"x"])
    reader = JournalReader(folder, config=config)
    assert len(read_all(reader)) == 7
    assert len(reader.take_damage()) == 6
    kept = sorted((folder / "quarantine").iterdir())
    assert [path.read_bytes()[0] for path in kept] == [3, 4, 5], "the oldest go first"


def test_what_is_set_aside_is_forgotten_after_a_week(folder, write, read_all):
    write([b"x"], seal=False)
    with segments(folder)[-1].open("ab") as file:
        file.write(b"junk")
    write([b"x"])
    reader = JournalReader(folder)
    read_all(reader)
    (kept,) = (folder / "quarantine").iterdir()
    os.utime(kept, (0, 0))
    reader.release(reader.position)
    assert not kept.exists()


def test_a_drained_segment_goes_when_the_next_one_appears_also_if_nothing_is_written_any_more(folder, clock):
    appender = Appender(folder, JournalConfig(), clock)
    appender.commit([Entry(FrameKind.LOGS_JSON, b"raw", 5)])
    reader = JournalReader(folder)
    assert [frame.body for frame in reader.read(100)] == [b"raw"]
    reader.release(reader.position)
    appender.close()
    assert reader.read(100) == []  # its end is read while there is no later one, so its number is kept
    (drained,) = segments(folder)
    idle = Appender(folder, JournalConfig(), clock)
    assert reader.read(100) == []
    assert drained not in segments(folder)
    idle.close()
