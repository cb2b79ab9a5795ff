"""Receipts show whether one was changed or is missing."""

from __future__ import annotations

import json
import random
import threading

import pytest

from tachograph_sdk.outbox.receipts import Outcome, Receipts, bare_receipt


def filled(tmp_path, number=20) -> Receipts:
    receipts = Receipts(tmp_path)
    for n in range(number):
        receipts.add(bare_receipt(f"{n:032x}", Outcome.DELIVERED, 1_760_000_000_000_000 + n, events=n))
    return receipts


def test_an_untouched_history_verifies(tmp_path):
    receipts = filled(tmp_path)
    assert receipts.verify().mistakes == []
    assert receipts.verify().receipts == 20
    assert [receipt["n"] for receipt in receipts.read()] == list(range(1, 21))
    assert Receipts(tmp_path / "none").verify().receipts == 0


def test_any_changed_bit_shows(tmp_path):
    receipts = filled(tmp_path)
    whole = receipts.path.read_bytes()
    chance = random.Random(5)
    for _ in range(1000):
        position = chance.randrange(len(whole) * 8)
        data = bytearray(whole)
        data[position // 8] ^= 1 << position % 8
        receipts.path.write_bytes(data)
        assert receipts.verify().mistakes or receipts.verify().unfinished, position


@pytest.mark.parametrize("gone", [0, 7, 19])
def test_a_line_taken_out_shows(tmp_path, gone):
    receipts = filled(tmp_path)
    lines = receipts.path.read_bytes().splitlines(keepends=True)
    receipts.path.write_bytes(b"".join(lines[:gone] + lines[gone + 1 :]))
    assert receipts.verify().mistakes


def test_lines_that_changed_places_show(tmp_path):
    receipts = filled(tmp_path)
    lines = receipts.path.read_bytes().splitlines(keepends=True)
    lines[3], lines[4] = lines[4], lines[3]
    receipts.path.write_bytes(b"".join(lines))
    assert len(receipts.verify().mistakes) >= 2


def test_a_line_made_up_shows(tmp_path):
    receipts = filled(tmp_path)
    told = json.loads(receipts.path.read_bytes().splitlines()[-1])
    with receipts.path.open("ab") as file:
        file.write(json.dumps({**told, "n": 21, "status": 200}).encode() + b"\n")
    assert receipts.verify().mistakes
    receipts.path.unlink()
    assert receipts.verify().mistakes  # all of them are missing


def test_a_missing_note_of_the_last_one_shows(tmp_path):
    receipts = filled(tmp_path)
    (tmp_path / "receipts.head").unlink()
    assert receipts.verify().mistakes


def test_half_a_line_of_a_writer_that_ended_is_no_mistake_and_is_written_over(tmp_path):
    receipts = filled(tmp_path, 3)
    with receipts.path.open("ab") as file:
        file.write(b'{"n":4,"at":"20')
    verdict = receipts.verify()
    assert (verdict.mistakes, verdict.unfinished, verdict.receipts) == ([], True, 3)
    receipts.add(bare_receipt("a" * 32, Outcome.PURGED, 1_760_000_000_000_000))
    verdict = receipts.verify()
    assert (verdict.mistakes, verdict.unfinished, verdict.receipts) == ([], False, 4)


def test_a_writer_that_ended_before_it_noted_the_last_one_is_no_mistake(tmp_path):
    receipts = filled(tmp_path, 3)
    head = (tmp_path / "receipts.head").read_bytes()
    receipts.add(bare_receipt("a" * 32, Outcome.PURGED, 1_760_000_000_000_000))
    (tmp_path / "receipts.head").write_bytes(head)
    assert receipts.verify().mistakes == []
    receipts.add(bare_receipt("b" * 32, Outcome.PURGED, 1_760_000_000_000_000))
    assert receipts.verify().mistakes == []


def test_writers_at_once_make_one_chain(tmp_path):
    def write(number: int) -> None:
        receipts = Receipts(tmp_path)
        for n in range(15):
            receipts.add(bare_receipt(f"{number * 100 + n:032x}", Outcome.DELIVERED, 1_760_000_000_000_000))

    writers = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    verdict = Receipts(tmp_path).verify()
    assert (verdict.receipts, verdict.mistakes) == (90, [])


def test_what_finally_became_of_an_envelope(tmp_path):
    receipts = Receipts(tmp_path)
    one, two = "1" * 32, "2" * 32
    receipts.add(bare_receipt(one, Outcome.APPROVED, 1), bare_receipt(two, Outcome.SET_ASIDE, 1))
    assert receipts.final(one) is None
    assert receipts.final(two) is None
    receipts.add(bare_receipt(one, Outcome.DELIVERED, 1))
    assert receipts.final(one) is Outcome.DELIVERED
    assert receipts.final("3" * 32) is None
