"""The derived tables say of single calls, prompts and sessions what is true of them."""

from __future__ import annotations

from typing import Any

import pytest

from tachograph.ports import Statement
from tachograph.store.duckdb import DuckDBStore
from tests.truth.month import Made
from tests.truth.turns import Order, order_of


@pytest.fixture(scope="module")
def order(made: Made) -> Order:
    return order_of(made.month)


def ask(store: DuckDBStore, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in store.query(Statement(name="truth", sql=sql)).rows]


def test_each_tool_call_has_its_class_its_file_and_whether_it_was_a_retry(store, made, order):
    told = {
        row[0]: row[1:]
        for row in ask(store, "select tool_use_id, tool_class, file, is_retry, read_before from tool_calls")
    }
    true = {c.id: (c.kind, c.file, c.id in order.retries, order.read_before[c.id]) for c in made.month.calls}
    assert told == true
    assert len(order.retries) > 20
    assert {*order.read_before.values()} == {True, False, None}


def test_each_request_knows_whether_it_was_made_for_a_retry(store, order):
    found = ask(store, "select coalesce(request_id, request_key) from requests where for_retry")
    assert {row[0] for row in found} == order.for_retry


def test_each_turn_has_its_figures(store, order):
    sql = """select prompt_id, is_one_shot, requests, tool_calls, cost_nanousd from prompts
        where prompt_origin in ('human', 'command')"""
    names = ("is_one_shot", "turn_requests", "turn_calls", "turn_cost")
    assert {row[0]: row[1:] for row in ask(store, sql)} == {
        prompt: tuple(turn[name] for name in names) for prompt, turn in order.turns.items()
    }
    assert {turn["is_one_shot"] for turn in order.turns.values()} == {True, False, None}
    assert not ask(store, "select 1 from prompts where prompt_origin = 'agent' and requests is not null")


def test_each_session_has_its_first_times_and_its_score(store, made, order):
    sql = """select session_id, first_prompt_at, first_edit_at, first_commit_at, tool_retries, files_changed, score,
        score_outcome, score_reliability, score_acceptance, score_one_shot from sessions"""
    told = {row[0]: row[1:] for row in ask(store, sql)}
    names = ("score", "score_outcome", "score_reliability", "score_acceptance", "score_one_shot")
    for session in made.month.sessions:
        if session.id is None:
            continue
        true = order.sessions[session.number]
        first, rest = told[session.id][:5], told[session.id][5:]
        files = len(true["files"]) or None
        assert first == (true["first_prompt"], true["first_edit"], true["first_commit"], true["retries"], files)
        assert rest == pytest.approx(tuple(true[name] for name in names)), session
    scores = [order.sessions[s.number]["score"] for s in made.month.sessions]
    assert None in scores
    assert min(score for score in scores if score is not None) < 3
    assert max(score for score in scores if score is not None) == 10


def test_each_session_lasts_from_its_first_record_to_its_last(store, made):
    told = {row[0]: row[1:] for row in ask(store, "select session_id, started_at, ended_at from sessions")}
    ids = {session.number: session.id for session in made.month.sessions}
    assert told == {ids[number]: span for number, span in made.month.spans.items()}
