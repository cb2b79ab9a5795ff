"""The demonstration has life in it: every panel of every tab shows something, and so do forecast, anomalies and markers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tachograph.analytics.panels import Dashboard, Panel, own_dashboards
from tachograph.cli.demo import fill_demo_home
from tachograph.home import Home
from tachograph.server.questions import QUESTIONS
from tachograph.wiring.local import open_answers

DASHBOARDS: tuple[Dashboard, ...] = own_dashboards(QUESTIONS)
PANELS = [(f"{tab.name}/{panel.title}", panel) for tab in DASHBOARDS for panel in tab.panels]
TELLING = {
    "anomalies": "anomalies", "budget": "budget_microusd", "concurrency": "pieces", "errors": "classes",
    "forecast": "forecasts",
    "retention": "cohorts", "review": "sessions", "trends": "trends",
}  # fmt: skip
"""The part of a question's answer without which a panel is empty."""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    patch = pytest.MonkeyPatch()
    patch.setenv("HOME", str(tmp_path_factory.mktemp("nobody")))
    home = Home(tmp_path_factory.mktemp("home") / "demo")
    imported = fill_demo_home(home)
    assert not any(imported.get("failed", {}).values())
    with open_answers(home) as opened:
        yield opened
    patch.undo()


@pytest.mark.parametrize("window", ["30d", "90d", "all"])
@pytest.mark.parametrize(("name", "panel"), PANELS, ids=[name for name, _ in PANELS])
def test_every_panel_shows_something(answers: Any, name: str, panel: Panel, window: str) -> None:
    if panel.question:
        told = answers.ask(panel.question, {**panel.parameters, "range": window})
        assert told["demo"] is True
        assert told[TELLING.get(panel.question, panel.question)], name
        return
    by = [*panel.by, *(["day"] if panel.grain == "auto" else [panel.grain] if panel.grain else [])]
    table = answers.query({"metrics": ",".join(panel.metrics), "by": ",".join(by), "range": window, **panel.filters})
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    for metric in panel.metrics:
        assert any(row[metric] for row in rows), metric
    for dimension in panel.by:
        assert any(row[dimension] is not None for row in rows), dimension


def test_forecasts_days_that_stand_out_and_markers_have_their_days(answers: Any) -> None:
    forecasts = answers.ask("forecast", {})["forecasts"]
    assert all(one["value"] is not None and one["path"] for one in forecasts), [one["reason"] for one in forecasts]
    stands_out = answers.ask("anomalies", {"metric": "cost_microusd", "range": "30d"})["anomalies"]
    assert any(one["direction"] == "high" for one in stands_out)
    kinds = {(one["kind"], one["agent"]) for one in answers.ask("markers", {})["markers"]}
    assert {("agent_release", "claude_code"), ("agent_release", "codex"), ("model", "claude_code")} <= kinds
    assert ("agent_release", "gemini_cli") in kinds  # it came later
    assert answers.ask("errors", {"range": "all"})["patterns"]["retry_loops"]["latest"]


def test_calls_of_mcp_servers_are_known_of_the_agents_that_name_them(answers: Any) -> None:
    rows = answers.query({"metrics": "tool_calls", "by": "agent,mcp_server", "range": "all"})["rows"]
    assert {(agent, server) for agent, server, calls in rows if server and calls} == {
        (agent, server) for agent in ("claude_code", "codex") for server in ("github", "linear")
    }


def test_what_several_sources_saw_counts_once(answers: Any) -> None:
    """The telemetry is of the very sessions whose transcripts are there."""
    rows = dict(answers.query({"metrics": "requests", "by": "source", "range": "all"})["rows"])
    assert set(rows) == {"both", "transcript"}
    agents = answers.query({"metrics": "requests", "by": "agent,source", "range": "all"})["rows"]
    assert {(agent, source) for agent, source, count in agents if count} == {
        ("claude_code", "both"), ("codex", "transcript"), ("gemini_cli", "transcript"),
    }  # fmt: skip
    explained = answers.explain({"range": "all"})
    assert explained["demo"] is True


def test_making_it_again_replaces_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    home = Home(tmp_path / "demo")
    home.create()
    home.demo_marker.write_text("")
    (home.root / "projects").mkdir()
    (home.root / "projects" / "old.jsonl").write_text("{}\n")
    fill_demo_home(home, days=4)
    assert not (home.root / "projects" / "old.jsonl").exists()
    assert (home.root / "tachograph.toml").read_text().startswith("[budget]")
