"""The status line beside a real server: today's figures go out to it, limits come in from it, and leave when they must."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.flows.harness import Running, command, otlp_logs, serve, wait_until

SESSION = "11111111-2222-4333-8444-555555555555"
OTHER = "22222222-2222-4333-8444-555555555555"


def status_line(home: Path, *arguments: str, environ: dict[str, str] | None = None, **payload: Any) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tachograph", "--home", str(home), "statusline", *arguments],
        input=json.dumps(payload).encode(),
        capture_output=True,
        timeout=60,
        env={**os.environ, "NO_COLOR": "1", **(environ or {})},
        check=True,
    )
    assert done.stderr == b""
    return done.stdout.decode().rstrip("\n")


def limits(used: float, *, hours: float = 2) -> dict[str, Any]:
    return {"five_hour": {"used_percentage": used, "resets_at": int(time.time() + hours * 3600)}}


def today(home: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        told: dict[str, Any] = json.loads((home / "today.json").read_bytes())
        return told
    return {}


def wait_for_cost(running: Running, microusd: int) -> None:
    wait_until(lambda: today(running.home).get("day_microusd") == microusd, "the figures of today are written")


def kept(home: Path) -> list[list[Any]]:
    told = json.loads(
        command(
            "--json", "query", "select limit_window, round(used_ratio, 3) from limits order by occurred_at", home=home
        ).stdout
    )
    rows: list[list[Any]] = told["rows"]
    return rows


def test_today_is_what_the_ledger_says_and_what_it_cannot_know_yet(tmp_path: Path) -> None:
    with serve(tmp_path) as running:
        running.post_otlp("logs", otlp_logs(["req_1", "req_2"], session=SESSION))
        running.wait_drained()
        cost = running.totals()["cost_microusd"]
        assert cost > 0
        wait_for_cost(running, cost)
        told = today(tmp_path)
        assert list(told["sessions"].values()) == [[cost, cost]]
        assert (tmp_path / "today.json").stat().st_mode & 0o777 == 0o600
        assert SESSION not in (tmp_path / "today.json").read_text()

        told = json.loads(status_line(tmp_path, "--json", session_id=SESSION, cost={"total_cost_usd": cost / 1e6}))
        assert told["today"] == {"cost_usd": cost / 1e6, "at_least": False}
        ahead = {"total_cost_usd": cost / 1e6 + 0.25}
        told = json.loads(status_line(tmp_path, "--json", session_id=SESSION, cost=ahead))
        assert round(told["today"]["cost_usd"] - cost / 1e6, 6) == 0.25
        (tmp_path / "tachograph.toml").write_text("[budget]\nday_usd = 1\nmonth_usd = 50\n")
        line = status_line(tmp_path, session_id=SESSION, cost=ahead)
        assert line.startswith("$0.25 · today $0.25 (25% of $1.00) · month $0.25 (")
        environ = {"TACHOGRAPH_BUDGET__DAY_USD": "0.5"}
        assert "(50% of $0.50)" in status_line(tmp_path, session_id=SESSION, cost=ahead, environ=environ)
    assert today(tmp_path)["is_kept"] is False
    assert "today ≥$0.25" in status_line(tmp_path, session_id=SESSION, cost=ahead), "nobody keeps it up to date now"


def test_limits_come_into_reports_queries_and_exports_and_leave_with_an_erasure(tmp_path: Path) -> None:
    home, before_us = tmp_path / "home", time.time_ns() // 1000
    with serve(home) as running:
        status_line(home, session_id=SESSION, cost={"total_cost_usd": 0}, rate_limits=limits(83), version="2.1.328")
        wait_until(lambda: len(kept(home)) == 1, "the reading is in the store")
        status_line(home, session_id=OTHER, rate_limits=limits(41, hours=4))  # of another window
        wait_until(lambda: len(kept(home)) == 2, "the other reading too")
        assert not list((home / "statusline").glob("*.jsonl")), "what was read is deleted at once"
        assert kept(home) == [["five_hour", 0.83], ["five_hour", 0.41]]

        told = json.loads(command("report", "--json", home=home).stdout)["limits"]
        (entry,) = told
        assert (entry["limit"], entry["peak_ratio"], entry["readings"]) == ("five_hour", 0.83, 2)
        printed = " ".join(command("report", home=home).stdout.split())
        assert "plan: 5-hour window peaked at 83 % on " in printed
        shown = running.get("/api/v1/query?metrics=limit_used_ratio&by=limit&range=all")["rows"]
        assert shown == [["five_hour", 0.83]], "what the page draws"
        asked = ("--metrics", "limit_used_ratio", "--by", "limit,day", "--json")
        assert json.loads(command("query", *asked, home=home).stdout)["rows"][0][2] == 0.83
        answer = json.loads(command("report", "--json", "--until", "2001-01-01", home=home).stdout)
        assert answer["limits"] == []
        assert answer["totals"]["sessions"] == 0, "a redraw is no session"
        assert json.loads(command("report", "--json", home=home).stdout)["totals"]["sessions"] == 0

        out = tmp_path / "export"
        command("privacy", "export", "--session", SESSION, "--to", str(out), home=home)
        exported = " ".join(p.read_text(errors="replace") for p in sorted(out.rglob("*")) if p.is_file())
        assert "limit_used_ratio" in exported
        command("privacy", "erase", "--session", SESSION, "--yes", home=home)
        assert kept(home) == [["five_hour", 0.41]]
        assert not (home / "statusline" / "seen.json").exists()
    line = {"v": 1, "at_us": before_us, "session": SESSION, "version": None, "limits": [["five_hour", 0.9, None]]}
    (home / "statusline" / "observed.jsonl").write_text(json.dumps(line) + "\n")
    assert SESSION in (home / "statusline" / "observed.jsonl").read_text()
    assert kept(home) == [["five_hour", 0.41]], "what was erased does not come back"
    assert not (home / "statusline" / "observed.jsonl").exists(), "without a server a command reads it"


def test_a_report_without_readings_does_not_mention_a_plan(tmp_path: Path) -> None:
    assert "plan" not in command("report", home=tmp_path).stdout
    assert json.loads(command("report", "--json", home=tmp_path).stdout)["limits"] == []


def test_bad_lines_are_counted_and_lose_nothing_else(tmp_path: Path) -> None:
    command("report", home=tmp_path)
    status_line(tmp_path, session_id=SESSION, rate_limits=limits(10))
    observed = tmp_path / "statusline" / "observed.jsonl"
    good = observed.read_bytes()
    observed.write_bytes(
        b'no json\n{"v":1,"lost":3}\n[]\n' + good + b'{"at_us":5,"limits":[["a"]]}\n{"at_us":"x"}\n\n{"tor'
    )
    assert kept(tmp_path) == [["five_hour", 0.1]]
    assert not observed.exists()
    sql = "select reason, quantity from drops where name = 'status_line' order by reason"
    told = json.loads(command("--json", "query", sql, home=tmp_path).stdout)
    assert told["rows"] == [["bad_line", 4], ["bad_time", 1], ["too_large", 3]]


def test_reading_the_same_lines_again_changes_nothing(tmp_path: Path) -> None:
    command("report", home=tmp_path)
    status_line(tmp_path, session_id=SESSION, rate_limits=limits(10))
    folder = tmp_path / "statusline"
    shutil.copy(folder / "observed.jsonl", folder / "copy")
    assert len(kept(tmp_path)) == 1
    shutil.copy(folder / "copy", folder / "taken.jsonl")  # as after a crash between writing and deleting
    assert len(kept(tmp_path)) == 1
    assert not (folder / "taken.jsonl").exists()


def test_an_erasure_waits_for_a_status_line_that_is_writing(tmp_path: Path) -> None:
    import fcntl
    import threading

    command("report", home=tmp_path)
    status_line(tmp_path, session_id=SESSION, rate_limits=limits(10))
    with (tmp_path / "statusline" / "lock").open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        threading.Timer(3.0, fcntl.flock, [lock, fcntl.LOCK_UN]).start()
        command("privacy", "erase", "--session", SESSION, "--yes", home=tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.name for path in files if SESSION.encode() in path.read_bytes()] == []
    assert kept(tmp_path) == []
