"""0 on success, 2 on a mistake in the call, 1 on failure; messages on standard error, answers on standard output."""

from __future__ import annotations

import json
import os
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
        ["query", "--metrics", "requests", "--where", "model"],
        ["query", "--metrics", "requests", "--where", "range=7d", "--where", "range=8d"],
        ["query", "--metrics", "requests", "--where", "nonsense=1"],
        ["serve", "--store", "postgres://x"],
        ["config", "nonsense"],
        ["import", "no-such-file"],
        ["import", "--agent", "nonsense"],
        ["privacy", "policy", "strict", "--of", "content"],
        ["privacy", "identity", "nonsense"],
        ["privacy", "consent", "grant"],
        ["privacy", "consent", "grant", "nonsense"],
        ["privacy", "consent", "--app", "../x"],
        ["privacy", "erase"],
        ["privacy", "erase", "--since", "2026-01-01", "--yes"],
        ["privacy", "erase", "--person", "jane@example.org"],
        ["privacy", "show", "--everything", "--person", "jane@example.org"],
        ["privacy", "object", "--purpose", "cost"],
        ["privacy", "rectify", "--list", "--undo", "x"],
        ["privacy", "export", "--everything", "--to", "no-such-folder/x.zip"],
        ["privacy", "receipts", "nonsense"],
        ["outbox", "approve"],
        ["outbox", "purge"],
        ["outbox", "purge", "--all", "--sink", "webhook"],
        ["outbox", "purge", "--sink", "nonsense"],
        ["outbox", "purge", "--purpose", "nonsense"],
        ["outbox", "preview", "nonsense"],
        ["outbox", "send"],
        ["scrub", "nonsense"],
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


def test_an_agent_that_nobody_reads_is_told_those_that_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--home", str(tmp_path), "import", "--agent", "nobody"]) == 2
    assert "claude_code" in capsys.readouterr().err


def test_a_home_that_cannot_be_one_is_two_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("a file")
    assert main(["--home", str(tmp_path / "taken"), "report"]) == 2
    said = capsys.readouterr().err
    assert "taken" in said
    assert "--home" in said


def test_what_is_named_and_cannot_be_read_is_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "opencode.db").write_bytes(b"SQLite format 3\x00" + bytes(range(256)) * 40)
    assert main(["--home", str(tmp_path / "home"), "import", str(tmp_path / "opencode.db")]) == 1
    said = capsys.readouterr()
    assert "opencode: 1 file, 0 records read" in said.out
    assert "damaged" in said.err


@pytest.mark.parametrize("sql", ["selec 1", "select nonsense from requests"])
def test_wrong_sql_is_told_where_tables_are(sql: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path), "query", sql]) == 2
    said = capsys.readouterr().err
    assert "show tables" in said
    assert "query sql" not in said
    assert main(["--home", str(tmp_path), "query", "show tables"]) == 0
    assert "requests" in capsys.readouterr().out


def test_small_amounts_have_no_exponent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path), "query", "select 0.000006::double as a, 3.2e-05::double as b"]) == 0
    assert "0.000006 " in (said := capsys.readouterr().out)
    assert "0.000032 " in said


def test_a_broken_store_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tachograph.duckdb").write_text("garbage")
    assert main(["--home", str(tmp_path), "report"]) == 1
    assert "move tachograph.duckdb" in capsys.readouterr().err


def test_a_price_file_that_is_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("garbage")
    assert main(["--home", str(tmp_path / "home"), "prices", "update", str(file)]) == 2
    said = capsys.readouterr().err
    assert "mine.toml: this is not TOML" in said
    assert "prices check" in said


def test_a_history_that_may_not_be_read_is_a_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    sessions = tmp_path / ".codex" / "sessions"
    sessions.mkdir(parents=True)
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != sessions and may(path, mode))
    assert main(["--home", str(tmp_path / "home"), "doctor"]) == 1
    assert "[problem] local history of codex: may not be read" in capsys.readouterr().out
