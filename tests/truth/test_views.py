"""The views that an older dashboard's SQL reads say what happened, person by person and session by session."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from tachograph.store.duckdb import DuckDBStore
from tests.served import TOKEN
from tests.truth.figures import Asked, answer
from tests.truth.rows import Row


def ask(store: DuckDBStore, sql: str) -> dict[Any, tuple[Any, ...]]:
    """As a user's own SQL: by the first column, the others."""
    return {row[0]: tuple(row[1:]) for row in store.query_sql(sql).rows}


def added(rows: list[Row], by: str, *columns: str) -> dict[Any, tuple[Any, ...]]:
    sums: dict[Any, list[float]] = defaultdict(lambda: [0] * len(columns))
    for row in rows:
        for place, column in enumerate(columns):
            sums[row[by]][place] += row[column] or 0
    return {key: tuple(values) for key, values in sums.items()}


def test_productivity_events_add_up_by_person(store, facts):
    sql = """select user_email, sum(commits), sum(pull_requests), sum(lines_added), sum(lines_removed)
        from productivity_events group by user_email"""
    true = added(
        [row for row in facts["outcomes"] if row["active_seconds"] is None],
        "user", "commits", "pull_requests", "lines_added", "lines_removed",
    )  # fmt: skip
    assert ask(store, sql) == true
    kinds = dict(store.query_sql("select event_type, count(*) from productivity_events group by event_type").rows)
    assert kinds.keys() == {"commit", "pull_request", "lines_of_code"}
    assert kinds["commit"] == sum(row["commits"] for row in facts["outcomes"])


def test_cost_tracking_adds_up_by_model(store, facts):
    sql = """select model_name, sum(input_tokens), sum(output_tokens), sum(cache_creation_tokens), sum(cache_read_tokens),
        sum(total_tokens), count(*), coalesce(sum(cost_usd), 0) from cost_tracking group by model_name"""
    used = [row for row in facts["requests"] if row["outcome"] in ("ok", "residual")]
    columns = ("input_tokens", "output_tokens", "cache_write_tokens", "cache_read_tokens")
    true = added(used, "model", *columns, "cost")
    told = ask(store, sql)
    assert told.keys() == true.keys()
    for model, (*tokens, cost) in true.items():
        *counts, dollars = told[model]
        assert counts == [*tokens, sum(tokens), sum(row["model"] == model for row in used)]
        assert dollars == pytest.approx(cost / 1e9)


def test_tool_usage_has_each_call_once(store, facts):
    sql = """select tool_name, count(*), count(*) filter (where success), count(*) filter (where is_retry),
        coalesce(sum(duration_ms), 0) from tool_usage group by tool_name"""
    calls: dict[str, list[Row]] = defaultdict(list)
    for call in facts["tool_calls"]:
        calls[call["tool"]].append(call)
    assert ask(store, sql) == {
        tool: (
            len(rows), sum(bool(c["success"]) for c in rows), sum(c["is_retry"] for c in rows),
            pytest.approx(sum(c["duration_ms"] or 0 for c in rows)),
        )
        for tool, rows in calls.items()
    }  # fmt: skip


def test_session_summaries_have_each_session_once(store, facts):
    sql = """select session_id, user_email, start_time, end_time, duration_seconds, command_count, tool_invocations,
        error_count, total_requests, total_cost_usd, productivity_score, exit_reason from session_summaries"""
    told = ask(store, sql)
    calls, requests = by_session(facts["tool_calls"]), by_session(facts["requests"])
    assert len(told) == len(facts["sessions"])
    for session in facts["sessions"]:
        mine = calls.get(session["session"], [])
        answered = [r for r in requests.get(session["session"], []) if r["outcome"] == "ok"]
        true = (
            session["user"], session["at"], session["ended"], pytest.approx(session["seconds"]), session["prompts"],
            len(mine), sum(c["is_error"] for c in mine), len(answered), pytest.approx(session["cost"] / 1e9),
            session["score"] if session["score"] is None else pytest.approx(session["score"]), session["exit_reason"],
        )  # fmt: skip
        assert told[session["session"]] == true


def by_session(rows: list[Row]) -> Mapping[str, list[Row]]:
    out: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        out[row["session"]].append(row)
    return out


@pytest.mark.parametrize("window", [{}, {"since": "2026-10-12", "until": "2026-10-19"}, {"range": "7d"}])
def test_the_report_has_the_same_totals(truly, facts, window):
    told = truly.client.get("/api/v1/report", params=window, headers={"Authorization": f"Bearer {TOKEN}"}).json()
    names = [name for name in told["totals"] if name not in ("coverage", "reasons")]
    assert len(names) == 16
    start, end = (told["window"][name] for name in ("since", "until"))
    asked = Asked(metrics=names, start=_utc(start), end=_utc(end))
    assert {name: told["totals"][name] for name in names} == pytest.approx(answer(facts, asked)[()])


def _utc(text: str | None) -> Any:
    return None if text is None else datetime.fromisoformat(text.removesuffix("Z"))
