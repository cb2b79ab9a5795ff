"""A bad line never costs a good one, and tokens are counted once: over the whole corpus."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.corpus.transcripts.corpus import CASES, Case
from tests.unit.transcripts.making import FOLDER, FakeClock, ListStore, joined, make_importer, response, totals


def write(case: Case, root: Path) -> None:
    for name, data in case.files.items():
        path = root / FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_the_corpus_is_large_enough() -> None:
    assert len(CASES) >= 90
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_totals_are_exact(case: Case, tmp_path: Path) -> None:
    write(case, tmp_path)
    store = ListStore()
    importer = make_importer(store, tmp_path)
    report = importer.run()
    assert dict(totals(store.events)) == case.totals()
    assert report.quarantined == case.bad
    assert len(store.quarantined) == sum(case.bad.values())
    assert {place.split(",")[0] for place in case.bad_places} <= {q.place.split(",")[0] for q in store.quarantined}
    assert report.torn == case.torn
    assert report.failed == {}

    again = make_importer(store, tmp_path).run()
    assert (again.read, again.records, again.new) == (0, 0, 0)


@pytest.mark.parametrize("seed", range(6))
def test_all_of_the_corpus_in_one_tree(seed: int, tmp_path: Path) -> None:
    """Cases do not disturb each other: in one file after another, in any order, the bad lines are as many as before."""
    cases = [case for case in CASES if not case.name.startswith("usage")]
    random.Random(seed).shuffle(cases)
    for index, case in enumerate(cases):
        write(case, tmp_path / f"{index:03d}")
    store = ListStore()
    report = make_importer(store, tmp_path).run()
    assert sum(report.quarantined.values()) == sum(sum(case.bad.values()) for case in cases)
    assert report.torn == sum(case.torn for case in cases)


@pytest.mark.parametrize("seed", range(20))
def test_random_damage_costs_no_more_than_the_lines_it_hits(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    lines = [response(n) for n in range(1, 60)]
    hit = set(rng.sample(range(len(lines)), 12))
    for index in hit:
        damaged = bytearray(lines[index])
        for _ in range(3):
            at = rng.randrange(len(damaged))
            damaged[at] = rng.choice([b for b in range(256) if b != 10])
        lines[index] = bytes(damaged)
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / "s.jsonl").write_bytes(joined(*lines))
    store = ListStore()
    report = make_importer(store, tmp_path).run()
    assert totals(store.events)["requests"] >= len(lines) - len(hit)
    assert sum(report.quarantined.values()) <= len(hit)
    # What was not set aside was read: nothing disappears without being counted.
    assert report.records == len(lines)


def test_an_old_half_line_is_set_aside_once_and_still_counts_when_completed(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    path = folder / "s.jsonl"
    path.write_bytes(joined(response(1)) + response(2)[:-30])
    clock = FakeClock()
    os.utime(path, (clock.us / 1e6 - 200_000,) * 2)
    store = ListStore()
    report = make_importer(store, tmp_path, clock=clock).run()
    assert (report.quarantined, report.torn) == ({"torn_tail": 1}, 1)
    path.write_bytes(joined(response(1), response(2)))
    report = make_importer(store, tmp_path, clock=clock).run()
    assert (report.quarantined, report.torn) == ({}, 0)
    assert totals(store.events)["requests"] == 2
