"""Receipts show what was done to them."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from tachograph.server.rights.receipts import Receipts

SECRET = b"a secret of thirty-two bytes len"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    receipts = Receipts(tmp_path / "receipts", SECRET)
    for number in range(1, 4):
        receipts.add("erasure", {"id": f"r{number}", "tables": {"events": number}})
    return tmp_path / "receipts"


def verdict(folder: Path) -> tuple[str, ...]:
    return Receipts(folder, SECRET).verify().wrong


def test_receipts_that_nobody_touched_are_whole(folder: Path) -> None:
    assert verdict(folder) == ()
    assert [one["number"] for one in Receipts(folder, SECRET).all()] == [1, 2, 3]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_change_of_any_value_shows(folder: Path) -> None:
    path = folder / "000002-erasure.json"
    for name, value in (
        ("id", "other"),
        ("tables", {"events": 0}),
        ("number", 5),
        ("previous", "0" * 64),
        ("mac", "0" * 64),
    ):
        kept = path.read_bytes()
        told = json.loads(kept)
        path.write_text(json.dumps({**told, name: value}))
        assert verdict(folder), name
        path.write_bytes(kept)
    path.write_text("{")
    assert verdict(folder)


def test_a_removal_shows_wherever_it_is(folder: Path) -> None:
    for name in ("000001-erasure.json", "000002-erasure.json", "000003-erasure.json", "head.json"):
        kept = (folder / name).read_bytes()
        (folder / name).unlink()
        assert verdict(folder), name
        (folder / name).write_bytes(kept)
    assert verdict(folder) == ()


def test_an_exchange_and_a_forgery_show(folder: Path, tmp_path: Path) -> None:
    forged = Receipts(tmp_path / "forged", b"another secret of thirty-two by.")
    forged.add("erasure", {"id": "x"})
    (folder / "000004-erasure.json").write_bytes((tmp_path / "forged" / "000001-erasure.json").read_bytes())
    assert verdict(folder)
    (folder / "000004-erasure.json").unlink()
    one, two = folder / "000001-erasure.json", folder / "000002-erasure.json"
    one_bytes, two_bytes = one.read_bytes(), two.read_bytes()
    one.write_bytes(two_bytes)
    two.write_bytes(one_bytes)
    assert verdict(folder)


def test_writing_the_same_receipt_again_after_a_crash_changes_nothing(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    Receipts(folder, SECRET).add("erasure", {"id": "r3", "tables": {"events": 99}})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_those_that_are_written_at_once_follow_each_other(tmp_path: Path) -> None:
    def write(kind: str) -> None:
        receipts = Receipts(tmp_path / "receipts", SECRET)
        for number in range(15):
            receipts.add(kind, {"id": f"{kind} {number}"})

    threads = [threading.Thread(target=write, args=(kind,)) for kind in ("erasure", "correction", "undone")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = Receipts(tmp_path / "receipts", SECRET).verify()
    assert (verdict.receipts, verdict.wrong) == (45, ())


def test_a_receipt_whose_head_was_not_written_any_more_is_no_damage(folder: Path) -> None:
    head = (folder / "head.json").read_bytes()
    Receipts(folder, SECRET).add("erasure", {"id": "r4"})
    (folder / "head.json").write_bytes(head)
    assert verdict(folder) == ()


def test_no_receipts_are_whole_too(tmp_path: Path) -> None:
    assert Receipts(tmp_path / "none", SECRET).verify().is_whole
