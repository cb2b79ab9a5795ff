"""Notes of the owner: private, whole, in order; and which sessions their names mean."""

from __future__ import annotations

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from tachograph.analytics.eval.notebook import Baseline, Change, Notebook, fingerprint, valid_name
from tachograph.analytics.eval.sides import find_sides
from tachograph_sdk.errors import BadWindow, ConfigError

NOW = datetime.fromisoformat("2026-11-20")


def change(name: str, day: str) -> Change:
    return Change(name=name, at=f"{day}T00:00:00Z", kind="other")


def baseline(name: str, since: str | None, until: str | None, **filters: list[str | None]) -> Baseline:
    def moment(day: str | None) -> str | None:
        return None if day is None else f"{day}T00:00:00Z"

    return Baseline(
        name=name, since=moment(since), until=moment(until), filters=filters, made_at="2026-11-01T00:00:00Z"
    )


def book(*notes: Baseline | Change) -> Notebook:
    made = Notebook()
    for note in notes:
        (made.baselines if isinstance(note, Baseline) else made.changes)[note.name] = note  # type: ignore[assignment]
    return made


def days(side) -> tuple[str, str]:
    return str(side.window.start)[:10], str(side.window.end)[:10]


def test_what_is_noted_is_read_back(tmp_path):
    path = tmp_path / "evals.json"
    first = baseline("october", "2026-10-01", None, model=["m", None])
    second = Change(name="cut", at="2026-11-01T00:00:00Z", kind="claude-md", note="half — gone", file_sha256="ab")
    Notebook.add(path, first)
    Notebook.add(path, second)
    told = Notebook.read(path)
    assert (told.baselines["october"], told.changes["cut"]) == (first, second)
    assert Notebook.remove(path, "october") == "baseline"
    assert list(Notebook.read(path).baselines) == []
    with pytest.raises(ConfigError) as error:
        Notebook.remove(path, "october")
    assert "cut" in error.value.hint


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_only_the_owner_can_read_it(tmp_path):
    Notebook.add(tmp_path / "evals.json", change("cut", "2026-11-01"))
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_a_name_is_of_one_note(tmp_path):
    path = tmp_path / "evals.json"
    Notebook.add(path, change("cut", "2026-11-01"))
    for other in (change("cut", "2026-11-02"), baseline("cut", None, "2026-11-02")):
        with pytest.raises(ConfigError, match="there is a change 'cut' already"):
            Notebook.add(path, other)
    Notebook.add(path, change("cut", "2026-11-02"), replace=True)
    assert Notebook.read(path).changes["cut"].at.startswith("2026-11-02")
    with pytest.raises(ConfigError):
        Notebook.add(path, baseline("cut", None, "2026-11-02"), replace=True)


def test_many_at_once_lose_nothing(tmp_path):
    path = tmp_path / "evals.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: Notebook.add(path, change(f"c{n}", "2026-11-01")), range(40)))
    assert len(Notebook.read(path).changes) == 40


@pytest.mark.parametrize("text", ["{", "[]", '{"baselines": [1], "changes": []}', '{"baselines": []}', "\xff"])
def test_a_damaged_file_is_said_and_left(tmp_path, text):
    path = tmp_path / "evals.json"
    path.write_text(text, "latin-1")
    with pytest.raises(ConfigError, match="cannot be read") as error:
        Notebook.add(path, change("cut", "2026-11-01"))
    assert "evals.json" in error.value.message
    assert path.read_text("latin-1") == text


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": "yesterday"}, {"at": 5}, {"at": "2026-11-05T09:00:00"}, {"kind": 1}, {"note": None},
        {"name": "a b"}, {"name": "\u001b[31m"},
    ],
)  # fmt: skip
def test_a_note_that_nobody_could_have_made_is_said(tmp_path, wrong):
    path = tmp_path / "evals.json"
    Notebook.add(path, change("cut", "2026-11-01"))
    told = json.loads(path.read_bytes())
    told["changes"][0] |= wrong
    path.write_text(json.dumps(told))
    with pytest.raises(ConfigError, match="cannot be read"):
        Notebook.read(path)


def test_a_folder_in_the_place_of_the_file_is_said(tmp_path):
    (tmp_path / "evals.json").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        Notebook.read(tmp_path / "evals.json")


@pytest.mark.parametrize("name", ["", "a b", "../x", "-x", "x" * 65, "ä", "a/b", "a\n"])
def test_names_that_are_none(name):
    with pytest.raises(ConfigError):
        valid_name(name)


def test_names_that_are_some():
    assert [valid_name(name) for name in ("a", "A-1_b.c", "x" * 64)] == ["a", "A-1_b.c", "x" * 64]


def test_a_file_is_noted_by_its_hash_only(tmp_path):
    path = tmp_path / "CLAUDE.md"
    path.write_text("abc", "utf-8")
    assert fingerprint(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    for wrong in (tmp_path / "none", tmp_path):
        with pytest.raises(ConfigError):
            fingerprint(wrong)


def test_a_change_divides_time():
    sides = find_sides(book(change("cut", "2026-11-10")), ["cut"], now=NOW)
    assert (days(sides.before), days(sides.after)) == (("2026-10-11", "2026-11-10"), ("2026-11-10", "2026-11-20"))
    assert sides.change is not None
    assert sides.others == ()


def test_without_a_name_it_is_the_latest_change_and_the_only_baseline():
    notes = book(
        change("b", "2026-11-10"), change("a", "2026-11-05"), baseline("oct", "2026-10-01", "2026-11-01", model=["m"])
    )
    sides = find_sides(notes, [], now=NOW)
    assert sides.change is not None
    assert sides.change.name == "b"
    assert days(sides.before) == ("2026-10-01", "2026-11-01")
    assert sides.after.filters == {"model": ["m"]}


def test_a_baseline_ends_at_the_change():
    notes = book(change("cut", "2026-11-10"), baseline("long", "2026-10-01", "2026-11-20"))
    assert days(find_sides(notes, ["long", "cut"], now=NOW).before) == ("2026-10-01", "2026-11-10")


def test_a_baseline_alone_is_held_against_what_came_after():
    sides = find_sides(book(baseline("oct", "2026-10-01", "2026-11-01")), ["oct"], now=NOW)
    assert days(sides.after) == ("2026-11-01", "2026-11-20")


def test_two_baselines_are_held_against_each_other():
    notes = book(baseline("a", "2026-10-01", "2026-11-01", model=["x"]), baseline("b", "2026-10-01", None, model=["y"]))
    sides = find_sides(notes, ["a", "b"], now=NOW)
    assert (days(sides.before), days(sides.after)) == (("2026-10-01", "2026-11-01"), ("2026-10-01", "2026-11-20"))
    assert (sides.before.filters, sides.after.filters) == ({"model": ["x"]}, {"model": ["y"]})


def test_a_filter_does_not_take_the_place_of_a_baselines_own():
    notes = book(baseline("a", "2026-10-01", "2026-11-01", model=["x"]), baseline("b", "2026-10-01", None, model=["y"]))
    with pytest.raises(ConfigError, match="has a filter by model already"):
        find_sides(notes, ["a", "b"], now=NOW, filters={"model": ["z"]})
    assert find_sides(notes, ["a", "b"], now=NOW, filters={"user": ["u"]}).before.filters == {
        "model": ["x"],
        "user": ["u"],
    }


def test_a_change_still_to_come_is_not_the_latest():
    notes = book(change("cut", "2026-11-10"), change("later", "2026-12-24"))
    made = find_sides(notes, [], now=NOW)
    assert made.change is not None
    assert made.change.name == "cut"


def test_only_the_second_group_goes_on_unless_two_baselines_are_compared():
    notes = book(
        change("cut", "2026-11-10"), baseline("a", "2026-10-01", "2026-11-01"), baseline("b", "2026-10-01", None)
    )
    assert [find_sides(notes, names, now=NOW).goes_on for names in (["cut"], ["a"], ["a", "cut"], ["a", "b"])] == [
        True, True, True, False,
    ]  # fmt: skip


def test_other_changes_within_are_told():
    notes = book(change("cut", "2026-11-10"), change("model", "2026-11-15"), change("old", "2026-01-01"))
    assert [other.name for other in find_sides(notes, ["cut"], now=NOW).others] == ["model"]
    narrowed = find_sides(notes, ["cut"], now=NOW, until=datetime.fromisoformat("2026-11-14"))
    assert narrowed.others == ()
    assert days(narrowed.after) == ("2026-11-10", "2026-11-14")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["nothing"], "there is no baseline or change 'nothing'"),
        (["cut", "later"], "two changes"),
        (["later"], "still to come"),
        (["open"], "has no end"),
    ],
)
def test_names_that_do_not_make_two_groups(names, said):
    notes = book(
        change("cut", "2026-11-10"),
        change("later", "2026-12-24"),
        baseline("open", "2026-11-01", None),
        baseline("x", None, None),
    )
    with pytest.raises(ConfigError, match=said):
        find_sides(notes, names, now=NOW)


def test_nothing_noted_and_nothing_left():
    with pytest.raises(ConfigError, match="no change is noted yet"):
        find_sides(book(), [], now=NOW)
    with pytest.raises(BadWindow):
        find_sides(book(change("cut", "2026-11-10")), ["cut"], now=NOW, since=datetime.fromisoformat("2026-11-15"))
