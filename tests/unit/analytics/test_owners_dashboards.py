"""The owner's own dashboards: taken up as they change, bounded, and never in the way of one another."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from tachograph.analytics.panels import OwnersDashboards, OwnersFolder, owners
from tachograph.analytics.panels.owners import MOST_BYTES, MOST_FILES
from tachograph.server.questions import QUESTIONS

GOOD = 'title = "Mine"\n[[panels]]\ntitle = "Cost"\nchart = "stat"\nmetrics = ["cost_usd"]\n'
BAD_PANEL = '[[panels]]\ntitle = "Weather"\nchart = "stat"\nmetrics = ["rain_mm"]\n'
GOLDEN = Path(__file__).parents[2] / "golden" / "dashboards" / "sdk_metrics.json"


@pytest.fixture
def folder(tmp_path: Path) -> OwnersFolder:
    return OwnersFolder(tmp_path, QUESTIONS)


def write(tmp_path: Path, **files: str) -> None:
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text, "utf-8")


def names(found: OwnersDashboards) -> list[str]:
    return [dashboard.name for dashboard in found.dashboards]


def test_files_become_tabs_with_addresses_of_their_own(tmp_path, folder):
    write(tmp_path, costs=GOOD, second=GOOD.replace("Mine", "Two").replace("\n[[", "\norder = 5\n[[", 1))
    shutil.copy(GOLDEN, tmp_path / "dashboard.json")
    (tmp_path / "README.md").write_text("no dashboard", "utf-8")
    (tmp_path / ".costs.toml").write_text("what an editor leaves", "utf-8")
    found = folder()
    assert names(found) == ["own-costs", "own-dashboard", "own-second"]
    assert [dashboard.file for dashboard in found.dashboards] == ["costs.toml", "dashboard.json", "second.toml"]
    assert [dashboard.order for dashboard in found.dashboards] == [100, 100, 5]
    assert found.problems == ()


def test_a_folder_that_is_not_there_is_no_problem(tmp_path):
    assert OwnersFolder(tmp_path / "none", QUESTIONS)() == OwnersDashboards()


def test_a_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "dashboards").write_text("", "utf-8")
    (problem,) = OwnersFolder(tmp_path / "dashboards", QUESTIONS)().problems
    assert (problem.file, problem.panel) == ("dashboards", "")
    assert str(tmp_path) not in problem.what, "where a home lies is nobody's business"


def test_changes_are_taken_up_and_nothing_is_read_twice(tmp_path, folder):
    write(tmp_path, one=GOOD)
    first = folder()
    assert folder() is first, "nothing changed"
    assert folder.files_read == 1
    write(tmp_path, one=GOOD.replace("Mine", "Changed"))
    assert [dashboard.title for dashboard in folder().dashboards] == ["Changed"]
    write(tmp_path, two=GOOD)
    assert names(folder()) == ["own-one", "own-two"]
    assert folder.files_read == 3, "the one that is as it was is not read again"
    (tmp_path / "one.toml").unlink()
    assert names(folder()) == ["own-two"]
    read = folder.files_read
    folder()
    assert folder.files_read == read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "cannot be read"),
        ("\x00", "cannot be read"),
        ("a = " + "[" * 5000, "cannot be read"),
        ("a = " + "9" * 5000, "cannot be read"),
        ('colour = "red"\n' + GOOD, "'colour'"),
        (GOOD.replace('"Mine"', '"  "'), "needs a title"),
        (GOOD.replace('"Mine"', f'"{"x" * 201}"'), "needs a title"),
        (GOOD.replace('"Mine"', '"M"\norder = true'), "order is a whole number"),
        ('title = "T"\n', "has no panels"),
        ('title = "T"\n' + BAD_PANEL.replace("rain_mm", "cost_usd") * 61, "has 61 panels"),
    ],
)  # fmt: skip
def test_a_broken_file_is_told_and_the_others_stay(tmp_path, folder, text, said):
    write(tmp_path, good=GOOD, broken=text)
    found = folder()
    assert names(found) == ["own-good"]
    (problem,) = found.problems
    assert (problem.file, problem.panel) == ("broken.toml", "")
    assert said in problem.what
    assert problem.hint


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b'{"dashboard": 3}', b'"\\ud800"', b"9" * 9999]
)
def test_broken_json_is_told_too(tmp_path, folder, data):
    (tmp_path / "broken.json").write_bytes(data)
    write(tmp_path, good=GOOD)
    found = folder()
    assert names(found) == ["own-good"]
    (problem,) = found.problems
    assert problem.file == "broken.json"
    assert problem.hint


def test_one_bad_panel_is_left_out_with_its_reason(tmp_path, folder):
    write(tmp_path, mine=GOOD + BAD_PANEL + BAD_PANEL.replace("rain_mm", "sessions"))
    found = folder()
    ((dashboard,), (problem,)) = found.dashboards, found.problems
    assert [panel.title for panel in dashboard.panels] == ["Cost", "Weather"]
    assert (problem.file, problem.panel) == ("mine.toml", "Weather")
    assert "'rain_mm'" in problem.what


def test_a_tab_without_a_good_panel_is_not_shown(tmp_path, folder):
    write(tmp_path, mine='title = "Mine"\n' + BAD_PANEL)
    found = folder()
    assert found.dashboards == ()
    assert len(found.problems) == 1


def test_two_panels_of_one_title_cannot_be_told_apart(tmp_path, folder):
    write(tmp_path, mine=GOOD + GOOD.partition("\n")[2])
    found = folder()
    assert [len(dashboard.panels) for dashboard in found.dashboards] == [1]
    assert "title of another panel" in found.problems[0].what


def test_sizes_are_bounded(tmp_path, folder):
    write(tmp_path, large=GOOD + "#" * (MOST_BYTES - len(GOOD)), larger=GOOD + "#" * (MOST_BYTES + 1 - len(GOOD)))
    found = folder()
    assert names(found) == ["own-large"]
    assert "256 KiB" in found.problems[0].what
    write(tmp_path, **{f"a{number:02}": GOOD for number in range(MOST_FILES + 2)})
    found = folder()
    assert len(found.dashboards) == MOST_FILES
    (problem,) = found.problems
    assert (problem.file, problem.what) == ("a50.toml", "is left out, with 3 others: there are more than 50 files")


def test_names_in_addresses_are_safe_and_of_one_file_each(tmp_path, folder):
    for name in ("A b.toml", "a-b.toml", "%2Fx?.toml", "Отчёт.toml", "x" * 99 + ".toml"):
        (tmp_path / name).write_text(GOOD, "utf-8")
    found = folder()
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for name in names(found))
    assert len(set(names(found))) == len(found.dashboards) == 4
    assert all(name.startswith("own-") and len(name) <= 64 for name in names(found))
    (problem,) = found.problems
    assert (problem.file, problem.hint) == ("a-b.toml", "rename one of them")


def test_hostile_texts_stay_texts(tmp_path, folder):
    markup = "<img src=x onerror=alert(1)>"
    write(tmp_path, mine=GOOD.replace("Mine", markup))
    (tmp_path / f"{markup}.toml").write_text("[", "utf-8")
    found = folder()
    assert found.dashboards[0].title == markup
    assert found.problems[0].file == f"{markup}.toml"


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no UTF-8 can be had on Linux only")
def test_names_that_are_no_text_can_be_told(tmp_path, folder):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n.toml")).write_text(GOOD, "utf-8")
    told = [dashboard.as_json() for dashboard in folder().dashboards]
    assert json.dumps(told, ensure_ascii=False).encode()
    assert "\n" not in told[0]["file"]


def test_half_signs_that_no_answer_can_hold_are_refused(tmp_path, folder):
    said = {"dashboard": {"title": "T", "panels": [{"title": "P \ud800", "type": "stat", "metric": "cost_usd"}]}}
    (tmp_path / "a.json").write_text(json.dumps(said), "utf-8")
    said["dashboard"]["title"] = "\udc00"
    (tmp_path / "b.json").write_text(json.dumps(said), "utf-8")
    found = folder()
    assert found.dashboards == ()
    assert [problem.file for problem in found.problems] == ["a.json", "b.json"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have no names there")
@pytest.mark.timeout(10)
def test_what_is_no_file_keeps_nobody_waiting(tmp_path, folder):
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "gone.toml").symlink_to(tmp_path / "nothing")
    write(tmp_path, good=GOOD)
    found = folder()
    assert names(found) == ["own-good"]
    assert [(problem.file, problem.what) for problem in found.problems] == [
        ("folder.toml", "is no file"),
        ("gone.toml", "cannot be read: No such file or directory"),
        ("pipe.toml", "is no file"),
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="only there a process sees what it has open")
def test_nothing_stays_open(tmp_path, folder):
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "gone.toml").symlink_to(tmp_path / "nothing")  # so that all is read again each time
    write(tmp_path, good=GOOD)
    folder()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        folder()
    assert len(os.listdir("/proc/self/fd")) <= before + 5, "others of this process may open something meanwhile"


def test_a_file_that_may_be_read_later_is_taken_up_then(tmp_path, folder, monkeypatch):
    write(tmp_path, mine=GOOD)
    with monkeypatch.context() as closed:
        closed.setattr(owners, "_bytes_of", lambda _: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
        (problem,) = folder().problems
    assert problem.what == "cannot be read: Permission denied"
    assert names(folder()) == ["own-mine"], "its rights are no part of what shows that a file changed"


def test_files_of_other_systems_are_read(tmp_path, folder):
    (tmp_path / "mine.TOML").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert names(folder()) == ["own-mine"]
