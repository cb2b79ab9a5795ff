"""What all agents' readers of histories are made with."""

from __future__ import annotations

from importlib import import_module

import pytest

from tachograph.inputs.agents.histories import HISTORIES
from tachograph.inputs.agents.kit.emitter import Emitter
from tachograph.inputs.agents.kit.lines import LineByLine
from tachograph.inputs.agents.kit.records import Tally, Unusable
from tachograph.inputs.agents.kit.times import Times, time_ns
from tachograph_sdk.model.event import DropReason, EventKind


class Words(LineByLine):
    """Takes a word as a prompt, refuses "bad", and has a fault of its own at "fault"."""

    def read_line(self, line: bytes, number: int, offset: int) -> None:
        if line == b"bad":
            raise Unusable(DropReason.BAD_LINE, "a bad word")
        if line == b"fault":
            raise KeyError(line)
        self._out.emit("word", EventKind.PROMPT, 1, line.decode(), {})


def test_what_is_wrong_with_a_line_costs_that_line():
    reader = Words(Emitter("words", 5))
    reader.feed([b"one", b"", b"bad", b" ", b"fault", b"two"], number=7, offset=100)
    assert [event.key for event in reader.drain()] == [b"one:1", b"two:1"]
    assert reader.drain() == []
    assert reader.lines == 4
    assert [(bad.number, bad.offset, bad.size_bytes, bad.reason) for bad in reader.bad_lines] == [
        (9, 105, 3, DropReason.BAD_LINE),
        (11, 111, 5, DropReason.INTERNAL_ERROR),
    ]


def test_a_last_line_that_cannot_be_read_is_as_if_unseen():
    reader = Words(Emitter("words", 5))
    assert not reader.offer(b"bad", number=1, offset=0)
    assert not reader.offer(b"fault", number=1, offset=0)
    assert (reader.lines, reader.bad_lines, reader.finish()) == (0, [], [])
    assert reader.offer(b"one", number=1, offset=0)
    assert (reader.lines, len(reader.finish())) == (1, 1)


@pytest.mark.parametrize("history", [h for h in HISTORIES if h.form == "lines"], ids=lambda history: history.id)
def test_every_reader_of_lines_is_made_with_the_same_base(history):
    module, _, name = history.reader.partition(":")
    reader = getattr(import_module(module), name)
    assert issubclass(reader, LineByLine)
    assert (reader.feed, reader.offer, reader.set_aside) == (LineByLine.feed, LineByLine.offer, Tally.set_aside)


def test_types_that_nobody_reads_are_named_if_they_can_be_names_and_are_not_too_many():
    tally = Tally()
    for kind in ("summary", "summary", "Ada Lovelace <ada@example.com>", None, 5, ["x"]):
        tally.ignore(kind)
    assert tally.ignored == {"summary": 2, "<other>": 4}
    for number in range(300):
        tally.ignore(f"type{number}")
    tally.ignore("summary")
    assert tally.ignored["summary"] == 3
    assert len(tally.ignored) == 200
    assert tally.ignored.total() == 307


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-01-05T09:12:33.123Z",
        "2026-01-05T09:12:33Z",
        "2026-01-05T09:12:33.123456Z",
        "2026-01-05T11:12:33.123+02:00",
    ],
)
def test_the_fast_way_to_a_time_and_the_slow_one_agree(stamp):
    times = Times()
    assert times.ns(stamp) == times.ns(stamp) == time_ns(stamp)
    assert times.ns("2026-01-05T09:12:33.123Z") == 1_767_604_353_123_000_000


def test_a_time_without_a_zone_is_utc():
    assert time_ns("2026-01-05T09:12:33.123") == 1_767_604_353_123_000_000


@pytest.mark.parametrize(
    "stamp", [None, "", "soon", "2026-01-05T09:12:75.123Z", "1969-12-31T23:59:59.000Z", "9999-01-01T00:00:00Z"]
)
def test_what_is_no_time_is_unusable(stamp):
    with pytest.raises(Unusable) as caught:
        Times().ns(stamp)
    assert caught.value.reason is DropReason.BAD_TIME
