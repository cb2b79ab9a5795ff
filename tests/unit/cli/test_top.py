"""`tachograph top`: frames that fit, and figures that are never cut."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tachograph.cli import main
from tachograph.cli.top_frame import draw_frame


def session(number: int, **given: Any) -> dict[str, Any]:
    return {
        "session": f"s_{number:016x}",
        "agent": "claude_code",
        "user": None,
        "project": "p_00000000000000aa",
        "model": "claude-sonnet-4-5-20250929",
        "state": "working" if number % 2 else "quiet",
        "started_at": "2026-11-20T16:00:00Z",
        "last_at": "2026-11-20T16:20:00Z",
        "running_seconds": 1_200,
        "quiet_seconds": 9,
        "prompts": 4,
        "requests": 14,
        "tokens": 123_456_789,
        "cost_microusd": 12_345_670_000,
        "unpriced_requests": 0,
        "tool_calls": 10,
        "tool_errors": 3,
        "api_errors": 1,
        "last_tool": "mcp__some_server__some_tool",
        "last_tool_failed": True,
    } | given


def told(sessions: int = 3, **given: Any) -> dict[str, Any]:
    return {
        "at": "2026-11-20T16:20:31Z",
        "window": {"since": None, "until": None, "tz": "America/Argentina/Buenos_Aires"},
        "demo": False,
        "sessions": [session(n) for n in range(sessions)],
        "today": {
            "since": "2026-11-20T00:00:00Z", "cost_microusd": 1_234_560_000, "unpriced_requests": 2, "sessions": 31,
            "prompts": 29, "requests": 12_345, "total_tokens": 15_746_308, "tool_calls": 182, "tool_errors": 5,
            "api_errors": 2, "lines_added": 1, "lines_removed": 1, "commits": 2,
        },
        "month": {"since": "2026-11-01T00:00:00Z", "cost_microusd": 35_357_931, "unpriced_requests": 0},
        "budget": {"day_microusd": 2_000_000_000, "month_microusd": 30_000_000},
        "minutes": {"requests": [n % 7 for n in range(60)], "errors": [int(n == 59) for n in range(60)]},
        "tools": [
            {"tool": name, "tool_calls": calls, "tool_errors": calls // 9, "tool_p50_ms": None}
            for name, calls in (("Bash", 73_000), ("Read", 59), ("mcp__a_server_with_a_long_name__tool", 2), (None, 1))
        ],
        "errors": [
            {"of": "request", "error_class": "overloaded", "count": 1234},
            {"of": "tool", "error_class": None, "count": 5},
        ],
    } | given  # fmt: skip


def frame(
    answer: Mapping[str, Any], width: int, height: int | None, *, plain: bool = False, note: str = "live"
) -> list[str]:
    out = io.StringIO()
    keys = "q or Ctrl-C ends it" if height else ""
    drawn = draw_frame(answer, width=width, height=height, plain=plain, note=note, keys=keys)
    Console(file=out, width=width).print(drawn)
    return [line.rstrip() for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("sessions", [0, 1, 3, 50])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 24), (100, 30), (120, 40), (200, 60), (80, 16)])
@pytest.mark.parametrize("demo", [False, True])
def test_a_frame_fits_its_terminal(width: int, height: int, sessions: int, demo: bool) -> None:
    lines = frame(told(sessions, demo=demo), width, height, note="no server runs: the store is read again and again")
    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    assert lines[-1] == "q or Ctrl-C ends it"


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_figures_are_whole_whatever_the_width(width: int) -> None:
    text = "\n".join(frame(told(), width, 40))
    for figure in ("$12,345.67", "123 M", "20 min", "$1,234.56", "12,345 requests", "73,000", "8,111", "1,234"):
        assert figure in text, figure
    assert "s_0000000" in text or width < 100


def test_one_is_one() -> None:
    today = told()["today"] | {"requests": 1, "tool_calls": 1, "tool_errors": 1, "api_errors": 0, "sessions": 1}
    text = "\n".join(frame(told(today=today), 120, 40))
    for figure in ("1 request ", "1 tool call ", "1 error ", "1 session"):
        assert f"  {figure}" in text, figure
    assert "1 sessions" not in text


def test_what_does_not_fit_is_counted() -> None:
    lines = frame(told(50), 80, 24)
    rows = sum("claude_code" in line for line in lines)
    assert rows >= 5
    assert f"and {50 - rows} more" in "\n".join(lines)


def test_budgets_say_their_share_also_beyond_all() -> None:
    text = "\n".join(frame(told(), 80, 24))
    assert "62% of $2,000.00" in text
    assert "118% of $30.00" in text
    without = frame(told(budget={"day_microusd": None, "month_microusd": None}), 80, 24)
    assert not any(line.startswith(("day", "month")) for line in without)


def test_a_cost_that_nobody_knows_is_no_cost_of_nothing() -> None:
    row = session(1, cost_microusd=0, unpriced_requests=14)
    text = "\n".join(frame(told(sessions=0) | {"sessions": [row]}, 120, 24))
    line = next(x for x in text.splitlines() if "claude_code" in x)
    assert "$0.00" not in line
    assert "–" in line
    assert "more without a price" in text


def test_a_plain_frame_has_ascii_signs_of_its_own() -> None:
    text = "\n".join(frame(told(), 80, 24, plain=True))
    assert not set(text) & set("▁▂▃▄▅▆▇█●○·")
    assert "@" in text


def test_a_stored_name_cannot_speak_to_the_terminal() -> None:
    rows = [session(1, project="\x1b]0;owned\x07", model="a\x1b[2Jb", last_tool="\x9b31m", session="s\n1")]
    tools = [{"tool": "\x1b[31mBash", "tool_calls": 1, "tool_errors": 0, "tool_p50_ms": None}]
    errors = [{"of": "tool", "error_class": "\x1b[5m", "count": 1}]
    text = "\n".join(frame(told() | {"sessions": rows, "tools": tools, "errors": errors}, 120, 30))
    assert not set(text) & {"\x1b", "\x07", "\x9b"}


def test_an_empty_home_has_a_frame_and_an_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path), "top", "--once", "--tz", "UTC"]) == 0
    printed = capsys.readouterr().out
    assert "No session had a record" in printed
    assert "\x1b" not in printed
    assert "no server runs: read from the store" in printed  # once: it is not read again
    assert "0 errors" in printed
    assert main(["--home", str(tmp_path), "top", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["sessions"] == []
    assert answer["today"]["cost_microusd"] == 0
    assert main(["--home", str(tmp_path), "top"]) == 0  # no terminal: one frame
    assert "No session had a record" in capsys.readouterr().out
    assert main(["--home", str(tmp_path), "top", "--interval", "0"]) == 2
