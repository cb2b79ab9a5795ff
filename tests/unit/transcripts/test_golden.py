"""Real sessions, recorded: their transcripts give the totals that were played to the agent."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tachograph.inputs.agents.claude_code.transcript import NAMES
from tests.unit.transcripts.making import ListStore, make_importer, totals

GOLDEN = Path(__file__).parents[2] / "golden" / "agents" / "claude_code"
SCENARIOS = sorted(p.parent for p in GOLDEN.glob("*/*/transcripts"))


def imported(scenario: Path) -> ListStore:
    store = ListStore()
    report = make_importer(store, scenario / "transcripts").run()
    assert not report.quarantined
    assert not report.failed
    return store


@pytest.fixture(params=SCENARIOS, ids=lambda p: p.name)
def scenario(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_there_are_scenarios() -> None:
    assert len(SCENARIOS) >= 9


def test_totals_are_what_was_played(scenario: Path) -> None:
    expected = json.loads((scenario / "expected.json").read_text())
    # Auxiliary requests (titles, topic checks) leave no row in a transcript: what it can show is known apart.
    tokens = expected["observed_in_transcripts"]["tokens"]
    counts = totals(imported(scenario).events)
    assert {
        "input": counts["input_tokens"],
        "output": counts["output_tokens"],
        "cache_read": counts["cache_read_tokens"],
        "cache_creation": counts["cache_write_tokens"],
    } == tokens
    assert counts["requests"] == expected["observed_in_transcripts"]["assistant_messages"]
    assert counts["tool_calls"] == sum(expected["tool_use_blocks_sent"].values())
    assert counts["tool_failures"] == expected["tool_failures"]
    assert counts["tool_denials"] == expected.get("tool_denials", 0)
    assert counts["prompts"] == expected["user_prompts"]
    for name in ("lines_added", "lines_removed", "commits", "pull_requests"):
        assert counts[name] == expected[name], name


def test_only_auxiliary_requests_are_missing(scenario: Path) -> None:
    expected = json.loads((scenario / "expected.json").read_text())
    played, shown = expected["tokens"], expected["observed_in_transcripts"]["tokens"]
    if not expected["auxiliary_responses"]:
        assert {name: played[name] for name in shown} == shown
    else:
        assert all(played[name] >= shown[name] for name in shown)


def test_tokens_by_session(scenario: Path) -> None:
    expected = json.loads((scenario / "expected.json").read_text())
    if not expected["tokens_by_session"] or expected["auxiliary_responses"]:
        pytest.skip("the recording does not tell sessions apart, or not all of their requests can be seen")
    by_session: Counter[str | None] = Counter()
    for event in imported(scenario).events.values():
        if event.kind == "api.request":
            by_session[event.session_id] += int(event.attributes["output_tokens"])
    assert sorted(by_session.values()) == sorted(s["output"] for s in expected["tokens_by_session"].values())


def test_models_are_the_served_ones(scenario: Path) -> None:
    expected = json.loads((scenario / "expected.json").read_text())
    models = {e.attributes["model"] for e in imported(scenario).events.values() if e.kind == "api.request"}
    assert models == set(expected["tokens_by_model"])


def test_names_are_from_the_known_list(scenario: Path) -> None:
    assert {e.name for e in imported(scenario).events.values()} <= NAMES


def test_cache_lifetimes_add_up(scenario: Path) -> None:
    expected = json.loads((scenario / "expected.json").read_text())
    requests = [e.attributes for e in imported(scenario).events.values() if e.kind == "api.request"]
    for ours, theirs in (
        ("cache_write_5m_tokens", "cache_creation_5m"),
        ("cache_write_1h_tokens", "cache_creation_1h"),
    ):
        assert sum(int(r.get(ours, 0)) for r in requests) == expected["tokens"][theirs]


def test_a_subagents_turn_is_not_a_prompt() -> None:
    counts = totals(imported(GOLDEN / "2.1.328" / "subagent").events)
    assert counts["prompts"] == 1
    assert counts["agent_prompts"] == 1


def test_errors_are_no_requests() -> None:
    events = imported(GOLDEN / "2.1.328" / "errors-http-json").events.values()
    errors = [e.attributes for e in events if e.kind == "api.error"]
    assert [(e["status_code"], e["error_class"]) for e in errors] == [(400, "invalid_request_error")]
    retries = [e.attributes for e in events if e.kind == "agent.notice"]
    assert [(r["status_code"], r["attempts"]) for r in retries] == [(429, 1), (429, 2)]


def test_a_rejected_tool_says_who_refused() -> None:
    events = imported(GOLDEN / "2.1.328" / "tui-permission").events.values()
    calls = sorted((e.at_us, dict(e.attributes)) for e in events if e.kind == "tool.call")
    assert [(a["success"], a["decision"], a["decision_source"]) for _, a in calls] == [
        (True, "accept", "user_temporary"),
        (False, "reject", "user_reject"),
    ]


def test_skills_and_subagents_are_features() -> None:
    names = {
        (e.attributes["feature"], e.attributes.get("feature_name"))
        for scenario in ("hooks-plugin", "subagent")
        for e in imported(GOLDEN / "2.1.328" / scenario).events.values()
        if e.kind == "feature.use"
    }
    assert names == {("skill", "demo:greet"), ("subagent", "general-purpose")}
