"""Rows for people can be read at any width: no column of single letters, nothing cut off, nothing that moves a cursor."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest

from tachograph.cli import main
from tachograph.cli.table import print_table
from tachograph.cli.terminal import make_console
from tachograph.home import Home
from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event

LONG = "claude-opus-5-5-20261101-with-a-name-that-does-not-end"


def printed(columns: list[str], rows: list[list[Any]], width: int | None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """On a terminal of this width, or, without one, into a pipe."""
    out = io.StringIO()

    def console() -> Any:
        made = make_console(out, width=width)
        if width is not None:
            made._force_terminal = True
            made.no_color = True
        return made

    monkeypatch.setattr("tachograph.cli.terminal.make_console", console)
    print_table(columns, rows)
    return [line.rstrip() for line in out.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()]


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("metrics", [1, 4, 12])
def test_no_column_of_single_letters_and_nothing_is_cut_off(
    width: int, metrics: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["session", "model", *(f"context_before_compaction_p50_tokens_{i}" for i in range(metrics))]
    row = ["s_0123456789abcdef", LONG, *(1_234_567 + i for i in range(metrics))]
    lines = printed(names, [row, row], width, monkeypatch)
    text = "".join("".join(lines).split())
    for i in range(metrics):
        assert any(str(1_234_567 + i) in line for line in lines), "a number is never broken"
    assert all(len(line) <= max(width, len(LONG) + len(names[-1]) + 2) for line in lines)
    assert "s_0123456789abcdef" in text or metrics < 12
    starts = [line for line in lines if line.strip() and len(line.strip()) == 1]
    assert not starts, "a line of one letter"


def test_what_is_piped_has_a_line_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[LONG * 3, f"v{i}", 12345.678] for i in range(5)]
    lines = printed(["model", "agent_version", "cost_usd"], rows, None, monkeypatch)
    assert len([line for line in lines if LONG * 3 in line and "12345.678" in line]) == 5


@pytest.mark.parametrize("width", [80, None])
def test_names_of_columns_are_whole_where_there_is_room(width: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["cost_usd", "productivity_score", "cost_per_commit_usd"]
    assert any(line.split() == names for line in printed(names, [[1.5, 7.2, None]], width, monkeypatch))
    many = [f"context_before_compaction_p50_tokens_{i}" for i in range(5)]
    assert not any(many[0] in line for line in printed(many, [[1] * 5], 120, monkeypatch))


def test_what_is_stored_moves_no_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(["model"], [["\x1b]0;owned\x07\x1b[2J[red]x[/red]"]], 80, monkeypatch)
    assert "\x1b" not in "".join(lines)
    assert "\x07" not in "".join(lines)
    assert "[red]x[/red]" in "".join(lines)


@pytest.fixture
def filled(tmp_path: Any) -> str:
    home = Home(tmp_path)
    home.create()
    store = DuckDBStore(home.store)
    day = 86_400_000_000
    events = [
        make_event(
            key=str(n), request_id=f"r{n}", at_us=(20_000 + n * 2) * day, model=f"m{n}", cost_nanousd=n * 10**9,
            cost_basis="reported",
        )
        for n in range(1, 5)
    ]  # fmt: skip
    store.write(Batch(events=events))
    store.settle()
    store.close()
    return str(tmp_path)


def asked(home: str, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main(["--home", home, "query", "--tz", "UTC", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_command_has_what_the_api_has(filled: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = asked(filled, capsys, "--metrics", "requests,cost_usd", "--by", "model", "--order=-cost_usd", "--limit", "2")
    assert (told["rows"], told["total_rows"], told["next_offset"]) == ([["m4", 1, 4.0], ["m3", 1, 3.0]], 4, 2)
    told = asked(filled, capsys, "--metrics", "requests", "--by", "model", "--limit", "2", "--offset", "3")
    assert told["rows"] == [["m4", 1]]
    window = ("--since", "2024-10-10", "--until", "2024-10-14")
    told = asked(filled, capsys, "--metrics", "requests", "--grain", "day", *window, "--compare", "previous")
    assert told["rows"] == [[f"2024-10-{day:02}", count] for day, count in ((10, 1), (11, 0), (12, 1), (13, 0))]
    assert told["previous"]["rows"] == [[1], [0], [1], [0]]
    assert (
        main(["--home", filled, "query", "--metrics", "cache_hit_ratio,requests", "--range", "1h", "--limit", "1"]) == 0
    )
    shown = capsys.readouterr()
    assert "cache_hit_ratio is empty" in shown.err


@pytest.mark.parametrize(
    "words",
    [
        ("--metrics", "requests", "--grain", "minute"),
        ("--metrics", "requests", "--limit", "many"),
        ("--metrics", "requests", "--order", "cost_usd"),
        ("--metrics", "requests", "--compare", "last"),
        ("select 1", "--limit", "1"),
    ],
)
def test_a_mistake_in_the_call_exits_2(filled: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", filled, "query", *words]) == 2
    assert capsys.readouterr().err
    assert sys.stdout is not None
