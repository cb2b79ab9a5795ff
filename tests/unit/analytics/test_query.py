"""Windows, names and filters of a question; and hand-computed answers to every metric."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tachograph.analytics.compile import answer, compile_query, half_up
from tachograph.analytics.dimensions import DIMENSIONS, FACTS
from tachograph.analytics.metrics import METRICS, part_of
from tachograph.analytics.query import Query, Window, parse_window
from tachograph.analytics.report import TOTALS, build_report
from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import BadWindow, QueryError, UnknownDimension, UnknownMetric
from tachograph_sdk.model.event import DropReason, EventKind, Source

NOW_US = 1_760_086_400_000_000  # 2025-10-10T08:53:20Z
DAY_US = 86_400_000_000


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture(scope="module")
def store() -> Iterator[DuckDBStore]:
    """Two sessions: one with everything, one a day later that only a transcript shows. And three that a plugin reported."""
    also: dict[str, Any] = {"subagent_tool_calls": 3, "hook_ms": 12.5}
    nothing: dict[str, Any] = {}
    store = DuckDBStore(":memory:")
    day = NOW_US - DAY_US
    a: dict[str, Any] = {"session_id": "s_a", "user_id": "u_1", "project": "p_1", "organization_id": "o_1"}
    store.write(
        Batch(
            events=[
                make_event(EventKind.PROMPT, at_us=day, prompt_id="p1", **a),
                make_event(EventKind.PROMPT, at_us=day, prompt_id="p2", prompt_origin="agent", **a),
                make_event(
                    at_us=day, request_id="r1", model="opus", input_tokens=10, output_tokens=20, cache_read_tokens=60,
                    cache_write_tokens=10, cache_write_5m_tokens=4, cache_write_1h_tokens=6, web_search_requests=2,
                    reasoning_tokens=5, cost_nanousd=1_500, cost_basis="reported", duration_ms=100,
                    ttft_ms=40, **a,
                ),
                make_event(
                    at_us=day + 1, request_id="r2", model="haiku", input_tokens=20, output_tokens=2, cost_nanousd=1_000,
                    cost_basis="reported", duration_ms=300, **a,
                ),
                make_event(EventKind.API_ERROR, at_us=day, request_id="r3", model="opus", status_code=400, **a),
                make_event(EventKind.TOOL_CALL, at_us=day, tool_use_id="t1", tool_name="Bash", success=True, duration_ms=10, **a),
                make_event(EventKind.TOOL_CALL, at_us=day, tool_use_id="t2", tool_name="Bash", success=False, duration_ms=30, **a),
                make_event(EventKind.TOOL_DECISION, at_us=day, tool_use_id="t3", tool_name="Edit", decision="reject", **a),
                make_event(EventKind.CODE_CHANGE, at_us=day, source=Source.OTEL_METRIC, lines_added=7, lines_removed=3, **a),
                make_event(EventKind.VCS_COMMIT, at_us=day, source=Source.OTEL_METRIC, quantity=2, **a),
                make_event(EventKind.VCS_PULL_REQUEST, at_us=day, source=Source.OTEL_METRIC, quantity=1, **a),
                make_event(
                    EventKind.USAGE_COUNTER, at_us=day, source=Source.OTEL_METRIC, model="unseen", counter="input", quantity=9, **a
                ),
                make_event(
                    EventKind.USAGE_COUNTER, at_us=day, source=Source.OTEL_METRIC, model="unseen", counter="cost",
                    cost_nanousd=1_600, **a,
                ),
                make_event(EventKind.SESSION_ACTIVITY, at_us=day, source=Source.OTEL_METRIC, active_seconds=12.5, **a),
                make_event(
                    at_us=NOW_US, source=Source.TRANSCRIPT, session_id="s_b", message_id="m1", model="mystery", input_tokens=5,
                    cost_basis="unpriced",
                ),
                make_event(
                    EventKind.API_ERROR, at_us=NOW_US, source=Source.TRANSCRIPT, session_id="s_b", status="retried",
                    status_code=529,
                ),
                *(
                    make_event(
                        EventKind.SESSION_SUMMARY, at_us=day, source=Source.HOOK, session_id=session, user_id="u_1",
                        counting=counting, session_seconds=seconds, turns=turns, tool_calls_counted=calls,
                        tool_errors_counted=errors, said_output_tokens=tokens, **more,
                    )
                    for session, counting, seconds, turns, calls, errors, tokens, more in (
                        ("s_d", "responses", 100, 4, 5, 1, 70, also),
                        ("s_e", "responses", 400, 5, 1, 0, 7, nothing),
                        ("s_f", "records", 300, 90, 6, 2, 1000, nothing),
                    )
                ),
                *(
                    make_event(
                        EventKind.FEATURE_USE, at_us=day, source=Source.HOOK, session_id="s_d", user_id="u_1", key=name,
                        feature="skill", feature_name=name,
                    )
                    for name in ("pdf", "xlsx")
                ),
                *(
                    make_event(
                        EventKind.USAGE_LIMIT, at_us=day + number, source=Source.HOOK, limit_window=window,
                        limit_used_ratio=used, **a,
                    )
                    for number, (window, used) in enumerate(
                        (("five_hour", 0.5), ("five_hour", 0.75), ("five_hour", 0.1), ("seven_day", 0.25))
                    )
                ),
            ],
            drops={(DropReason.BAD_LINE, "line"): 3},
        )
    )  # fmt: skip
    store.settle()
    yield store
    store.close()


BY_HAND = {
    "sessions": 2, "users": 1, "prompts": 1, "agent_prompts": 1, "requests": 3, "api_errors": 1, "api_retries": 1,
    "input_tokens": 44, "output_tokens": 22, "reasoning_tokens": 5, "cache_read_tokens": 60, "cache_write_tokens": 10,
    "cache_write_5m_tokens": 4, "cache_write_1h_tokens": 6, "web_search_requests": 2, "residual_tokens": 9,
    "residual_cost_microusd": 2, "coverage": 127 / 136, "total_tokens": 136, "cost_microusd": 4, "cost_usd": 0.000004, "unpriced_requests": 1,
    "cache_hit_ratio": 60 / 114, "api_error_ratio": 0.25, "request_p50_ms": 200, "request_p95_ms": 290, "ttft_p50_ms": 40, "ttft_p95_ms": 40,
    "tool_calls": 3, "tool_errors": 1, "tool_rejections": 1, "tool_error_ratio": 1 / 3, "tool_p50_ms": 20,
    "tool_p95_ms": 29, "lines_added": 7, "lines_removed": 3, "commits": 2, "pull_requests": 1, "active_seconds": 12.5,
    "feature_uses": 2, "reported_sessions": 3, "turns_per_session": 4.5, "tool_calls_per_session": 5,
    "limit_used_ratio": 0.75, "reported_tool_error_ratio": 0.2, "session_p50_seconds": 300, "hook_ms_per_session": 12.5, "reported_tokens": 77,
    "sessions_started": 2, "active_repositories": None,
    "session_length_p50_seconds": 0, "session_length_p95_seconds": 0, "session_length_mean_seconds": 0,
    "cost_per_session_usd": 4.1e-6 / 2, "cost_per_prompt_usd": 4.1e-6, "cost_per_commit_usd": 2.05e-6,
    "cost_per_pull_request_usd": 4.1e-6, "cost_per_line_usd": 4.1e-6 / 7, "tokens_per_commit": 68, "tokens_per_line": 136 / 7,
    "requests_per_prompt": 3, "prompts_per_session": 0.5, "cost_share": 1, "subagent_cost_microusd": 0,
    "skill_cost_microusd": 0, "plugin_cost_microusd": 0, "mcp_cost_microusd": 0, "subagent_cost_share": 0,
    "skill_cost_share": 0, "plugin_cost_share": 0, "mcp_cost_share": 0, "lines_net": 4, "code_churn": 10,
    "time_to_first_edit_p50_seconds": 0, "time_to_first_commit_p50_seconds": 0, "score_outcome": 1, "score_reliability": 2 / 3,
    "score_acceptance": 0, "score_one_shot": None, "productivity_score": round(10 * (0.4 + 0.2 * 2 / 3) / 0.8, 9), "compactions": 0,
    "context_before_compaction_p50_tokens": None, "daily_active_users": 0.5, "weekly_active_users": 1,
    "monthly_active_users": 1, "stickiness_ratio": 0.5, "retry_cost_microusd": 0, "cache_saved_microusd": 0, "cache_unrated_tokens": 70,
    "tool_success_ratio": 0.5, "tool_retries": 0, "edit_acceptance_ratio": 0, "read_before_edit_ratio": None,
    "one_shot_ratio": None, "user_active_seconds": None, "agent_active_seconds": None, "files_changed": None,
}  # fmt: skip


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_has_a_case_computed_by_hand(store, metric):
    ((found,),) = answer(store, Query(metrics=[metric])).rows
    assert found == (BY_HAND[metric] if BY_HAND[metric] is None else pytest.approx(BY_HAND[metric], rel=1e-12))


@pytest.mark.parametrize("metric", METRICS)
def test_where_nothing_happened_a_metric_is_what_it_says(store, metric):
    window = Window(start=at("2030-01-01"))
    assert answer(store, Query(metrics=[metric], window=window)).rows == [(METRICS[metric].empty,)]


def test_the_first_day_is_told_apart_from_the_second(store):
    rows = answer(store, Query(metrics=["sessions", "requests", "cost_microusd", "commits"], by=["day"])).rows
    assert rows == [("2025-10-09", 1, 2, 4, 2), ("2025-10-10", 1, 1, 0, 0)]


def test_a_window_includes_its_start_and_excludes_its_end(store):
    moment = at("2025-10-09T08:53:20")
    query = Query(metrics=["requests", "sessions"], window=Window(start=moment, end=moment.replace(microsecond=1)))
    assert answer(store, query).rows == [(1, 1)]
    assert answer(store, Query(metrics=["requests", "sessions"], window=Window(end=moment))).rows == [(0, 0)]


def test_filters_join_with_and_their_values_with_or(store):
    def requests(**filters: list[str | None]) -> int:
        return answer(store, Query(metrics=["requests"], filters=filters)).rows[0][0]

    assert requests(model=["opus"]) == 1
    assert requests(model=["opus", "haiku"]) == 2
    assert requests(model=["opus", "haiku"], user=["u_2"]) == 0
    assert requests(user=[None]) == 1
    assert requests(user=[None, "u_1"]) == 3
    assert requests(day=["2025-10-09"], project=["p_1"]) == 2
    assert requests(model=[]) == 0
    assert requests(model=["opus' or '1' = '1"]) == 0


def test_unknown_names_are_refused_with_the_valid_ones():
    with pytest.raises(UnknownMetric) as metric:
        compile_query(Query(metrics=["no_such_metric"]))
    assert "cache_hit_ratio" in metric.value.hint
    with pytest.raises(UnknownDimension) as dimension:
        compile_query(Query(metrics=["requests"], by=["drop table"]))
    assert "model" in dimension.value.hint
    with pytest.raises(UnknownDimension, match="commits cannot be split or filtered by query_source") as wrong:
        compile_query(Query(metrics=["commits"], by=["query_source"]))
    assert "project" in wrong.value.hint
    with pytest.raises(UnknownDimension):
        compile_query(Query(metrics=["requests"], filters={"; drop": ["x"]}))


@pytest.mark.parametrize(
    "query",
    [
        Query(metrics=[]),
        Query(metrics=["requests", "requests"]),
        Query(metrics=["requests"], by=["day", "day"]),
        Query(metrics=["requests"], filters={"weekday": ["Monday"]}),
        Query(metrics=["requests"], filters={"day": ["yesterday"]}),
    ],
)
def test_senseless_questions_are_query_errors(query):
    with pytest.raises(QueryError):
        compile_query(query)


def test_no_value_is_in_the_text_of_a_statement():
    canary = "c4n4ry' --"
    statement = compile_query(Query(metrics=["requests"], by=["model"], filters={"user": [canary], "model": [canary]}))
    assert canary not in statement.sql
    assert list(statement.parameters.values()) == [canary, canary]


@pytest.mark.parametrize(
    ("text", "hours"), [("1h", 1), ("24h", 24), ("7d", 168), ("30d", 720), ("90d", 2160), ("2w", 336), ("30m", 0.5)]
)
def test_a_range_ends_now(text, hours):
    window = parse_window(now_us=NOW_US, range_=text)
    assert window.end == at("2025-10-10T08:53:20")
    assert window.start is not None
    assert (window.end - window.start).total_seconds() == hours * 3600


def test_all_is_unbounded_and_days_and_zones_are_read():
    assert parse_window(now_us=NOW_US, range_="all") == parse_window(now_us=NOW_US) == Window()
    window = parse_window(now_us=NOW_US, since="2025-10-01", until="2025-10-02T01:00:00+02:00")
    assert (window.start, window.end) == (at("2025-10-01"), at("2025-10-01T23:00:00"))
    assert window.as_text() == {"since": "2025-10-01T00:00:00Z", "until": "2025-10-01T23:00:00Z", "tz": "UTC"}


@pytest.mark.parametrize(
    "named",
    [
        {"range_": "7"}, {"range_": "0d"}, {"range_": "-1d"}, {"range_": "99999w"}, {"range_": ""}, {"since": "then"},
        {"since": "2025-10-02", "until": "2025-10-01"}, {"since": "2025-10-02", "until": "2025-10-02"},
        {"range_": "7d", "since": "2025-10-02"}, {"until": "0001-01-01T00:00:00+14:00"},
    ],
)  # fmt: skip
def test_what_is_no_window_is_refused(named):
    with pytest.raises(BadWindow):
        parse_window(now_us=NOW_US, **named)


def test_money_is_rounded_half_up_once():
    assert [half_up(n) for n in (0, 499, 500, 1499, 1500, 2500)] == [0, 0, 1, 1, 2, 3]


def test_the_report_has_exactly_its_totals_and_says_what_they_rest_on(store):
    report = build_report(store, Window(), ["model", "day", "tool"])
    assert list(report.totals) == [*TOTALS, "coverage", "reasons"]
    assert {name: report.totals[name] for name in TOTALS} == {name: pytest.approx(BY_HAND[name]) for name in TOTALS}
    coverage = report.totals["coverage"]
    assert (coverage["share"], coverage["unpriced_models"], coverage["dropped"]) == (127 / 136, ["mystery"], 3)
    assert coverage["requests"] == {"otel_only": 2, "transcript_only": 1, "both": 0, "other": 0}
    assert [row["model"] for row in report.by["model"]] == ["opus", "unseen", "haiku", "mystery", None]
    assert [row["day"] for row in report.by["day"]] == ["2025-10-09", "2025-10-10"]
    assert {row["tool"]: row["tool_calls"] for row in report.by["tool"] if row["tool"]} == {"Bash": 2, "Edit": 1}


def test_rows_of_a_breakdown_stand_with_most_first_also_where_they_have_no_cost():
    own = DuckDBStore(":memory:")
    calls = [("Agent", 1), ("Bash", 3), ("Read", 2)]
    events = [
        make_event(kind=EventKind.TOOL_CALL, at_us=n, tool_use_id=f"{name}{n}", tool_name=name, success=True)
        for name, many in calls
        for n in range(many)
    ]
    own.write(Batch(events=events))
    own.settle()
    rows = build_report(own, Window(), ["tool"]).by["tool"]
    assert [(row["tool"], row["tool_calls"]) for row in rows] == [("Bash", 3), ("Read", 2), ("Agent", 1)]
    own.close()


def test_requests_that_no_transcript_of_their_session_shows_are_auxiliary(store):
    own = DuckDBStore(":memory:")
    shown = make_event(source=Source.TRANSCRIPT, session_id="s_a", message_id="m1", model="opus", input_tokens=1)
    title = make_event(session_id="s_a", request_id="r9", model="haiku", input_tokens=1)
    other = make_event(session_id="s_b", request_id="r8", model="haiku", input_tokens=1)
    own.write(Batch(events=[title, other]))
    own.settle()
    assert build_report(own, Window()).totals["coverage"]["auxiliary_requests"] == 0
    own.write(Batch(events=[shown]))
    own.settle()
    assert build_report(own, Window()).totals["coverage"]["auxiliary_requests"] == 1
    own.close()


def test_active_time_that_nobody_reports_is_null_with_a_reason():
    own = DuckDBStore(":memory:")
    totals = build_report(own, Window()).totals
    assert totals["active_seconds"] is None
    assert "OpenTelemetry" in totals["reasons"]["active_seconds"]
    assert totals["coverage"]["share"] is None
    own.close()


def test_registries_only_name_facts_that_there_are():
    assert all(set(metric.sql) <= set(FACTS) and metric.help.endswith(".") for metric in METRICS.values())
    assert all(set(dimension.sql) <= set(FACTS) and dimension.help for dimension in DIMENSIONS.values())
    assert all(metric.formula and bool(metric.sql) != bool(metric.made_of) for metric in METRICS.values())
    assert all(part_of(name).sql for metric in METRICS.values() for name in metric.parts)
