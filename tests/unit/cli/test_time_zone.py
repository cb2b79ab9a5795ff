"""Whose days are counted: the zone that is named, else this machine's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tachograph.cli import main
from tachograph.cli.report_print import print_report
from tachograph.config import machine_zone


def machine(root: Path, *, link: str | None = None, copy: bool = False, name: str | None = None) -> Path:
    """A file system with what says the zone."""
    (root / "etc").mkdir()
    if link is not None:
        (root / "etc/localtime").symlink_to(link)
    if copy:
        (root / "etc/localtime").write_bytes(b"TZif2")
    if name is not None:
        (root / "etc/timezone").write_text(name)
    return root


@pytest.mark.parametrize(
    ("variable", "zone"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"), (":Asia/Tokyo", "Asia/Tokyo"), ("/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
        ("", "UTC"), ("CET-1CEST,M3.5.0,M10.5.0/3", "UTC"), ("../../etc/passwd", "UTC"),
    ],
)  # fmt: skip
def test_tz_goes_first_and_is_obeyed_as_the_c_library_obeys_it(variable, zone, tmp_path):
    root = machine(tmp_path, link="/usr/share/zoneinfo/Europe/Berlin", name="Europe/Berlin\n")
    assert machine_zone(environ={"TZ": variable}, root=root) == (zone, "TZ")


@pytest.mark.parametrize(
    "target",
    [
        "/usr/share/zoneinfo/Europe/Berlin", "../usr/share/zoneinfo/Europe/Berlin", "/var/db/timezone/zoneinfo/Europe/Berlin",
        "/usr/share/zoneinfo.default/Europe/Berlin", "/usr/share/zoneinfo/posix/Europe/Berlin",
    ],
)  # fmt: skip
def test_the_link_says_the_zone_on_every_kind_of_system(target, tmp_path):
    root = machine(tmp_path, link=target, name="Asia/Tokyo")
    assert machine_zone(environ={}, root=root) == ("Europe/Berlin", "/etc/localtime")


def test_where_the_link_is_a_copy_the_name_beside_it_counts(tmp_path):
    assert machine_zone(environ={}, root=machine(tmp_path, copy=True, name="Asia/Tokyo\n")) == (
        "Asia/Tokyo",
        "/etc/timezone",
    )


@pytest.mark.parametrize("name", [None, "", "nonsense", "\0"])
def test_where_nothing_names_a_zone_it_is_utc_and_that_is_said(name, tmp_path):
    zone, origin = machine_zone(environ={}, root=machine(tmp_path, copy=True, name=name))
    assert zone == "UTC"
    assert origin.startswith("nothing")


@pytest.mark.parametrize("command", [["report"], ["query", "--metrics", "requests"]])
def test_a_bad_zone_is_a_mistake_in_the_call(command, tmp_path, capsys):
    assert main(["--home", str(tmp_path), *command, "--tz", "Mars/Olympus"]) == 2
    said = capsys.readouterr()
    assert "there is no time zone 'Mars/Olympus'" in said.err
    assert "Europe/Berlin" in said.err
    assert said.out == ""


def test_days_without_an_offset_are_the_zones_and_the_answer_says_which(tmp_path, capsys, monkeypatch):
    arguments = ["--home", str(tmp_path), "--json", "report", "--since", "2026-11-20", "--until", "2026-11-21T12:00Z"]
    assert main([*arguments, "--tz", "Asia/Kathmandu"]) == 0
    window = json.loads(capsys.readouterr().out)["window"]
    assert window == {
        "since": "2026-11-20T00:00:00+05:45",
        "until": "2026-11-21T17:45:00+05:45",
        "tz": "Asia/Kathmandu",
    }
    monkeypatch.setenv("TZ", "America/New_York")
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["window"]["since"] == "2026-11-20T00:00:00-05:00"


def test_the_report_prints_what_it_rests_on_and_marks_rows_that_were_not_all_seen(capsys):
    def row(day: str, share: float | None, unpriced: int) -> dict[str, object]:
        rests = {"share": share, "residual_share": None if share is None else 1 - share, "unpriced_requests": unpriced}
        figures = {"requests": 1, "input_tokens": 1, "output_tokens": 1, "cache_read_tokens": 0, "cost_microusd": 5}
        return {"day": day, **figures, "coverage": rests}

    totals = dict.fromkeys(
        ("cost_microusd", "sessions", "prompts", "requests", "input_tokens", "output_tokens", "cache_read_tokens",
         "cache_write_tokens", "tool_calls", "tool_errors", "lines_added", "lines_removed", "commits", "pull_requests"), 1,
    )  # fmt: skip
    summary = "coverage 99.2 %, residual 0.8 %, seen by transcript and OTel"
    answer = {
        "window": {"since": None, "until": None, "tz": "Europe/Berlin"},
        "totals": {**totals, "active_seconds": None, "coverage": {"summary": summary}},
        "by": {"day": [row("2026-11-18", 0.995, 0), row("2026-11-19", 0.5, 0), row("2026-11-20", 1.0, 3)]},
        "notes": [],
    }
    print_report(answer)
    said = capsys.readouterr().out
    assert summary in said
    assert "Europe/Berlin" in said
    lines = {line.split()[0]: line.rstrip() for line in said.splitlines() if "2026-11-" in line}
    assert lines["2026-11-18"].endswith("<$0.0001")
    assert lines["2026-11-19"].endswith("50.0 %")
    assert lines["2026-11-20"].endswith("3 unpriced")
