"""Metrics made of others: each part from a fact of its own, split by what all parts know, null with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from importlib.resources import files
from typing import Any

import pytest

from tachograph.analytics.compile import answer, compile_query
from tachograph.analytics.coverage import answer_with_coverage
from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.analytics.metrics import METRICS, dimensions_of, reasons_of
from tachograph.analytics.query import Query, Window
from tachograph.analytics.table import Order, TableQuestion, ask_table
from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import UnknownDimension
from tachograph_sdk.model.event import EventKind, Source

NOON_US = 1_760_097_600_000_000  # 2025-10-10T12:00:00Z
MINUTE_US = 60_000_000


@pytest.fixture(scope="module")
def store() -> Iterator[DuckDBStore]:
    """Project a: cost, commits and lines; b: cost alone; c: a commit alone; a session of 40 minutes in a, of none else."""
    made = DuckDBStore(":memory:")

    def request(project: str, number: int, nano: int, model: str, **more: Any) -> Any:
        return make_event(
            at_us=NOON_US + number * MINUTE_US, request_id=f"r{number}", session_id=f"s_{project}", project=project, model=model,
            input_tokens=nano // 1000, cost_nanousd=nano, cost_basis="reported", **more,
        )  # fmt: skip

    made.write(
        Batch(
            events=[
                request("p_a", 0, 1_000_000, "opus", query_source="subagent", skill="pdf"),
                request("p_a", 40, 3_000_001, "haiku", plugin="tools"),
                request("p_b", 5, 4_000_000, "opus", mcp_server="github"),
                make_event(EventKind.PROMPT, at_us=NOON_US, prompt_id="q1", session_id="s_p_a", project="p_a"),
                make_event(
                    EventKind.VCS_COMMIT, at_us=NOON_US, source=Source.OTEL_METRIC, quantity=3, session_id="s_p_a", project="p_a"
                ),
                make_event(
                    EventKind.CODE_CHANGE, at_us=NOON_US, source=Source.OTEL_METRIC, lines_added=7, lines_removed=10,
                    session_id="s_p_a", project="p_a",
                ),
                make_event(
                    EventKind.VCS_COMMIT, at_us=NOON_US, source=Source.OTEL_METRIC, quantity=1, session_id="s_p_c", project="p_c"
                ),
            ]
        )
    )  # fmt: skip
    made.settle()
    yield made
    made.close()


def by_project(store: DuckDBStore, *metrics: str) -> dict[Any, tuple[Any, ...]]:
    return {row[0]: tuple(row[1:]) for row in answer(store, Query(metrics=metrics, by=["project"])).rows}


def test_the_parts_come_from_facts_of_their_own_and_nothing_is_rounded_before_it_is_divided(store):
    found = by_project(store, "cost_per_commit_usd", "tokens_per_line", "lines_net")
    assert found == {
        "p_a": (pytest.approx(4_000_001 / 3 / 1e9, rel=1e-15), pytest.approx(4000 / 7), -3),
        "p_b": (None, None, 0),
        "p_c": (0, None, 0),  # a commit that cost nothing that is known of
    }


def test_shares_of_the_rows_add_up_to_one_also_where_only_some_are_shown(store):
    query = Query(metrics=["cost_share"], by=["project", "model"])
    rows = answer(store, query).rows
    assert sum(row[-1] or 0 for row in rows) == pytest.approx(1)
    assert {row[:2]: row[2] for row in rows}["p_a", "haiku"] == pytest.approx(3_000_001 / 8_000_001)
    cut = Query(metrics=["cost_share"], by=["project", "model"], limit=1)
    assert answer(store, cut).rows == rows[:1]
    filtered = Query(metrics=["cost_share"], by=["project"], filters={"project": ["p_a"]})
    assert answer(store, filtered).rows == [("p_a", 1)]


def test_shares_of_what_a_cost_is_attributed_to(store):
    found = by_project(store, "subagent_cost_share", "skill_cost_share", "plugin_cost_share", "mcp_cost_share")
    part = pytest.approx(1_000_000 / 4_000_001)
    assert found["p_a"] == (part, part, pytest.approx(3_000_001 / 4_000_001), 0)
    assert found["p_b"] == (0, 0, 0, 1)


def test_a_metric_is_split_by_what_all_its_parts_know(store):
    assert answer(store, Query(metrics=["cost_per_session_usd"], by=["model"])).rows == [
        ("haiku", 3_000_001 / 1e9),
        ("opus", 2_500_000 / 1e9),
    ]
    with pytest.raises(UnknownDimension, match="cost_per_prompt_usd cannot be split or filtered by model") as error:
        answer(store, Query(metrics=["cost_per_prompt_usd"], by=["model"]))
    named = error.value.hint.removeprefix("cost_per_prompt_usd goes with: ").split(", ")
    assert "project" in named
    assert "model" not in named
    with pytest.raises(UnknownDimension):
        answer(store, Query(metrics=["requests", "cost_per_prompt_usd"], filters={"model": ["opus"]}))


@pytest.mark.parametrize("metric", METRICS)
def test_what_a_metric_says_it_goes_with_it_goes_with_and_nothing_else(metric):
    said = dimensions_of(METRICS[metric])
    for dimension in DIMENSIONS:
        query = Query(metrics=[metric], by=[dimension])
        if dimension in said:
            compile_query(query)
        else:
            with pytest.raises(UnknownDimension):
                compile_query(query)


def test_null_cells_have_a_reason_and_others_have_none(store):
    metrics = ["cost_per_commit_usd", "commits", "cache_hit_ratio", "ttft_p50_ms"]
    rows = answer(store, Query(metrics=metrics, by=["project"])).records()
    told = {row["project"]: reasons_of(metrics, row) for row in rows}
    assert told["p_b"] == {
        "cost_per_commit_usd": "no commit was made through the agent",
        "ttft_p50_ms": "no source says when the first token of a request came",
    }
    assert "cost_per_commit_usd" not in told["p_a"]


def test_sessions_are_split_by_their_length_and_a_cost_by_it_has_no_coverage(store):
    query = Query(metrics=["sessions", "cost_usd"], by=["session_length"])
    result, coverage, by_row = answer_with_coverage(store, query)
    assert result.rows == [("0-5", 1, 0.004), ("30-60", 1, 0.004)]
    assert (coverage, by_row) == (None, None)
    _, coverage, by_row = answer_with_coverage(store, Query(metrics=["cost_per_commit_usd"], by=["project"]))
    assert coverage is not None
    assert coverage["share"] == 1
    assert by_row is not None


def test_lengths_are_in_the_order_of_minutes_not_of_letters():
    lengths = DIMENSIONS["session_length"].values
    own = DuckDBStore(":memory:")
    own.write(
        Batch(
            events=[
                make_event(
                    EventKind.PROMPT, at_us=NOON_US + later * MINUTE_US, prompt_id=f"q{n}{later}", session_id=f"s{n}"
                )
                for n, minutes in enumerate((200, 7, 20, 1, 45, 119, 120))
                for later in (0, minutes)
            ]
        )
    )
    own.settle()
    query = Query(metrics=["sessions"], by=["session_length"])
    rows = [("0-5", 1), ("5-15", 1), ("15-30", 1), ("30-60", 1), ("60-120", 1), ("120+", 2)]
    assert answer(own, query).rows == rows
    assert tuple(name for name, _ in rows) == lengths
    page = TableQuestion(query=query, order=[Order("sessions", falling=True)], limit=3)
    assert ask_table(own, page, now=datetime(2026, 1, 1)).result.rows == [rows[-1], *rows[:2]]  # noqa: DTZ001 - UTC
    by_day = TableQuestion(query=query, grain="day")
    filled = ask_table(own, by_day, now=datetime(2025, 10, 10, 12)).result.rows  # noqa: DTZ001 - UTC
    assert [row[1:] for row in filled] == rows
    own.close()


@pytest.mark.parametrize("by", [[], ["day"], ["agent", "week"], ["user"]])
def test_what_is_asked_most_reads_hours_and_sessions_not_single_rows(by):
    """Over whole hours nothing else is needed: these are the figures of every first page, over months of data."""
    metrics = [
        "sessions", "users", "requests", "total_tokens", "cost_usd", "coverage", "cache_hit_ratio", "cache_saved_microusd",
        "api_error_ratio", "cost_per_session_usd", "cost_per_commit_usd", "tokens_per_line", "cost_share", "subagent_cost_share",
        "daily_active_users", "productivity_score", "session_length_p50_seconds", "active_repositories",
    ]  # fmt: skip
    window = Window(start=datetime(2025, 10, 1), end=datetime(2025, 11, 1))  # noqa: DTZ001 - UTC
    metrics = [name for name in metrics if set(by) <= set(dimensions_of(METRICS[name]))]
    assert len(metrics) > 12
    read = set(re.findall(r"\bfrom ([a-z_]+)", compile_query(Query(metrics=metrics, by=by, window=window)).sql))
    assert read <= {"hours", "session_hours", "sessions", "outcomes", "rates"}


def test_the_formula_of_the_score_is_the_one_that_the_store_works_out():
    published = files("tachograph.store").joinpath("rollups/88_scores.sql").read_text("utf-8").split("\n\n")[0]
    formula = METRICS["productivity_score"].formula.removeprefix("mean over sessions of ")
    assert formula.startswith("10 x (")
    assert formula in published.replace("\n-- ", " ")
