"""Importing: what is read, what is remembered, and that nothing is read or counted twice."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tachograph.inputs.agents.claude_code.history import find_roots, is_transcript
from tachograph.inputs.agents.histories import BY_ID
from tachograph.inputs.files.importer import FilesImporter
from tachograph.inputs.histories import read as transcripts_read
from tachograph.inputs.histories.config import ImportConfig
from tachograph.inputs.histories.find import Place, find_files, find_histories
from tachograph.inputs.histories.importer import Importer
from tachograph.inputs.histories.report import Progress
from tachograph.ports import WriteResult
from tachograph_sdk.errors import UnknownAgent
from tests.unit.transcripts import making
from tests.unit.transcripts.making import (
    FOLDER,
    NAMES,
    FakeClock,
    ListStore,
    joined,
    make_importer,
    prompt,
    response,
    tool_result,
    tool_use,
    totals,
    usage,
)


class Tree:
    """A projects folder and an importer of it; each `run` is a new process as far as memory goes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = ListStore()
        self.folder = root / FOLDER
        self.folder.mkdir(parents=True)

    def put(self, name: str, data: bytes, *, append: bool = False) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab" if append else "wb") as file:
            file.write(data)
        return path

    def run(self, **more: Any) -> Any:
        return make_importer(self.store, self.root, **more).run()

    @property
    def totals(self) -> dict[str, int]:
        return dict(totals(self.store.events))

    def requests(self) -> int:
        return self.totals.get("requests", 0)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "projects")


# --- again, and more ---


def test_a_second_import_reads_no_line(tree: Tree) -> None:
    tree.put("s.jsonl", joined(prompt(1), response(2), b"damage", response(3)) + response(4)[:-9])
    first = tree.run()
    before = (dict(tree.store.events), list(tree.store.quarantined), len(tree.store.batches))
    second = tree.run()
    assert (first.read, first.records, first.torn) == (1, 4, 1)
    assert (second.files, second.read, second.records, second.bytes, second.new) == (1, 0, 0, 0, 0)
    assert before == (tree.store.events, tree.store.quarantined, len(tree.store.batches))


def test_only_what_was_appended_is_read(tree: Tree) -> None:
    tree.put("s.jsonl", joined(*[response(n) for n in range(1, 50)]))
    tree.run()
    tree.put("s.jsonl", joined(response(50)), append=True)
    report = tree.run()
    assert (report.records, report.bytes, report.new) == (1, len(response(50)) + 1, 1)
    assert tree.requests() == 50


def test_the_state_is_written_with_the_events_it_stands_for(tree: Tree) -> None:
    path = tree.put("s.jsonl", joined(response(1), response(2)))
    tree.run()
    (batch,) = tree.store.batches
    (state,) = batch.files
    assert (state.offset, state.lines, state.size_bytes) == (path.stat().st_size, 2, path.stat().st_size)
    assert state.file_id == NAMES.file(str(path))
    assert len(batch.events) == 3


def test_a_half_line_completed_later_counts_once(tree: Tree) -> None:
    for cut in (1, 40, len(response(2)) - 1):
        tree.put("s.jsonl", joined(response(1)) + response(2)[:cut])
        assert (tree.run().torn, tree.requests()) == (1, 1)
        tree.put("s.jsonl", response(2)[cut:], append=True)
        tree.run()
        tree.put("s.jsonl", b"\n" + joined(response(3)), append=True)
        report = tree.run()
        assert (report.torn, report.quarantined, tree.requests()) == (0, {}, 3)
        assert tree.store.states[NAMES.file(str(tree.folder / "s.jsonl"))].lines == 3
        tree.store = ListStore()


def test_a_response_that_grows_between_imports_counts_once_and_in_full(tree: Tree) -> None:
    tree.put("s.jsonl", joined(response(1, used=usage(tokens_out=1))))
    tree.run()
    tree.put(
        "s.jsonl", joined(response(1, used=usage(tokens_out=20), timestamp="2026-11-20T10:00:03.000Z")), append=True
    )
    tree.run()
    assert (tree.requests(), tree.totals["output_tokens"]) == (1, 20)


def test_a_resumed_session_goes_on_in_its_file(tree: Tree) -> None:
    tree.put("s.jsonl", joined(prompt(1), response(2)))
    tree.run()
    tree.put("s.jsonl", joined(prompt(3), response(4)), append=True)
    tree.run()
    assert (tree.requests(), tree.totals["prompts"]) == (2, 2)
    assert sum(e.kind == "session.start" for e in tree.store.events.values()) == 1


def test_a_forked_session_adds_only_what_is_new_in_whatever_order(tree: Tree) -> None:
    fork: dict[str, Any] = {"sessionId": "99999999-2222-4333-8444-555555555555"}
    history = [prompt(1), response(2, blocks=[tool_use(2, command="git commit -m x")]), tool_result(2)]
    copied = [
        prompt(1, **fork),
        response(2, blocks=[tool_use(2, command="git commit -m x")], **fork),
        tool_result(2, **fork),
    ]
    for newest in ("a.jsonl", "b.jsonl"):
        tree.store = ListStore()
        tree.put("a.jsonl", joined(*history))
        tree.put("b.jsonl", joined(*copied, response(4, **fork)))
        os.utime(tree.folder / newest, (2_000_000_000,) * 2)
        tree.run()
        assert tree.totals == {
            "requests": 2,
            "input_tokens": 20,
            "output_tokens": 40,
            "cache_read_tokens": 600,
            "cache_write_tokens": 80,
            "tool_calls": 1,
            "prompts": 1,
            "commits": 1,
        }


# --- files that are not what they were ---


def test_a_rotated_file_keeps_both(tree: Tree) -> None:
    path = tree.put("s.jsonl", joined(response(1), response(2)))
    tree.run()
    path.rename(tree.folder / "s.1.jsonl")
    tree.put("s.jsonl", joined(response(3), response(4), response(5)))
    tree.run()
    assert tree.requests() == 5


def test_a_replaced_file_of_the_same_size_and_inode_is_read_again(tree: Tree) -> None:
    path = tree.put("s.jsonl", joined(response(1), response(2)))
    tree.run()
    inode = path.stat().st_ino
    with path.open("r+b") as file:
        file.write(joined(response(3), response(4)))
    os.utime(path, ns=(1, 1))
    assert path.stat().st_ino == inode
    tree.run()
    assert tree.requests() == 4


def test_a_file_with_the_same_head_but_another_middle_is_read_again(tree: Tree) -> None:
    head = [response(n) for n in range(1, 8)]
    tree.put("s.jsonl", joined(*head, response(8)))
    tree.run()
    tree.put("s.jsonl", joined(*head, response(9), response(10), response(11)))
    tree.run()
    assert tree.requests() == 11


def test_a_truncated_file_is_read_from_its_start(tree: Tree) -> None:
    path = tree.put("s.jsonl", joined(*[response(n) for n in range(1, 30)]))
    tree.run()
    os.truncate(path, 0)
    tree.run()
    tree.put("s.jsonl", joined(response(100)))
    tree.run()
    assert tree.requests() == 30


def test_a_touched_file_is_looked_at_and_nothing_is_new(tree: Tree) -> None:
    path = tree.put("s.jsonl", joined(response(1)))
    tree.run()
    os.utime(path, ns=(5, 5))
    report = tree.run()
    assert (report.read, report.records, report.new) == (1, 0, 0)


# --- a call and its result, read apart ---


def test_a_commit_counts_when_its_result_comes_later(tree: Tree) -> None:
    tree.put("s.jsonl", joined(response(1), response(2, blocks=[tool_use(2, command="git commit -m x")])))
    tree.run()
    assert tree.totals["tool_calls"] == 1
    assert "commits" not in tree.totals
    tree.put("s.jsonl", joined(tool_result(2), response(3)), append=True)
    report = tree.run()
    assert report.records == 3  # the call again, its result, and what follows
    assert (tree.totals["commits"], tree.totals["tool_calls"], tree.requests()) == (1, 1, 3)
    assert tree.run().records == 0


def test_a_call_that_is_never_answered_is_not_waited_for_for_ever(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts_read, "_KEEP_BACK_BYTES", 2000)
    tree.put(
        "s.jsonl", joined(response(1, blocks=[tool_use(1, command="sleep")]), *[response(n) for n in range(2, 20)])
    )
    tree.run()
    tree.put("s.jsonl", joined(response(20)), append=True)
    assert tree.run().records == 1


# --- where files are ---


def test_roots() -> None:
    home = Path("/home/dev")
    assert find_roots({}, home) == [home / ".claude/projects", home / ".config/claude/projects"]
    assert find_roots({"CLAUDE_CONFIG_DIR": "/a, /b/projects ,/a"}, home) == [Path("/a/projects"), Path("/b/projects")]
    assert find_roots({"CLAUDE_CONFIG_DIR": " , "}, home) == find_roots({}, home)


def test_a_configuration_folder_means_its_projects(tmp_path: Path) -> None:
    tree = Tree(tmp_path / ".claude" / "projects")
    tree.put("s.jsonl", joined(response(1)))
    (tmp_path / ".claude" / "history.jsonl").write_bytes(b'{"display":"a prompt"}\n')
    assert [Path(f.path).name for f in find_files([tmp_path / ".claude"], wanted=is_transcript).files] == ["s.jsonl"]


def test_a_folder_that_only_happens_to_have_projects_is_read_whole(tree: Tree) -> None:
    tree.put("s.jsonl", joined(response(1)))
    (tree.root.parent / "other.jsonl").write_bytes(joined(response(2)))
    (tree.root.parent / "history.jsonl.bak").write_bytes(b"x")
    assert [Path(f.path).name for f in find_files([tree.root.parent], wanted=is_transcript).files] == [
        "other.jsonl",
        "s.jsonl",
    ]


def test_newest_first_and_each_once(tree: Tree) -> None:
    for name, when in (("old.jsonl", 1), ("new.jsonl", 3), ("middle.jsonl", 2)):
        os.utime(tree.put(name, b""), (when, when))
    named = [tree.root, tree.folder, tree.folder / "old.jsonl", tree.root]
    assert [Path(f.path).name for f in find_files(named, wanted=is_transcript).files] == [
        "new.jsonl",
        "middle.jsonl",
        "old.jsonl",
    ]


def test_a_named_file_may_have_any_name(tree: Tree) -> None:
    path = tree.put("transcript.txt", joined(response(1)))
    named_importer(tree).run([path])
    assert tree.requests() == 1


def test_links_inside_a_root_are_counted_and_not_followed(tree: Tree, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.jsonl").write_bytes(joined(response(1)))
    (tree.folder / "file.jsonl").symlink_to(outside / "x.jsonl")
    (tree.root / "folder").symlink_to(outside)
    report = tree.run()
    assert (report.files, report.symlinks, tree.requests()) == (0, 2, 0)


def test_a_root_may_be_a_link(tree: Tree, tmp_path: Path) -> None:
    tree.put("s.jsonl", joined(response(1)))
    (tmp_path / "link").symlink_to(tree.root)
    make_importer(tree.store, tmp_path / "link").run()
    report = tree.run()
    assert (tree.requests(), report.read) == (1, 0)  # the same file by either way


def test_what_is_no_file_is_passed_over(tree: Tree) -> None:
    tree.put("s.jsonl", joined(response(1)))
    os.mkfifo(tree.folder / "pipe.jsonl")
    (tree.folder / "folder.jsonl").mkdir()
    report = tree.run()
    assert (tree.requests(), report.failed) == (1, {"not a file": 1})


def test_places_that_cannot_be_read_are_counted_and_cost_nothing_else(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("forbidden", "vanished", "broken", "good"):
        tree.put(f"{name}.jsonl", joined(response(1)))
    errors = {"forbidden": PermissionError(), "vanished": FileNotFoundError(), "broken": OSError(5, "x")}
    real = os.open

    def open_(path: Any, *args: Any, **named: Any) -> int:
        if (error := errors.get(Path(str(path)).stem)) is not None:
            raise error
        return real(path, *args, **named)

    monkeypatch.setattr(os, "open", open_)
    report = tree.run()
    assert report.failed == {"permission denied": 1, "vanished": 1, "unreadable": 1}
    assert tree.requests() == 1
    errors.clear()
    assert tree.run().read == 3  # tried again


def test_a_missing_path_is_counted(tree: Tree) -> None:
    assert named_importer(tree).run([tree.root / "nowhere"]).histories.failed == {"vanished": 1}


def test_a_usual_place_behind_a_closed_folder_costs_no_other(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.put("s.jsonl", joined(response(1)))
    closed = tmp_path / "closed" / "projects"
    real = os.stat

    def stat_(path: Any, *args: Any, **named: Any) -> os.stat_result:
        if str(path).startswith(str(closed)):
            raise PermissionError(13, "x")
        return real(path, *args, **named)

    monkeypatch.setattr(os, "stat", stat_)
    history = BY_ID["claude_code"]
    found = find_histories([Place(history, closed), Place(history, tree.root)])
    assert (len(found.files), dict(found.failed)) == (1, {"permission denied": 1})


def test_missing_usual_places_are_nothing_to_report(tmp_path: Path) -> None:
    report = make_importer(ListStore(), tmp_path / "nowhere").run()
    assert (report.files, report.failed) == (0, {})


# --- progress, answers, processes ---


def test_a_fault_of_our_own_costs_a_line(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("with content")

    monkeypatch.setattr("tachograph.inputs.agents.claude_code.transcript.prompts.Prompts.take", fail)
    tree.put("s.jsonl", joined(response(1), prompt(2), response(3)))
    report = tree.run()
    assert (report.quarantined, tree.requests()) == ({"internal_error": 1}, 2)
    assert "with content" not in repr(tree.store.batches)


def test_progress_reaches_its_end(tree: Tree) -> None:
    for n in range(5):
        tree.put(f"{n}.jsonl", joined(response(n + 1)))
    seen: list[Progress] = []
    make_importer(tree.store, tree.root).run(progress=seen.append)
    assert seen[-1].files_done == seen[-1].files_total == 5
    assert seen[-1].bytes_done == seen[-1].bytes_total > 0
    assert [p.bytes_done for p in seen] == sorted(p.bytes_done for p in seen)


def named_importer(tree: Tree) -> FilesImporter:
    return FilesImporter(make_importer(tree.store, tree.root), tree.store, no_telemetry, name_file=NAMES.file)  # type: ignore[arg-type]


def no_telemetry(_: object) -> WriteResult:
    raise AssertionError("there are transcripts only")


def test_the_answer_for_the_command_line(tree: Tree) -> None:
    tree.put("s.jsonl", joined(response(1), b"damage"))
    importer = named_importer(tree)
    answer = importer.run_strings([], None)
    counts = answer["sources"]["claude_code"]
    assert {n: counts[n] for n in ("files", "records", "new", "duplicate", "quarantined")} == {
        "files": 1,
        "records": 2,
        "new": 2,
        "duplicate": 0,
        "quarantined": {"bad_line": 1},
    }
    assert answer["roots"] == [str(tree.root)]
    with pytest.raises(UnknownAgent):
        importer.run_strings([], "nobody")


def test_derived_tables_are_settled_after_something_was_read(tree: Tree) -> None:
    tree.put("s.jsonl", joined(response(1)))
    tree.run()
    assert tree.store.settled == 1
    tree.run()
    assert tree.store.settled == 1


def many(tree: Tree) -> None:
    for n in range(40):
        lines = [prompt(n * 100 + 1), b"damage", *[response(n * 100 + k) for k in range(2, 30)]]
        tree.put(f"{n:02d}.jsonl", joined(*lines))


def test_workers_give_what_one_process_gives(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tachograph.inputs.histories.importer._UNIT_FILES", 7)
    many(tree)
    alone, together = ListStore(), ListStore()
    first = make_importer(alone, tree.root).run()
    second = make_importer(together, tree.root, workers=2).run()
    assert together.events == alone.events
    assert together.states == alone.states
    assert sorted(together.quarantined, key=repr) == sorted(alone.quarantined, key=repr)
    assert first.as_dict() == second.as_dict()
    assert make_importer(together, tree.root, workers=2).run().read == 0


class DiesOnce:
    """Makes pipelines that kill their process when they meet a mark, as a bug below Python would."""

    def __init__(self, mark: str) -> None:
        self.mark, self.home = mark, os.getpid()

    def __call__(self) -> Any:
        pipeline = making.make_pipeline()
        run, mark, home = pipeline.run_records, self.mark, self.home

        class Killing:
            keeps_content = False

            def run_records(self, records: list[Any]) -> Any:
                assert os.getpid() != home, "this process was to be spared"
                if any(r.attributes.get("message_id") == mark for r in records):
                    os.kill(os.getpid(), signal.SIGKILL)
                return run(records)

        return Killing()


def test_a_worker_that_dies_costs_its_unit_and_not_the_import(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tachograph.inputs.histories.importer._UNIT_FILES", 2)
    many(tree)
    store = ListStore()
    config = ImportConfig(workers=2, worker_threshold_bytes=0)
    recipe = DiesOnce("msg_1705")  # in one of the files
    importer = Importer(
        store,  # type: ignore[arg-type]
        recipe,
        config,
        FakeClock(),
        name_file=NAMES.file,
        places=(Place(BY_ID["claude_code"], tree.root),),
    )
    report = importer.run()
    assert report.failed == {"reader died": 2}
    assert totals(store.events)["requests"] == 38 * 28
    make_importer(store, tree.root).run()
    assert totals(store.events)["requests"] == 40 * 28


def fails_in_a_worker() -> Any:
    if not sys.argv[0].endswith("worker.py"):
        return making.make_pipeline()
    raise RuntimeError("no pipeline here")


def test_without_workers_the_units_are_read_here(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tachograph.inputs.histories.importer._UNIT_FILES", 10)
    many(tree)
    config = ImportConfig(workers=2, worker_threshold_bytes=0)
    importer = Importer(
        tree.store,  # type: ignore[arg-type]
        fails_in_a_worker,
        config,
        FakeClock(),
        name_file=NAMES.file,
        places=(Place(BY_ID["claude_code"], tree.root),),
    )
    report = importer.run()
    assert report.failed == {}
    assert tree.requests() == 40 * 28
    said = capfd.readouterr().err
    assert 1 <= said.count("RuntimeError") <= 2  # once a worker
    assert "no pipeline here" not in said  # an error's text may quote what was read


def test_nothing_in_the_current_folder_passes_for_our_modules(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tachograph.inputs.histories.importer._UNIT_FILES", 10)
    many(tree)
    for name in ("msgspec.py", "tachograph.py", "pickle.py"):
        (tmp_path / name).write_text("import os; os._exit(3)")
    monkeypatch.chdir(tmp_path)
    report = make_importer(tree.store, tree.root, workers=2).run()
    assert report.failed == {}
    assert tree.requests() == 40 * 28


def test_a_recipe_that_cannot_be_sent_is_used_here(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tachograph.inputs.histories.importer._UNIT_FILES", 10)
    many(tree)
    config = ImportConfig(workers=2, worker_threshold_bytes=0)
    recipe = lambda: making.make_pipeline()  # noqa: E731 - a function that cannot be pickled
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(recipe)
    importer = Importer(
        tree.store,  # type: ignore[arg-type]
        recipe,
        config,
        FakeClock(),
        name_file=NAMES.file,
        places=(Place(BY_ID["claude_code"], tree.root),),
    )
    assert importer.run().new == len(tree.store.events) > 1000


# --- privacy and memory ---


def test_only_pseudonyms_and_counts_cross_the_wall(tree: Tree) -> None:
    mark = "CANARY7f3a"
    lines = [
        prompt(1, f"{mark} please", cwd=f"/home/{mark}/p", sessionId=mark),
        response(2, blocks=[tool_use(2, command=f"cd /{mark} && git commit -m {mark}")], gitBranch=mark, slug=mark),
        tool_result(2, told={"stdout": mark}),
        response(3, message={"model": f"sk-{mark} not a model"}, requestId=f"{mark} not an id"),
        f'{{"type":"{mark}"}}'.encode(),
        f"{mark} damage".encode(),
    ]
    tree.put(f"{mark}.jsonl", joined(*lines))
    report = tree.run()
    assert totals(tree.store.events)["requests"] == 2
    assert mark not in repr([report.as_dict(), tree.store.batches, tree.store.events, tree.store.states])


def test_fifty_megabyte_lines_fit_in_two_hundred(tmp_path: Path) -> None:
    """Peak memory of a process that reads several of them, as prompts, as tool results, and one that is too long."""
    program = textwrap.dedent(
        """
        import json, resource, sys
        from pathlib import Path
        from tests.unit.transcripts.making import *
        folder = Path(sys.argv[1]) / FOLDER
        folder.mkdir(parents=True)
        with (folder / "s.jsonl").open("wb") as file:
            big = b"naive \\xe2\\x86\\x92 \\xf0\\x9f\\x8e\\x89 " * (50 * 1024 * 1024 // 17)
            def put(record, mark):
                before, after = record.split(mark)
                file.write(before); file.write(big); file.write(after); file.write(b"\\n")
            put(prompt(1, "MARK"), b"MARK")
            put(response(2, blocks=[{"type": "text", "text": "MARK"}, tool_use(2, command="ls")]), b"MARK")
            put(tool_result(2, told={"stdout": "MARK"}), b"MARK")
            file.write(b'{"type":"user","x":"'); file.write(big); file.write(big); file.write(b'"}\\n')
            file.write(response(3) + b"\\n")
            put(response(4, effort=5), b"answer")
            file.write(big)
        del big
        import os
        print(os.path.getsize(folder / "s.jsonl"), file=sys.stderr)
        """
    )
    make = [sys.executable, "-c", program, str(tmp_path)]
    subprocess.run(make, check=True, cwd=Path(__file__).parents[3], stderr=subprocess.DEVNULL)
    reader = textwrap.dedent(
        """
        import json, resource, sys
        from pathlib import Path
        from tests.unit.transcripts.making import *
        store = ListStore()
        report = make_importer(store, Path(sys.argv[1])).run()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        status = Path("/proc/self/status")
        if status.exists():  # where the figure above begins with that of the process that started this one
            peak = int(status.read_text().partition("VmHWM:")[2].split()[0]) // 1024
        print(json.dumps([peak, dict(totals(store.events)), report.quarantined, report.torn]))
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", reader, str(tmp_path)],
        check=True,
        cwd=Path(__file__).parents[3],
        capture_output=True,
    )
    import json

    peak, counts, quarantined, torn = json.loads(done.stdout)
    assert (counts["requests"], counts["prompts"], counts["tool_calls"]) == (3, 1, 1)
    assert (quarantined, torn) == ({"too_large": 1}, 1)
    assert peak <= 200, f"{peak} MiB"
