"""0 on success, 2 on a mistake in the call, 1 on failure; messages on standard error, answers on standard output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tachograph.cli import main


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["report", "--nonsense"],
        ["serve", "--port", "70000"],
        ["serve", "--port", "x"],
        ["report", "--range", "nonsense"],
        ["report", "--by", "nonsense"],
        ["report", "--since", "nonsense"],
        ["query"],
        ["query", "select 1", "--metrics", "requests"],
        ["query", "delete from events"],
        ["query", "--metrics", "nonsense"],
        ["serve", "--store", "postgres://x"],
        ["config", "nonsense"],
    ],
)
def test_a_mistake_in_the_call_is_two(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path), *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.strip()
    assert "Traceback" not in said.err


@pytest.mark.parametrize("text", ["[server]\nport = 'x'\n", "[server]\nnonsense = 1\n", "[nonsense]\n", "not toml"])
def test_a_wrong_setting_is_two_and_named(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tachograph.toml").write_text(text)
    assert main(["--home", str(tmp_path), "config", "show"]) == 2
    said = capsys.readouterr().err
    assert any(word in said for word in ("server.port", "nonsense", "tachograph.toml"))


def test_help_and_version_are_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert main(["--help"]) == 0
    assert main(["report", "--help"]) == 0
    assert "tachograph" in capsys.readouterr().out


@pytest.mark.parametrize("place", ["before", "after"])
def test_home_and_json_may_stand_before_or_after_the_command(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shared = ["--home", str(tmp_path), "--json"]
    assert main([*shared, "report"] if place == "before" else ["report", *shared]) == 0
    assert json.loads(capsys.readouterr().out)["totals"]["requests"] == 0


def test_an_import_of_what_is_not_there_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path), "import", str(tmp_path / "nothing"), "--agent", "nobody"]) == 1
    assert "claude_code" in capsys.readouterr().err
