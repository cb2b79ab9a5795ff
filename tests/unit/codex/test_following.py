"""A thread that is read while it is written: whatever was there at each reading, the same events come of it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tachograph.inputs.agents.histories import BY_ID
from tachograph.inputs.histories.config import ImportConfig
from tachograph.inputs.histories.find import Place
from tachograph.inputs.histories.importer import Importer
from tachograph_sdk.model.event import Event, EventKind
from tests.recorded import GOLDEN
from tests.unit.transcripts.making import NAMES, FakeClock, ListStore, make_pipeline

THREADS = sorted(
    path
    for pattern in ("rollouts/**/*.jsonl", "archived_sessions/*.jsonl")
    for path in (GOLDEN / "codex").glob(f"*/*/{pattern}")
)
each_thread = pytest.mark.parametrize(
    "thread", THREADS, ids=lambda path: f"{path.relative_to(GOLDEN).parts[1]}-{path.relative_to(GOLDEN).parts[2]}"
)


def importer_of(store: ListStore, root: Path, history: str = "codex") -> Importer:
    return Importer(
        store,  # type: ignore[arg-type]
        make_pipeline,
        ImportConfig(workers=0, worker_threshold_bytes=0),
        FakeClock(),
        name_file=NAMES.file,
        places=(Place(BY_ID[history], root),),
    )


def events_of(store: ListStore) -> dict[str, Event]:
    """Those that stay: a call that waits for its result is told as such at each reading."""
    return {i: event for i, event in store.events.items() if event.name != "function_call"}


def whole(thread: Path, root: Path) -> dict[str, Event]:
    root.mkdir()
    (root / thread.name).write_bytes(thread.read_bytes())
    store = ListStore()
    report = importer_of(store, root).run()
    assert not report.quarantined
    assert not report.failed
    return events_of(store)


def attributes(events: dict[str, Event]) -> dict[str, object]:
    return {i: (event.kind, event.at_us, dict(event.attributes)) for i, event in events.items()}


@each_thread
@pytest.mark.parametrize("step", [1, 3, 10])
def test_a_growing_thread_makes_the_events_of_the_finished_one(thread: Path, step: int, tmp_path: Path) -> None:
    wanted = whole(thread, tmp_path / "whole")
    lines = thread.read_bytes().splitlines(keepends=True)
    root = tmp_path / "growing"
    root.mkdir()
    store = ListStore()
    importer = importer_of(store, root)
    for end in [*range(step, len(lines), step), len(lines)]:
        (root / thread.name).write_bytes(b"".join(lines[:end]))
        importer.run()
    assert attributes(events_of(store)) == attributes(wanted)
    told = [e for batch in store.batches for e in batch.events if e.kind is EventKind.API_REQUEST]
    assert all("model" in e.attributes for e in told)  # also where a reading began in the middle


@each_thread
def test_a_thread_that_is_kept_in_two_places_is_one(thread: Path, tmp_path: Path) -> None:
    wanted = whole(thread, tmp_path / "whole")
    store = ListStore()
    for folder in ("sessions", "archived_sessions"):
        root = tmp_path / folder
        root.mkdir()
        (root / thread.name).write_bytes(thread.read_bytes())
        importer_of(store, root).run()
    assert attributes(events_of(store)) == attributes(wanted)


def test_nothing_new_is_read_again_in_full_only_where_its_beginning_is_needed(tmp_path: Path) -> None:
    thread = next(path for path in THREADS if "errors-resume" in str(path))
    root = tmp_path / "sessions"
    root.mkdir()
    (root / thread.name).write_bytes(thread.read_bytes())
    store = ListStore()
    importer = importer_of(store, root)
    first = importer.run()
    with (root / thread.name).open("ab") as file:
        file.write(b'{"timestamp":"2026-11-20T08:00:00.000Z","ordinal":99,"type":"world_state","payload":{}}\n')
    again = importer.run()
    assert (first.records, again.records) == (
        51,
        26,
    )  # the last answer but one, two turns that failed, and the last turn
    assert again.new == 0


def test_every_golden_thread_is_known_by_its_first_bytes() -> None:
    for thread, history in itertools.product(THREADS, BY_ID.values()):
        if history.begins(thread.read_bytes()[: 64 * 1024]):
            assert history.id == "codex" or history.agent == "claude_code"
    assert all(BY_ID["codex"].begins(thread.read_bytes()[: 64 * 1024]) for thread in THREADS)
