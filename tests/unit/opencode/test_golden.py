"""Recorded sessions of the real client give the totals that were played to it: by spans, by history, and by both."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tachograph.inputs.agents.opencode.messages import NAMES
from tachograph.ports import Batch
from tachograph_sdk.model.event import DropReason, Event
from tests.unit.opencode.making import (
    SCENARIOS,
    ask,
    lay,
    ledger,
    pipeline,
    read,
    read_documents,
    requests,
    telemetry,
)

CLASSES = ("requests", "input", "output", "reasoning", "cache_read", "cache_write", "cost_nanousd", "unpriced_requests")


@pytest.fixture(params=SCENARIOS, ids=lambda path: path.name)
def scenario(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def expected(scenario: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((scenario / "expected.json").read_text("utf-8"))
    return told


def history(scenario: Path, folder: Path) -> Batch:
    path = lay(folder / "opencode.db", (scenario / "opencode.sql").read_text("utf-8"))
    events, reader = read(path)
    assert not reader.bad_lines
    return pipeline().run_records(events)


def spans(scenario: Path) -> Batch:
    return pipeline().run(telemetry(scenario))


def same(told: dict[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in CLASSES}


def test_there_are_scenarios() -> None:
    assert len(SCENARIOS) == 5


def test_history_is_what_was_played_but_for_titles(scenario: Path, tmp_path: Path) -> None:
    truth = expected(scenario)
    store = ledger(history(scenario, tmp_path))
    assert requests(store) == same(truth["in_history"])
    tools = ask(
        store,
        "select count(*) as calls, count(*) filter (decision = 'reject') as denials,"
        " count(*) filter (success is false and decision is distinct from 'reject') as failures from tool_calls",
    )[0]
    assert tools == {
        "calls": truth["tool_calls"],
        "denials": truth["tool_denials"],
        "failures": truth["tool_failures"],
    }
    assert ask(store, "select count(*) as n from prompts where prompt_origin <> 'agent'") == [{"n": truth["prompts"]}]
    assert ask(store, "select count(*) as n from sessions") == [{"n": truth["sessions"]}]
    errors = ask(store, "select error_class, count(*) as n from requests where outcome = 'error' group by 1")
    assert {row["error_class"]: row["n"] for row in errors} == truth["errors"]


def test_outcomes_are_what_the_script_did(scenario: Path, tmp_path: Path) -> None:
    truth = expected(scenario)
    events: dict[str, Event] = {event.event_id: event for event in history(scenario, tmp_path).events}
    counts: Counter[str] = Counter()
    subagents: Counter[str] = Counter()
    for event in events.values():
        has: Any = event.attributes
        if event.kind == "code.change":
            counts["lines_added"] += has["lines_added"]
            counts["lines_removed"] += has["lines_removed"]
        elif event.kind == "vcs.commit":
            counts["commits"] += has["quantity"]
        elif event.kind == "feature.use" and has["feature"] == "compaction":
            counts["compactions"] += 1
        elif event.kind == "feature.use":
            subagents[has["feature_name"]] += 1
    assert {name: counts[name] for name in ("lines_added", "lines_removed", "commits", "compactions")} == {
        name: truth[name] for name in ("lines_added", "lines_removed", "commits", "compactions")
    }
    assert subagents == truth["subagents"]
    assert {event.name for event in events.values()} <= NAMES


def test_spans_are_the_responses_that_arrived(scenario: Path) -> None:
    truth = expected(scenario)["in_telemetry"]
    store = ledger(spans(scenario))
    assert requests(store) == same(truth)
    assert ask(store, "select count(*) as n from tool_calls") == [{"n": truth["tool_calls"]}]


def test_spans_and_history_give_one_total(scenario: Path, tmp_path: Path) -> None:
    """Nothing twice: what both saw is one row, and of the titles those are added whose span arrived."""
    truth = expected(scenario)
    for batches in ((spans(scenario), history(scenario, tmp_path)), (history(scenario, tmp_path), spans(scenario))):
        store = ledger(*batches)
        if truth["in_telemetry"]["requests"]:
            assert requests(store) == same(truth["played"])
            both = ask(store, "select count(*) as n from requests where seen_span and seen_transcript")
            assert both == [{"n": truth["in_telemetry"]["requests"] - truth["titles"]["requests"]}]
            auxiliary = ask(store, "select count(*) as n from requests where auxiliary")
            assert auxiliary == [{"n": truth["titles"]["requests"]}]
        else:
            assert requests(store) == same(truth["in_history"])
        assert ask(store, "select count(*) as n from tool_calls") == [{"n": truth["tool_calls"]}]
        assert ask(store, "select count(*) as n from sessions") == [{"n": truth["sessions"]}]


def test_reading_twice_changes_nothing(scenario: Path, tmp_path: Path) -> None:
    batch = history(scenario, tmp_path)
    store = ledger(batch)
    assert store.write(history(scenario, tmp_path)).new == 0


def test_what_is_not_needed_is_dropped_by_name(scenario: Path) -> None:
    batch = spans(scenario)
    reasons = Counter(dict.fromkeys(DropReason, 0))
    for (reason, _), count in batch.drops.items():
        reasons[reason] += count
    if telemetry(scenario):
        assert reasons[DropReason.NOT_NEEDED] > 20
    assert not reasons[DropReason.UNKNOWN_EVENT]
    assert not reasons[DropReason.INTERNAL_ERROR]


def test_a_sessions_own_totals_are_those_of_its_steps(scenario: Path, tmp_path: Path) -> None:
    """Why the session's totals are not read: they are sums of what is read, and a fork's hold its copies."""
    database = sqlite3.connect(":memory:")
    database.executescript((scenario / "opencode.sql").read_text("utf-8"))
    if "tokens_input" not in {column for _, column, *_ in database.execute("pragma table_info(session)")}:
        return  # 1.2 had no totals yet
    for session, told in database.execute(
        "select id, tokens_input + tokens_output + tokens_reasoning + tokens_cache_read + tokens_cache_write from session"
    ).fetchall():
        (summed,) = database.execute(
            "select coalesce(sum(data ->> '$.tokens.total'), 0) from part"
            " where session_id = ? and data ->> '$.type' = 'step-finish'",
            (session,),
        ).fetchone()
        assert told == summed


def test_documents_and_the_database_they_were_copied_to_say_the_same(tmp_path: Path) -> None:
    scenario = next(path for path in SCENARIOS if path.name == "legacy-moved")
    documents = pipeline().run_records(read_documents(scenario / "storage"))
    database = history(scenario, tmp_path)
    ids = {event.event_id for event in documents.events}
    assert len(ids) == 21
    assert ids < {event.event_id for event in database.events}
    store = ledger(documents, database)
    assert requests(store) == same(expected(scenario)["in_history"])
