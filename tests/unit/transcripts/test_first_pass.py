"""The first reading of everything: newest first, shown stage by stage, and told of while it goes on."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tachograph.inputs.histories.find import find_histories
from tachograph.inputs.histories.first_pass import FirstPass
from tachograph.inputs.histories.report import ImportReport, Progress
from tachograph.inputs.histories.watch import Watcher
from tachograph.ports import Batch, WriteResult
from tachograph_sdk.errors import StoreError
from tests.unit.transcripts.making import FOLDER, FakeClock, ListStore, joined, make_importer, prompt, response, totals

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FILES = {  # name: last changed; three stages of two months, and one more
    "today": "2026-11-20", "monday": "2026-11-16", "early": "2026-11-02", "october": "2026-10-15", "first": "2026-10-01",
    "august": "2026-08-20",
}  # fmt: skip


class Noting(ListStore):
    """Notes at each settling how far reading was said to be, and what was stored."""

    def __init__(self) -> None:
        super().__init__()
        self.first: FirstPass | None = None
        self.shown: list[set[str]] = []
        self.fail_at = -1

    def write(self, batch: Batch) -> WriteResult:
        if self.fail_at == 0:
            raise StoreError("no room")
        self.fail_at -= 1
        return super().write(batch)

    def settle(self) -> None:
        super().settle()
        self.shown.append({str(event.session_id) for event in self.events.values()})


class Case:
    def __init__(self, folder: Path) -> None:
        self.root = folder / "projects"
        self.store = Noting()
        self.clock = FakeClock(int(NOW.timestamp()) * 1_000_000)
        self.bells = 0
        self.first = FirstPass(self.clock, tell=self.ring)
        self.told: list[dict[str, Any]] = []
        self.watcher = Watcher(make_importer(self.store, self.root, clock=self.clock), first=self.first)

    def ring(self) -> None:
        self.bells += 1
        self.told.append(self.first.as_dict())

    def put(self, name: str, day: str, data: bytes | None = None) -> Path:
        path = self.root / FOLDER / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        number = 100 * sorted(FILES).index(name) if name in FILES else 0
        path.write_bytes(data or joined(prompt(number + 1), response(number + 2), response(number + 3)))
        changed = datetime.fromisoformat(day).replace(hour=9, tzinfo=UTC).timestamp()
        os.utime(path, (changed, changed))
        return path

    def put_all(self) -> None:
        for name, day in FILES.items():
            self.put(name, day)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def states(told: dict[str, Any]) -> dict[str, str]:
    return {month["month"]: month["state"] for month in told["months"]}


def test_before_it_looked_nothing_is_said_to_be_done(case: Case) -> None:
    told = case.first.as_dict()
    assert (told["state"], told["reason"], told["months"]) == ("running", None, [])
    assert (told["week_done"], told["complete_since"], told["started_at"], told["ended_at"]) == (
        False,
        None,
        None,
        None,
    )


def test_where_nothing_is_read_it_is_idle_and_says_why() -> None:
    told = FirstPass(FakeClock(), reason="imports.watch is off").as_dict()
    assert (told["state"], told["reason"], told["week_done"]) == ("idle", "imports.watch is off", None)


def test_the_week_is_settled_before_anything_older_is_and_months_are_done_newest_first(case: Case) -> None:
    case.put_all()
    read = case.first.read

    def slowly(*arguments: Any) -> None:
        case.clock.s += 10.0
        read(*arguments)

    case.first.read = slowly  # type: ignore[method-assign,assignment]
    case.watcher.poll()
    assert case.told[0]["week_done"]
    assert case.told[0]["complete_since"] == "2026-11-13T12:00:00Z"
    assert states(case.told[0]) == {"2026-11": "running", "2026-10": "waiting", "2026-08": "waiting"}
    since = [told["complete_since"] for told in case.told[:-1]]
    assert since == ["2026-11-13T12:00:00Z", "2026-11-01T00:00:00Z", "2026-10-01T00:00:00Z", "2026-08-01T00:00:00Z"]
    done = [[month for month, state in states(told).items() if state == "done"] for told in case.told]
    assert done == [[], ["2026-11"], ["2026-11", "2026-10"], [*FILES_MONTHS], [*FILES_MONTHS]]


FILES_MONTHS = ("2026-11", "2026-10", "2026-08")


def test_what_is_told_is_settled(case: Case) -> None:
    case.put_all()
    case.watcher.poll()
    week = case.told[0]
    assert week["week_done"]
    assert case.store.settled >= 2  # the week's, and the rest's
    files = [len(batch.files) for batch in case.store.batches]
    assert files[0] == 2  # today and monday, in a transaction of their own


def test_at_the_end_all_is_done_and_counted(case: Case) -> None:
    case.put_all()
    case.watcher.poll()
    told = case.first.as_dict()
    assert (told["state"], told["week_done"], told["complete_since"]) == ("done", True, None)
    assert (told["started_at"], told["ended_at"]) == ("2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z")
    assert told["files_done"] == told["files_total"] == 6
    assert told["bytes_done"] == told["bytes_total"] == sum(f.stat().st_size for f in case.root.rglob("*.jsonl"))
    assert told["events_new"] == len(case.store.events) == 24
    assert [(m["month"], m["files_total"], m["files_done"]) for m in told["months"]] == [
        ("2026-11", 3, 3), ("2026-10", 2, 2), ("2026-08", 1, 1),
    ]  # fmt: skip


def test_no_figure_goes_back_while_it_is_read(case: Case) -> None:
    case.put_all()
    seen: list[Progress] = []
    importer = case.watcher._importer
    write = importer._write

    def note(*arguments: Any) -> None:
        seen.append(case.first.progress())
        write(*arguments)

    importer._write = note  # type: ignore[method-assign,assignment]
    case.watcher.poll()
    for name in ("files_done", "bytes_done", "events"):
        values = [getattr(progress, name) for progress in (*seen, case.first.progress())]
        assert values == sorted(values)
    assert len({progress.files_total for progress in seen}) == 1


def test_the_newest_of_all_agents_are_read_before_older_ones_of_any(case: Case) -> None:
    case.put_all()
    read: list[str] = []
    importer = case.watcher._importer
    units = importer._units

    def note(changed: Any, now_us: int) -> Any:
        made = units(changed, now_us)
        read.extend(f"{unit.stage}:{len(unit.files)}" for unit in made[0])
        return made

    importer._units = note  # type: ignore[method-assign]
    case.watcher.poll()
    assert read == ["0:2", "1:1", "2:2", "3:1"]


def test_what_was_read_before_counts_as_done(case: Case) -> None:
    case.put_all()
    case.watcher.poll()
    again = FirstPass(case.clock)
    Watcher(make_importer(case.store, case.root, clock=case.clock), first=again).poll()
    told = again.as_dict()
    assert (told["state"], told["files_done"], told["files_total"], told["events_new"]) == ("done", 6, 6, 0)
    assert set(states(told).values()) == {"done"}


def test_a_machine_without_histories_is_done_at_once(case: Case) -> None:
    case.watcher.poll()
    told = case.first.as_dict()
    assert (told["state"], told["files_total"], told["months"], told["week_done"]) == ("done", 0, [], True)


def test_a_broken_file_is_counted_and_holds_nothing_up(case: Case) -> None:
    case.put_all()
    case.put("damage", "2026-11-20", b"\x00\xff no record\n" * 3)
    vanished = case.put("vanished", "2026-10-03")
    importer = case.watcher._importer
    changed = importer._changed

    def then_vanish(files: Any) -> Any:
        found = changed(files)
        vanished.unlink(missing_ok=True)
        return found

    importer._changed = then_vanish  # type: ignore[method-assign]
    case.watcher.poll()
    told = case.first.as_dict()
    assert told["state"] == "done"
    assert told["quarantined"] == {"bad_line": 3}
    assert told["failed"] == {"vanished": 1}
    assert told["files_done"] == told["files_total"] == 8
    assert totals(case.store.events)["requests"] == 12


def test_a_failure_is_told_and_the_next_round_reads_what_is_left(case: Case) -> None:
    case.put_all()
    case.store.fail_at = 1  # after the week
    with pytest.raises(StoreError):
        case.watcher.poll()
    told = case.first.as_dict()
    assert (told["state"], told["week_done"]) == ("running", True)
    assert told["reason"] == "it could not go on (StoreError); it is tried again"
    assert len(case.store.states) == 2
    case.store.fail_at = -1
    case.watcher.poll()
    told = case.first.as_dict()
    assert (told["state"], told["reason"], told["files_done"]) == ("done", None, 6)
    assert told["events_new"] == len(case.store.events) == 24


def test_a_later_round_that_failed_is_read_again(case: Case) -> None:
    case.put_all()
    case.watcher.poll()
    case.clock.s += 10
    case.put("new", "2026-11-20", joined(response(900)))
    case.store.fail_at = 0
    with pytest.raises(StoreError):
        case.watcher.poll()
    case.store.fail_at = -1
    case.clock.s += 1
    assert case.watcher.poll().new == 2  # the request, and that its session began


def test_a_file_of_the_future_is_of_this_week(case: Case) -> None:
    case.put("clock", "2031-01-01")
    case.watcher.poll()
    assert list(states(case.first.as_dict())) == ["2026-11"]


@pytest.mark.parametrize("seed", range(5))
def test_whatever_the_order_of_the_files_the_same_is_stored(seed: int, tmp_path: Path) -> None:
    """Forks that are read before or after what they were copied from."""
    chance = random.Random(seed)
    stored = []
    for turn in range(2):
        case = Case(tmp_path / str(turn))
        lines = [prompt(1), *(response(n) for n in range(2, 12))]
        for n in range(8):
            cut = 2 + n
            own = [
                response(1000 + 10 * n + k, sessionId=f"2222{n}222-2222-4333-8444-555555555555", timestamp=f"2026-11-20T15:{n:02d}:{k:02d}.000Z")
                for k in range(3)
            ]  # fmt: skip
            day = chance.randrange(1, 29)
            case.put(f"fork{n}", f"2026-{chance.choice((8, 9, 10)):02d}-{day:02d}", joined(*lines[:cut], *own))
        case.watcher.poll()
        stored.append((sorted(case.store.events), totals(case.store.events)))
    assert stored[0] == stored[1]


def test_what_a_dead_reader_left_unread_is_not_waited_for_for_ever(case: Case) -> None:
    case.put_all()
    found = find_histories(case.watcher._importer.places).files
    now_us = case.clock.now_us()
    case.first.begin(found, [(file, file.size_bytes) for file in found], now_us=now_us)
    case.first.end(ImportReport(failed={"reader died": 6}))
    told = case.first.as_dict()
    assert (told["files_done"], told["failed"]) == (told["files_total"], {"reader died": 6})
    assert told["bytes_done"] == told["bytes_total"] > 0
