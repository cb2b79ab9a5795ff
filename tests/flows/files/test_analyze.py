"""From recorded sessions to the report and the merge of several people, by the commands that people call."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.captures import CAPTURES, expected, frames
from tests.flows.harness import command

CONSOLES = sorted((Path(__file__).parents[2] / "golden" / "console" / "claude_code").iterdir())
RECORDED = [path for path in CAPTURES if path.parent.name == "2.1.328"]


def parse(kit: Path, home: Path, logs: dict[str, bytes]) -> None:
    (kit / "logs").mkdir(parents=True, exist_ok=True)
    for name, content in logs.items():
        (kit / "logs" / f"{name}.log").write_bytes(content)
    command("files", "parse", "--dir", str(kit), home=home)


def analyze(kit: Path, home: Path, *options: str) -> dict[str, Any]:
    done = command("files", "analyze", "--dir", str(kit), "--json", "--tz", "UTC", *options, home=home)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def otlp_lines(capture: Path) -> bytes:
    """What was received, one request a line, as `files run` writes it."""
    return b"\n".join(json.dumps(json.loads(_plain(frame.body))).encode() for frame in frames(capture, "json")) + b"\n"


def _plain(body: bytes) -> bytes:
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


@pytest.mark.parametrize("version", CONSOLES, ids=lambda path: path.name)
def test_console_dumps_add_up_to_what_was_printed(tmp_path: Path, version: Path) -> None:
    logs = {f"session-{run.name.split('.')[0]}": run.read_bytes() for run in (version / "console").iterdir()}
    parse(tmp_path / "k", tmp_path / "h", logs)
    found = analyze(tmp_path / "k", tmp_path / "h")
    printed = expected(version)["observed_in_console"].values()
    for name in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens"):
        assert found["summary"][name] == sum(run["api_request_tokens"].get(name, 0) for run in printed)
    assert found["summary"]["total_api_requests"] == sum(
        run["events"].get("claude_code.api_request", 0) for run in printed
    )
    microusd = sum(round(run["metric_sums"].get("claude_code.cost.usage", 0) * 1e6) for run in printed)
    assert abs(found["costs"]["total_cost_microusd"] - microusd) <= 1
    assert found["costs"]["counters_beyond_requests_usd"] is None


@pytest.mark.parametrize("capture", RECORDED, ids=lambda path: path.name)
def test_recorded_sessions_add_up_to_what_was_played(tmp_path: Path, capture: Path) -> None:
    parse(tmp_path / "k", tmp_path / "h", {"session-1": otlp_lines(capture)})
    found, truth = analyze(tmp_path / "k", tmp_path / "h"), expected(capture)
    assert found["summary"]["total_api_requests"] == truth["api_responses_ok"]
    names = {"input": "input_tokens", "output": "output_tokens"}
    names |= {"cache_read": "cache_read_tokens", "cache_creation": "cache_creation_tokens"}
    assert {name: found["summary"][ours] for name, ours in names.items()} == {n: truth["tokens"][n] for n in names}
    assert found["costs"]["total_cost_microusd"] == round(truth["cost_usd_total_list_price"] * 1e6)
    assert found["errors"]["total_tool_failures"] == truth["tool_failures"]
    assert (found["read"]["bad_files"], found["read"]["bad_records"], found["read"]["duplicates"]) == ({}, {}, 0)


def test_failures_of_a_recorded_session_by_class(tmp_path: Path) -> None:
    (capture,) = [path for path in RECORDED if path.name == "errors-http-json"]
    parse(tmp_path / "k", tmp_path / "h", {"session-1": otlp_lines(capture)})
    found = analyze(tmp_path / "k", tmp_path / "h", "--tool-failures", "2")["errors"]
    assert {name: count for name, count in found["by_class"].items() if count} == {"tool_failure": 2, "validation": 1}
    assert (found["total_errors"], found["high_retry_sessions"]) == (1, 1)


def test_a_rejected_write_of_a_recorded_session_is_permission(tmp_path: Path) -> None:
    (capture,) = [path for path in RECORDED if path.name == "tui-permission"]
    parse(tmp_path / "k", tmp_path / "h", {"session-1": otlp_lines(capture)})
    found = analyze(tmp_path / "k", tmp_path / "h")["errors"]
    assert (found["rejections"], found["total_tool_failures"], found["total_errors"]) == (1, 0, 0)


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people's folders, parsed on two machines; they share one session."""
    root = tmp_path_factory.mktemp("team")
    logs = {path.name: otlp_lines(path) for path in RECORDED}
    names = sorted(logs)
    parse(root / "lovelace", root / "home-lovelace", {f"session-{name}": logs[name] for name in names[:5]})
    parse(root / "grace", root / "home-grace", {f"session-{name}": logs[name] for name in names[4:]})
    parse(root / "all", root / "home-lovelace", {f"session-{name}": logs[name] for name in names})
    return root


def test_a_team_is_what_its_people_are(team: Path, tmp_path: Path) -> None:
    home, out = tmp_path / "h", tmp_path / "team"
    done = command(
        "files", "merge", str(team / "lovelace"), str(team / "grace"), "--out", str(out), "--json", home=home
    )
    told = json.loads(done.stdout)
    assert told["members"] == 2
    assert told["conflicts"]["two_names_one_session"] >= 1
    alone, merged = analyze(team / "all", team / "home-lovelace"), analyze(out, home)
    for name in ("total_sessions", "total_events", "total_metrics", "total_api_requests", "estimated_total_tokens"):
        assert merged["summary"][name] == alone["summary"][name], name
    assert merged["costs"]["total_cost_microusd"] == alone["costs"]["total_cost_microusd"]
    assert merged["errors"]["by_class"] == alone["errors"]["by_class"]
    assert merged["trend"] == alone["trend"]
    assert sum(row["sessions"] for row in merged["members"]) == merged["summary"]["total_sessions"]
    assert alone["members"] is None


def test_a_merge_again_writes_nothing_and_names_nobody(team: Path, tmp_path: Path) -> None:
    home, out = tmp_path / "h", tmp_path / "out"
    folders = [str(team / "lovelace"), str(team / "grace")]
    command("files", "merge", *folders, "--out", str(out), home=home)
    again = command("files", "merge", *reversed(folders), "--out", str(out), home=home)
    assert "0 files written" in again.stdout
    old = {json.loads(p.read_bytes())["collector"] for p in (team / "lovelace" / "data").glob("session-*.json")}
    text = again.stdout + "".join(path.read_text() for path in out.rglob("*.json")) + "".join(map(str, out.rglob("*")))
    for name in ("lovelace", "grace", *old):
        assert name not in text.replace(str(tmp_path), "")
    assert [path.name.endswith(".key") for path in (home / "merge_keys").iterdir()] == [True]
    elsewhere = command("files", "merge", *folders, "--out", str(out), home=tmp_path / "other", check=False)
    assert (elsewhere.returncode, "--key" in elsewhere.stderr) == (2, True)


def test_the_report_is_written_and_printed_within_80_columns(team: Path, tmp_path: Path) -> None:
    home, kit = team / "home-lovelace", team / "all"
    table, page = tmp_path / "sessions.csv", tmp_path / "report.md"
    done = command(
        "files", "analyze", "--dir", str(kit), "--tz", "UTC", "--csv", str(table), "--markdown", str(page), home=home
    )
    assert max(map(len, done.stdout.splitlines())) <= 80
    written = json.loads((kit / "latest-report.json").read_bytes())
    assert {"generated_at", "summary", "costs", "errors"} <= set(written)
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert len(rows) == written["summary"]["total_sessions"]
    assert page.read_text().startswith("# Claude Code telemetry")
    for path in (kit / "latest-report.json", table, page):
        assert path.stat().st_mode & 0o77 == 0


def test_a_report_that_cannot_be_written_is_printed_all_the_same(team: Path, tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    (kit / "latest-report.json").mkdir(parents=True)  # in its place something that it cannot replace, as root too
    (kit / "data").symlink_to(team / "all" / "data")
    table = tmp_path / "sessions.csv"
    done = command("files", "analyze", "--dir", str(kit), "--csv", str(table), home=tmp_path / "h", check=False)
    assert done.returncode == 2
    assert "latest-report.json cannot be written" in done.stderr
    assert "WHAT TO DO" in done.stdout
    assert table.exists()


def test_a_report_among_the_documents_is_none_of_them(team: Path, tmp_path: Path) -> None:
    data, home = tmp_path / "data", tmp_path / "h"
    shutil.copytree(team / "all" / "data", data)
    first, second = analyze(data, home), analyze(data, home)
    assert (data / "latest-report.json").is_file()
    assert first["read"] == second["read"] == analyze(tmp_path, home)["read"]


def test_what_is_wrong_in_the_call_says_so(tmp_path: Path) -> None:
    nowhere = command("files", "analyze", "--dir", str(tmp_path / "none"), home=tmp_path / "h", check=False)
    assert (nowhere.returncode, "files init" in nowhere.stderr) == (2, True)
    (tmp_path / "k" / "data").mkdir(parents=True)
    empty = command("files", "analyze", "--dir", str(tmp_path / "k"), "--json", home=tmp_path / "h")
    assert "files parse" in empty.stderr
    assert json.loads(empty.stdout)["summary"]["total_sessions"] == 0
    for wrong in (["--since", "yesterday"], ["--errors", "0"], ["--csv", str(tmp_path / "no" / "x.csv")]):
        done = command("files", "analyze", "--dir", str(tmp_path / "k"), *wrong, home=tmp_path / "h", check=False)
        assert done.returncode == 2, wrong
    assert command("files", "merge", "--out", str(tmp_path / "o"), home=tmp_path / "h", check=False).returncode == 2
