"""What the strict preset leaves out costs names, never numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.flows.harness import command

GOLDEN = Path(__file__).parents[1] / "golden" / "agents"
SOURCES = [str(GOLDEN / name) for name in ("claude_code/2.1.328", "codex/0.169.0/subagent", "qwen_code/0.24.4")]
UNKNOWN = {"active_seconds", "coverage", "reasons"}  # time is left out; how sources agree is told more coarsely


def report(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(command("report", "--json", "--by", "model", home=home).stdout)
    return found


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    homes = {}
    for preset in ("strict", "standard"):
        homes[preset] = home = tmp_path_factory.mktemp(preset)
        command("privacy", "policy", preset, home=home)
        command("import", *SOURCES, home=home)
    return homes


def test_totals_are_the_same(both: dict[str, Path]) -> None:
    strict, standard = (report(both[preset]) for preset in ("strict", "standard"))
    assert standard["totals"]["requests"] > 30
    for name, value in standard["totals"].items():
        if name not in UNKNOWN:
            assert strict["totals"][name] == value, name
    money = [(row["model"], row["requests"], row["cost_microusd"]) for row in standard["by"]["model"]]
    assert [(row["model"], row["requests"], row["cost_microusd"]) for row in strict["by"]["model"]] == money


def test_no_name_is_left(both: dict[str, Path]) -> None:
    columns = ("user_id", "project", "repository", "skill", "plugin", "mcp_server", "subagent", "tool_name", "trace_id")
    counts = ", ".join(f"count({column})" for column in columns)
    asked = command("query", "--json", f"select {counts} from events", home=both["strict"])
    assert json.loads(asked.stdout)["rows"] == [[0] * len(columns)]
    ids = "select count(*) from events where not regexp_full_match(request_id, 'i_[0-9a-f]{16}')"
    assert json.loads(command("query", "--json", ids, home=both["strict"]).stdout)["rows"] == [[0]]
    drops = "select distinct name from drops where reason like 'unknown%'"
    assert json.loads(command("query", "--json", drops, home=both["strict"]).stdout)["rows"] in ([], [["<other>"]])


def test_what_is_not_known_is_said_to_be(both: dict[str, Path]) -> None:
    assert report(both["strict"])["totals"]["active_seconds"] is None
    command("explain", "--json", home=both["strict"])
