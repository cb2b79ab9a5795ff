"""`tachograph explain` as a person calls it: with a server and without one, on recorded sessions and a made-up tree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.transcripts import make_tree
from tests.flows.harness import command, serve
from tests.unit.explain.ccusage_cases import GOLDEN, RECORDED

pytestmark = pytest.mark.timeout(180)

CAPTURE = GOLDEN / "2.0.76" / "older-v2.0.76"
SESSION = "cf8f4247-6df6-4b96-9a43-125651e03e06"


def explain(home: Path, *arguments: str, config: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tachograph", "--home", str(home), "explain", "--tz", "UTC", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "CLAUDE_CONFIG_DIR": str(config or home / "nothing")},
        check=False,
    )


def told(home: Path, *arguments: str, config: Path | None = None) -> Any:
    done = explain(home, "--json", *arguments, config=config)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A home that holds a recorded session, and the agent's folder with its transcripts."""
    root = tmp_path_factory.mktemp("capture")
    config = root / "config"
    shutil.copytree(CAPTURE / "transcripts", config / "projects")
    command("import", str(CAPTURE / "transcripts"), str(CAPTURE / "otlp"), home=root / "home")
    return root / "home", config


def adds_up(way: dict[str, Any]) -> bool:
    names = way["start"].keys()
    return all(way["start"][n] + sum(step[n] for step in way["steps"]) == way["end"][n] for n in names)


def test_every_source_of_a_recorded_session_leads_to_what_the_report_says(capture: tuple[Path, Path]) -> None:
    home, _ = capture
    answer = told(home)
    report = json.loads(command("report", "--json", home=home).stdout)["totals"]
    assert [way["id"] for way in answer["waterfalls"]] == ["transcript", "otel_log", "otel_metric_counters"]
    for way in answer["waterfalls"]:
        assert adds_up(way)
        assert all(way["end"][name] == report[name] for name in way["end"])
    assert answer["sentence"].startswith("The ledger says $0.0243 for 8 requests; ")


def test_a_session_is_found_by_the_agents_own_id_and_by_its_pseudonym(capture: tuple[Path, Path]) -> None:
    home, _ = capture
    answer = told(home, "--session", SESSION)
    assert answer["session"].startswith("s_")
    assert SESSION not in json.dumps(answer)
    assert answer["ledger"] == told(home, "--session", answer["session"])["ledger"]
    assert 0 < answer["ledger"]["requests"] <= 8
    assert told(home, "--session", "somebody-else")["ledger"]["requests"] == 0


def test_with_a_server_the_answers_are_the_same(capture: tuple[Path, Path], tmp_path: Path) -> None:
    home, config = capture
    bill = tmp_path / "bill.csv"
    bill.write_text("day,model,amount\n2026-11-20,claude-sonnet-4-5,0.02\nTotal,,0.02\n")
    calls: list[list[str]] = [
        [],
        ["--day", "2026-11-20"],
        ["--model", "claude-haiku-4.5"],
        ["--against", "ccusage"],
        ["--against", "cost"],
        ["--against", str(bill)],
        ["--session", SESSION, "--against", "ccusage"],
    ]
    alone = [told(home, *call, config=config) for call in calls]
    with serve(home):
        served = [told(home, *call, config=config) for call in calls]
    assert served == alone
    assert all(adds_up(answer["waterfall"]) for answer in served if "waterfall" in answer)
    assert served[5]["bill"] == {
        "rows": 1,
        "bad_rows": 1,
        "bad": [{"line": 3, "reason": "with a day not written as 2026-11-20"}],
    }


def test_against_ccusage_begins_with_what_it_printed_and_names_the_auxiliary_request(
    capture: tuple[Path, Path],
) -> None:
    home, config = capture
    answer = told(home, "--against", "ccusage", config=config)
    printed = json.loads(RECORDED.read_text())["trees"]["older-v2.0.76"][1][4]
    assert answer["waterfall"]["start"]["cost_microusd"] == round(printed * 1e6)
    assert [(step["id"], step["cost_microusd"]) for step in answer["waterfall"]["steps"]] == [("auxiliary", 16)]


def test_a_made_up_tree_is_the_same_for_ccusage_and_the_ledger(tmp_path: Path) -> None:
    config, home = tmp_path / "config", tmp_path / "home"
    totals = make_tree(config / "projects", megabytes=3, files=40, seed=11)
    command("import", str(config / "projects"), home=home)
    answer = told(home, "--against", "ccusage", config=config)
    micro = (totals.cost_nanousd + 500) // 1000
    assert answer["waterfall"]["start"]["cost_microusd"] == answer["waterfall"]["end"]["cost_microusd"] == micro
    assert answer["waterfall"]["steps"] == []
    (way,) = told(home)["waterfalls"]
    assert {step["id"] for step in way["steps"]} == {"placeholder_output", "repeated_records", "forked_history"}
    assert way["start"]["requests"] == sum(
        path.read_bytes().count(b'"usage":{"input_tokens":')
        - path.read_bytes().count(b'"usage":{"input_tokens":0,')  # rows of errors
        for path in (config / "projects").rglob("*.jsonl")
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--against", "nonsense"],
        ["--against", "console"],
        ["--against", "missing.csv"],
        ["--csv", "x.csv"],
        ["--day", "yesterday"],
        ["--day", "2026-11-20", "--range", "7d"],
        ["--tz", "Nowhere/Else"],
        ["--ccusage-json", "x.json"],
        ["--session", "x", "--against", "bill.csv"],
    ],
)
def test_a_mistake_in_the_call_is_two_and_says_what_to_do(arguments: list[str], tmp_path: Path) -> None:
    done = explain(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("tachograph: ")
    assert "Traceback" not in done.stderr


def test_people_get_a_sentence_and_tables_that_fit(capture: tuple[Path, Path]) -> None:
    home, config = capture
    done = explain(home, "--against", "ccusage", config=config)
    assert done.returncode == 0
    assert "the ledger" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
