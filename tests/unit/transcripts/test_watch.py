"""Following transcripts as they grow, poll by poll, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tachograph.inputs.histories.find import FoundFile
from tachograph.inputs.histories.state import ImportCache
from tachograph.inputs.histories.watch import Watcher
from tests.unit.transcripts.making import (
    FOLDER,
    FakeClock,
    ListStore,
    joined,
    make_importer,
    prompt,
    response,
    tool_result,
    tool_use,
    totals,
)


class Watched:
    def __init__(self, root: Path) -> None:
        self.root, self.store, self.clock = root, ListStore(), FakeClock()
        self.folder = root / FOLDER
        self.watcher = Watcher(make_importer(self.store, root, clock=self.clock))

    def poll(self, after_s: float = 0.5) -> int:
        self.clock.s += after_s
        return self.watcher.poll().new

    def append(self, name: str, data: bytes) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / name
        with path.open("ab") as file:
            file.write(data)
        return path


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path / "projects")


def test_what_is_there_is_read_and_then_only_what_is_new(watched: Watched) -> None:
    watched.append("s.jsonl", joined(prompt(1), response(2)))
    assert watched.poll() == 3
    assert watched.poll() == 0
    watched.append("s.jsonl", joined(response(3)))
    assert watched.poll() == 1
    assert watched.poll() == 0


@pytest.mark.parametrize("wait_s", [0.5, 2.0, 1000.0])
def test_a_new_line_is_in_the_store_within_two_seconds(watched: Watched, wait_s: float) -> None:
    """In a file that grew lately, in one that has been quiet for long, in a new one, and in a new folder."""

    def requests_after_two_seconds() -> int:
        for _ in range(4):
            watched.poll()
        return totals(watched.store.events)["requests"]

    watched.append("s.jsonl", joined(response(1)))
    watched.poll()
    watched.poll(wait_s)
    watched.append("s.jsonl", joined(response(2)))
    assert requests_after_two_seconds() == 2
    watched.append("t.jsonl", joined(response(3)))
    assert requests_after_two_seconds() == 3
    watched.poll(wait_s)
    (watched.root / "-another").mkdir()
    (watched.root / "-another" / "u.jsonl").write_bytes(joined(response(4)))
    assert requests_after_two_seconds() == 4


def test_a_new_file_is_read_at_the_next_look(watched: Watched) -> None:
    watched.append("s.jsonl", joined(response(1)))
    watched.poll()
    watched.append("t.jsonl", joined(response(2)))
    watched.poll(0.5)  # no full round is due yet: the folder tells
    assert totals(watched.store.events)["requests"] == 2


def test_a_root_that_comes_later_is_found(watched: Watched) -> None:
    assert watched.poll() == 0
    watched.append("s.jsonl", joined(response(1)))
    assert sum(watched.poll() for _ in range(4)) == 2


def test_a_line_in_pieces_counts_once(watched: Watched) -> None:
    data = joined(
        response(1), response(2, blocks=[tool_use(2, command="git commit -m x")]), tool_result(2), response(3)
    )
    for start in range(0, len(data), 37):
        watched.append("s.jsonl", data[start : start + 37])
        watched.poll()
    counts = totals(watched.store.events)
    assert (counts["requests"], counts["commits"], counts["tool_calls"]) == (3, 1, 1)
    assert watched.store.quarantined == []


def test_a_file_that_vanishes_and_comes_back(watched: Watched) -> None:
    path = watched.append("s.jsonl", joined(response(1)))
    watched.poll()
    path.unlink()
    assert sum(watched.poll() for _ in range(5)) == 0
    watched.append("s.jsonl", joined(response(2), response(3)))
    for _ in range(4):
        watched.poll()
    assert totals(watched.store.events)["requests"] == 3


def test_quiet_files_are_looked_at_rarely(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(30):
        watched.append(f"{n}.jsonl", joined(response(n + 1)))
    watched.poll()
    watched.poll(10_000)  # all of them have been quiet since
    rounds: list[float] = []
    looked_at: list[str] = []
    real = watched.watcher._full_round

    def full_round(now_s: float) -> list[FoundFile]:
        rounds.append(now_s)
        return real(now_s)

    def look_at(paths: Iterable[str]) -> list[FoundFile]:
        looked_at.extend(paths)
        return []

    monkeypatch.setattr(watched.watcher, "_full_round", full_round)
    monkeypatch.setattr(watched.watcher, "_look_at", look_at)
    for _ in range(12):
        watched.poll()
    assert len(rounds) == 4  # six seconds, one round every second and a half
    assert looked_at == []


def test_the_quick_checks_memory_is_written_when_it_is_quiet(tmp_path: Path) -> None:
    store_file = tmp_path / "store"
    store_file.write_bytes(b"header" * 1000)
    cache = ImportCache(tmp_path / "imports.cache", store_file)
    clock = FakeClock()
    folder = tmp_path / "projects" / FOLDER
    folder.mkdir(parents=True)
    (folder / "s.jsonl").write_bytes(joined(response(1)))
    watcher = Watcher(make_importer(ListStore(), tmp_path / "projects", clock=clock, cache=cache))
    watcher.poll()
    assert cache.load() is None
    clock.s += 10
    watcher.poll()
    assert len(cache.load() or {}) == 1
