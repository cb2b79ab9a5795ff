"""Every figure of the classic API over four sessions, as worked out by hand, in the shape the older dashboard reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tachograph.testing import make_event
from tachograph_sdk.model.event import EventKind, Source
from tests.served import NAMES, Served, at_us, served
from tests.unit.classic.two_days import BOB, JANE, SESSIONS, UUIDS, two_days

DAYS = {"start_time": "2026-11-19T00:00:00Z", "end_time": "2026-11-21T00:00:00Z"}
REPO_1, REPO_2 = NAMES.repository("repo-1"), NAMES.repository("repo-2")


@pytest.fixture(scope="module")
def api() -> Iterator[Served]:
    with served(two_days(), budget_usd=0.50) as made:
        yield made


def near(expected: Any) -> Any:
    """Floats to nine digits, anywhere in a list or mapping."""
    if isinstance(expected, dict):
        return {name: near(value) for name, value in expected.items()}
    if isinstance(expected, list):
        return [near(value) for value in expected]
    return pytest.approx(expected, rel=1e-9) if isinstance(expected, float) else expected


def without(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}


def some(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Points with anything in them."""
    return [point for point in points if any(value for name, value in point.items() if name != "timestamp")]


def test_health(api: Served) -> None:
    assert api.data("/api/health") == {
        "status": "healthy",
        "timestamp": "2026-11-20T12:00:00Z",
        "version": "9.9",
        "reasons": {},
    }


def test_overview_is_of_all_time_unless_a_time_is_given(api: Served) -> None:
    told = api.data("/api/metrics/overview")
    assert without(told, "top_tools", "recent_activity") == {
        "total_sessions": 4,
        "active_sessions": 1,
        "total_commands": 4,
        "avg_session_duration": (2400 + 1200 + 120) / 3,
        "reasons": {},
    }
    assert told["top_tools"] == near(
        [
            {"name": "Read", "count": 3, "percentage": 300 / 7},
            {"name": "Bash", "count": 2, "percentage": 200 / 7},
            {"name": "Edit", "count": 2, "percentage": 200 / 7},
        ]
    )
    day = api.data("/api/metrics/overview", range="24h")
    assert (day["total_sessions"], day["total_commands"], day["avg_session_duration"]) == (3, 3, (2400 + 120) / 2)
    assert [tool["count"] for tool in day["top_tools"]] == [3, 2, 1]


def test_recent_activity_is_the_last_ten_points_of_24_hours(api: Served) -> None:
    points = api.data("/api/metrics/overview")["recent_activity"]
    assert len(points) == 10
    assert [p["timestamp"] for p in points] == sorted((p["timestamp"] for p in points), reverse=True)
    assert points[0] == {
        "timestamp": "2026-11-20T11:55:00Z",
        "name": "claude_code.tool.usage",
        "value": 1.0,
        "labels": {"tool_name": "Read"},
    }
    assert points[4] == {
        "timestamp": "2026-11-20T11:46:00Z",
        "name": "claude_code.cost.usage",
        "value": 0.05,
        "labels": {"model": "opus"},
    }
    earlier = {"start_time": "2026-11-01T00:00:00Z", "end_time": "2026-11-20T11:00:01Z"}
    assert len(api.data("/api/metrics/overview", **earlier)["recent_activity"]) == 10
    only_yesterday = {"start_time": "2026-11-01T00:00:00Z", "end_time": "2026-11-20T11:08:00Z", "user_id": BOB}
    assert api.data("/api/metrics/overview", **only_yesterday)["recent_activity"] == []


def test_sessions_in_their_shape_the_latest_first(api: Served) -> None:
    told = api.data("/api/sessions")
    assert told["total_count"] == 4
    assert told["page_info"] == {"has_next": False, "has_prev": False, "current_page": 1, "total_pages": 1}
    assert told["sessions"] == [
        {
            "id": SESSIONS["beta"],
            "user_id": BOB,
            "start_time": "2026-11-20T11:45:00Z",
            "end_time": None,
            "duration_seconds": None,
            "command_count": 1,
            "tool_usage": [{"tool_name": "Read", "usage_count": 2}],
            "status": "Active",
        },
        {
            "id": SESSIONS["alpha"],
            "user_id": JANE,
            "start_time": "2026-11-20T09:00:00Z",
            "end_time": "2026-11-20T09:40:00Z",
            "duration_seconds": 2400,
            "command_count": 2,
            "tool_usage": [
                {"tool_name": "Bash", "usage_count": 2},
                {"tool_name": "Edit", "usage_count": 1},
                {"tool_name": "Read", "usage_count": 1},
            ],
            "status": "Completed",
        },
        {
            "id": SESSIONS["delta"],
            "user_id": None,
            "start_time": "2026-11-20T03:00:00Z",
            "end_time": "2026-11-20T03:02:00Z",
            "duration_seconds": 120,
            "command_count": 0,
            "tool_usage": [],
            "status": "Completed",
        },
        {
            "id": SESSIONS["gamma"],
            "user_id": JANE,
            "start_time": "2026-11-19T11:00:00Z",
            "end_time": "2026-11-19T11:20:00Z",
            "duration_seconds": 1200,
            "command_count": 1,
            "tool_usage": [{"tool_name": "Edit", "usage_count": 1}],
            "status": "Terminated",
        },
    ]


def test_one_session_by_the_agents_id_in_any_form_and_by_its_pseudonym(api: Served) -> None:
    alpha = api.data(f"/api/sessions/{UUIDS['alpha']}")
    assert alpha["id"] == SESSIONS["alpha"]
    assert alpha["command_count"] == 2
    assert alpha["reasons"] == {}
    for name in (SESSIONS["alpha"], UUIDS["alpha"].upper(), UUIDS["alpha"].replace("-", "")):
        assert api.data(f"/api/sessions/{name}") == alpha
    beta = api.data(f"/api/sessions/{UUIDS['beta']}")
    assert set(beta["reasons"]) == {"end_time", "duration_seconds"}


def test_metrics_of_one_session_by_the_minute(api: Served) -> None:
    points = api.data(f"/api/sessions/{UUIDS['alpha']}/metrics")
    assert [(p["timestamp"][11:16], p["name"].removeprefix("claude_code."), p["value"]) for p in points] == [
        ("09:00", "session.count", 1.0),
        ("09:00", "user_prompt.count", 1.0),
        ("09:01", "cost.usage", 0.10),
        ("09:01", "token.usage", 200.0),
        ("09:01", "token.usage", 1000.0),
        ("09:01", "token.usage", 100.0),
        ("09:01", "token.usage", 50.0),
        ("09:02", "lines_of_code.count", 30.0),
        ("09:02", "lines_of_code.count", 10.0),
        ("09:02", "tool.usage", 1.0),
        ("09:03", "tool.usage", 1.0),
        ("09:04", "tool.usage", 1.0),
        ("09:30", "user_prompt.count", 1.0),
        ("09:31", "cost.usage", 0.02),
        ("09:31", "token.usage", 10.0),
        ("09:31", "token.usage", 5.0),
        ("09:32", "tool.usage", 1.0),
        ("09:40", "commit.count", 1.0),
    ]
    tokens = api.data(f"/api/sessions/{UUIDS['alpha']}/metrics", metric_name="claude_code.token.usage")
    assert [(p["labels"], p["value"]) for p in tokens][:2] == [
        ({"model": "opus", "type": "cacheCreation"}, 200.0),
        ({"model": "opus", "type": "cacheRead"}, 1000.0),
    ]
    assert len(tokens) == 6
    assert api.data(f"/api/sessions/{UUIDS['alpha']}/metrics", range="1h") == []


def test_timeline_of_all_metrics_adds_up_to_the_totals(api: Served) -> None:
    told = api.data("/api/metrics/timeline")
    assert told["range"] == "24 hours"
    sums: dict[tuple[str, str], float] = {}
    for point in told["points"]:
        key = (point["name"].removeprefix("claude_code."), point["labels"].get("type", ""))
        sums[key] = sums.get(key, 0) + point["value"]
    assert sums == near(
        {
            ("token.usage", "input"): 152.0,
            ("token.usage", "output"): 77.0,
            ("token.usage", "cacheRead"): 1000.0,
            ("token.usage", "cacheCreation"): 200.0,
            ("cost.usage", ""): 0.17,
            ("session.count", ""): 3.0,
            ("user_prompt.count", ""): 3.0,
            ("tool.usage", ""): 6.0,
            ("lines_of_code.count", "added"): 30.0,
            ("lines_of_code.count", "removed"): 10.0,
            ("commit.count", ""): 1.0,
        }
    )
    assert told["summary"]["total_points"] == len(told["points"])
    assert told["summary"]["avg_value"] is None
    assert "metric_name" in told["reasons"]["summary.avg_value"]


def test_timeline_of_one_metric_has_a_summary(api: Served) -> None:
    told = api.data("/api/metrics/timeline", metric_name="claude_code.cost.usage")
    assert [(p["timestamp"], p["value"], p["labels"]) for p in told["points"]] == [
        ("2026-11-20T09:00:00Z", 0.10, {"model": "opus"}),
        ("2026-11-20T09:00:00Z", 0.02, {"model": "sonnet"}),
        ("2026-11-20T11:00:00Z", 0.05, {"model": "opus"}),
    ]
    assert told["summary"] == near({"total_points": 3, "avg_value": 0.17 / 3, "min_value": 0.02, "max_value": 0.10})
    days = api.data("/api/metrics/timeline", metric_name="total_tokens", range="7d")
    assert [(p["timestamp"], p["value"]) for p in days["points"]] == [
        ("2026-11-19T00:00:00Z", 12),
        ("2026-11-20T00:00:00Z", 1429),
    ]
    assert days["range"] == "7 days"


def test_productivity(api: Served) -> None:
    told = api.data("/api/analytics/productivity", **DAYS)
    assert without(told, "productivity_trend") == {
        "total_commits": 1,
        "total_pull_requests": 1,
        "total_lines_added": 35,
        "total_lines_removed": 10,
        "files_changed": 2,
        "active_repositories": [REPO_1, REPO_2],
        "top_contributors": [
            {"user_email": JANE, "commits": 1, "pull_requests": 1, "lines_added": 35, "lines_removed": 10}
        ],
        "reasons": {"active_repositories": "of 1 active session no source says the repository"},
    }
    assert len(told["productivity_trend"]) == 48
    assert some(told["productivity_trend"]) == [
        {"timestamp": "2026-11-19T11:00:00Z", "commits": 0, "pull_requests": 1, "lines_added": 5, "lines_removed": 0},
        {"timestamp": "2026-11-20T09:00:00Z", "commits": 1, "pull_requests": 0, "lines_added": 30, "lines_removed": 10},
    ]


def test_costs(api: Served) -> None:
    told = api.data("/api/analytics/costs")
    assert without(told, "cost_trend", "model_breakdown", "top_users_by_cost", "reasons") == near(
        {
            "total_cost_usd": 0.17,
            "total_input_tokens": 152,
            "total_output_tokens": 77,
            "total_cache_creation_tokens": 200,
            "total_cache_read_tokens": 1000,
            "average_cost_per_session": 0.17 / 3,
        }
    )
    assert told["model_breakdown"] == near(
        [
            {
                "model_name": "opus",
                "total_cost_usd": 0.15,
                "input_tokens": 140,
                "output_tokens": 70,
                "sessions": 2,
                "percentage_of_total": 1500 / 17,
            },
            {
                "model_name": "sonnet",
                "total_cost_usd": 0.02,
                "input_tokens": 10,
                "output_tokens": 5,
                "sessions": 1,
                "percentage_of_total": 200 / 17,
            },
            {
                "model_name": None,
                "total_cost_usd": 0.0,
                "input_tokens": 2,
                "output_tokens": 2,
                "sessions": 1,
                "percentage_of_total": 0.0,
            },
        ]
    )
    assert told["top_users_by_cost"] == near(
        [
            {
                "user_email": JANE,
                "total_cost_usd": 0.12,
                "total_tokens": 1365,
                "sessions": 1,
                "avg_cost_per_session": 0.12,
            },
            {
                "user_email": BOB,
                "total_cost_usd": 0.05,
                "total_tokens": 60,
                "sessions": 1,
                "avg_cost_per_session": 0.05,
            },
            {
                "user_email": None,
                "total_cost_usd": 0.0,
                "total_tokens": 4,
                "sessions": 1,
                "avg_cost_per_session": 0.0,
            },
        ]
    )
    assert "2 requests have no known price" in told["reasons"]["total_cost_usd"]
    assert some(told["cost_trend"])[1] == near(
        {
            "timestamp": "2026-11-20T09:00:00Z",
            "cost_usd": 0.12,
            "input_tokens": 110,
            "output_tokens": 55,
            "cache_creation_tokens": 200,
            "cache_read_tokens": 1000,
        }
    )
    assert len(told["cost_trend"]) == 24


def test_efficiency(api: Served) -> None:
    told = api.data("/api/analytics/efficiency", **DAYS)
    tokens = 1429 + 12
    assert without(told, "tool_efficiency", "time_to_productivity", "reasons") == near(
        {
            "tokens_per_commit": float(tokens),
            "cost_per_commit": 0.21,
            "tokens_per_line_of_code": tokens / 35,
            "cost_per_line_of_code": 0.21 / 35,
            "session_productivity_score": (9.5 + 10 + 10 / 3) / 3,  # alpha: commit, 1 of 4 calls failed, one-shot …
        }
    )
    assert told["tool_efficiency"] == near(
        [
            {
                "tool_name": "Read",
                "usage_count": 3,
                "success_rate": 100.0,
                "avg_duration_ms": 40.0,
                "productivity_correlation": None,
            },
            {
                "tool_name": "Bash",
                "usage_count": 2,
                "success_rate": 50.0,
                "avg_duration_ms": 400.0,
                "productivity_correlation": None,
            },
            {
                "tool_name": "Edit",
                "usage_count": 2,
                "success_rate": 100.0,
                "avg_duration_ms": 150.0,
                "productivity_correlation": None,
            },
        ]
    )
    assert "10 sessions" in told["reasons"]["tool_efficiency.productivity_correlation"]
    assert some(told["time_to_productivity"]) == [
        {
            "timestamp": "2026-11-19T11:00:00Z",
            "session_start_to_first_commit_minutes": None,
            "session_start_to_first_edit_minutes": 6.0,
        },
        {
            "timestamp": "2026-11-20T09:00:00Z",
            "session_start_to_first_commit_minutes": 40.0,
            "session_start_to_first_edit_minutes": 2.0,
        },
    ]


def test_kpis_and_their_change_against_the_day_before(api: Served) -> None:
    told = api.data("/api/analytics/dashboard/kpis")
    assert told == near(
        {
            "today_sessions": 3,
            "today_sessions_change": 200.0,  # 1 the day before
            "total_tokens": 1429,
            "total_tokens_change": 100 * (1429 - 12) / 12,
            "total_cost": 0.17,
            "total_cost_change": 325.0,  # 0.04
            "lines_of_code": 30,
            "lines_of_code_change": 500.0,  # 5
            "period": "24h",
            "reasons": {},
        }
    )
    week = api.data("/api/analytics/dashboard/kpis", range="7d")
    assert week["total_cost"] == pytest.approx(0.21)
    assert week["total_cost_change"] is None
    assert "nothing in the time before" in week["reasons"]["total_cost_change"]


def test_token_trend(api: Served) -> None:
    told = api.data("/api/analytics/dashboard/token-trend", range="7d")
    assert told["range"] == "7d"
    assert [point["timestamp"][:10] for point in told["data_points"]] == [f"2026-11-{day}" for day in range(13, 21)]
    assert told["data_points"][-1] == {
        "timestamp": "2026-11-20T00:00:00Z",
        "input_tokens": 152,
        "output_tokens": 77,
        "cache_creation_tokens": 200,
        "cache_read_tokens": 1000,
        "total_tokens": 1429,
    }
    assert told["data_points"][0]["total_tokens"] == 0


def test_tool_usage(api: Served) -> None:
    told = api.data("/api/analytics/dashboard/tool-usage")
    assert told["total_tool_calls"] == 6
    assert [without(tool, "color") for tool in told["tools"]] == near(
        [
            {
                "tool_name": "Read",
                "usage_count": 3,
                "success_rate": 100.0,  # of two: the rejected call did not run
                "avg_duration_ms": 40.0,
                "percentage": 50.0,
            },
            {
                "tool_name": "Bash",
                "usage_count": 2,
                "success_rate": 50.0,
                "avg_duration_ms": 400.0,
                "percentage": 100 / 3,
            },
            {
                "tool_name": "Edit",
                "usage_count": 1,
                "success_rate": 100.0,
                "avg_duration_ms": 100.0,
                "percentage": 100 / 6,
            },
        ]
    )
    assert len({tool["color"] for tool in told["tools"]}) == 3


def test_heat_map_has_168_cells_sunday_first_in_the_zone(api: Served) -> None:
    told = api.data("/api/analytics/dashboard/usage-heatmap", **DAYS)
    cells = {(cell["day_of_week"], cell["hour"]): cell for cell in told["heatmap"]}
    assert told["timezone"] == "UTC"
    assert list(cells) == [(day, hour) for day in range(7) for hour in range(24)]
    assert cells[5, 9] == {"hour": 9, "day_of_week": 5, "intensity": 1.0, "session_count": 1, "token_count": 1365}
    assert cells[5, 11] == near(
        {"hour": 11, "day_of_week": 5, "intensity": 60 / 1365, "session_count": 1, "token_count": 60}
    )
    assert cells[4, 11]["token_count"] == 12
    assert cells[0, 0] == {"hour": 0, "day_of_week": 0, "intensity": 0.0, "session_count": 0, "token_count": 0}
    berlin = api.data("/api/analytics/dashboard/usage-heatmap", **DAYS, tz="Europe/Berlin")
    assert berlin["timezone"] == "Europe/Berlin"
    assert {(c["day_of_week"], c["hour"]): c["token_count"] for c in berlin["heatmap"]}[5, 10] == 1365


def test_model_costs(api: Served) -> None:
    told = api.data("/api/analytics/advanced/model-costs")
    assert told["period"] == "30d"
    assert told["total_cost"] == pytest.approx(0.21)
    assert [without(model, "color") for model in told["models"]] == near(
        [
            {
                "model_name": "opus",
                "cost_per_session": 0.19 / 3,
                "total_sessions": 3,
                "total_cost": 0.19,
                "avg_input_tokens": 148 / 3,
                "avg_output_tokens": 74 / 3,
                "efficiency_score": 0.19 / (1350 + 60 + 12),
            },
            {
                "model_name": "sonnet",
                "cost_per_session": 0.02,
                "total_sessions": 1,
                "total_cost": 0.02,
                "avg_input_tokens": 10.0,
                "avg_output_tokens": 5.0,
                "efficiency_score": 0.02 / 15,
            },
            {
                "model_name": None,
                "cost_per_session": 0.0,
                "total_sessions": 1,
                "total_cost": 0.0,
                "avg_input_tokens": 1.0,
                "avg_output_tokens": 1.0,
                "efficiency_score": 0.0,
            },
        ]
    )


def test_budget_progress_of_a_month_with_little_history(api: Served) -> None:
    told = api.data("/api/analytics/advanced/budget-progress")
    assert without(told, "reasons") == near(
        {
            "current_month_cost": 0.21,
            "monthly_budget": 0.50,
            "percentage_used": 42.0,
            "days_remaining": 10,
            "projected_month_end_cost": None,
            "is_over_budget": None,
            "daily_breakdown": [
                {"date": "2026-11-19T00:00:00Z", "cost": 0.04, "sessions": 1, "tokens": 12},
                {"date": "2026-11-20T00:00:00Z", "cost": 0.17, "sessions": 3, "tokens": 1429},
            ],
            "projection": None,
        }
    )
    assert "too few" in told["reasons"]["projected_month_end_cost"]
    assert "not yet" in told["reasons"]["is_over_budget"]


def test_tool_efficiency(api: Served) -> None:
    told = api.data("/api/analytics/advanced/tool-efficiency", **DAYS)
    figures = [
        (t["tool_name"], t["efficiency_score"], t["median_duration_ms"], t["usage_count"]) for t in told["tools"]
    ]
    assert figures == [
        ("Read", 10.0, 40.0, 3),
        ("Bash", 0.0, 400.0, 2),
        ("Edit", 10.0, 150.0, 2),
    ]  # Bash: failed, retried
    assert told["overall_efficiency_score"] == pytest.approx(10 * 4 / 6)
    assert all(t["trend"] is t["cost_per_use"] is t["time_saved_estimate_hours"] is None for t in told["tools"])
    assert {"tools.trend", "tools.cost_per_use", "tools.time_saved_estimate_hours"} <= set(told["reasons"])
    assert some(told["efficiency_over_time"]) == near(
        [
            {"timestamp": "2026-11-19T11:00:00Z", "overall_score": 10.0, "top_tool_score": None},
            {"timestamp": "2026-11-20T09:00:00Z", "overall_score": 10 / 3, "top_tool_score": None},
            {"timestamp": "2026-11-20T11:00:00Z", "overall_score": 10.0, "top_tool_score": 10.0},
        ]
    )


def test_session_duration(api: Served) -> None:
    told = api.data("/api/analytics/advanced/session-duration", **DAYS)
    assert told["total_sessions"] == 4
    assert told["avg_duration_minutes"] == pytest.approx((40 + 10 + 20 + 2) / 4)
    assert told["median_duration_minutes"] == pytest.approx(15.0)
    assert [(b["min_minutes"], b["max_minutes"], b["session_count"], b["percentage"]) for b in told["distribution_buckets"]] == [
        (0, 5, 1, 25.0), (5, 15, 1, 25.0), (15, 30, 1, 25.0), (30, 60, 1, 25.0), (60, 120, 0, 0.0), (120, None, 0, 0.0),
    ]  # fmt: skip
    assert [b["label"] for b in told["distribution_buckets"]][-2:] == ["1-2 hours", "2+ hours"]
    assert some(told["duration_over_time"])[0] == {
        "timestamp": "2026-11-19T11:00:00Z",
        "avg_duration_minutes": 20.0,
        "session_count": 1,
    }


def test_code_generation(api: Served) -> None:
    told = api.data("/api/analytics/advanced/code-generation", **DAYS)
    assert told["total_code_files_generated"] == 2
    assert told["total_lines_generated"] == 35
    assert told["avg_lines_per_file"] == 17.5
    assert [without(language, "color") for language in told["most_generated_languages"]] == near(
        [{"language": "python", "file_count": 1, "line_count": 30, "percentage": 3000 / 35}]
    )
    assert some(told["generation_over_time"]) == [
        {"timestamp": "2026-11-19T11:00:00Z", "files_generated": 1, "lines_generated": 5},
        {"timestamp": "2026-11-20T09:00:00Z", "files_generated": 1, "lines_generated": 30},
    ]
    quality = told["code_quality_metrics"]
    assert set(quality) == {"avg_file_size_kb", "avg_complexity_score", "estimated_bug_rate", "readability_score"}
    assert set(quality.values()) == {None}
    assert {f"code_quality_metrics.{name}" for name in quality} <= set(told["reasons"])


def test_a_call_that_was_not_allowed_did_not_run_whatever_a_source_says_of_it() -> None:
    who: dict[str, Any] = {"session_id": SESSIONS["alpha"], "tool_use_id": "t1", "tool_name": "Bash"}
    events = [
        make_event(EventKind.TOOL_CALL, at_us=at_us("2026-11-20T11:00"), success=True, **who),
        make_event(EventKind.TOOL_DECISION, at_us=at_us("2026-11-20T11:00"), decision="reject", **who),
    ]
    with served(events) as api:
        (tool,) = api.data("/api/analytics/dashboard/tool-usage")["tools"]
        assert (tool["usage_count"], tool["success_rate"]) == (1, None)
        assert api.data("/api/analytics/advanced/tool-efficiency")["overall_efficiency_score"] is None


def test_a_file_from_which_lines_were_only_taken_was_changed_but_not_generated() -> None:
    at, kind = at_us("2026-11-20T11:00"), EventKind.CODE_CHANGE
    events = [
        make_event(kind, source=Source.TRANSCRIPT, at_us=at, lines_added=4, lines_removed=0, file="f_1"),
        make_event(kind, source=Source.TRANSCRIPT, at_us=at, lines_added=0, lines_removed=3, file="f_2"),
    ]
    with served(events) as api:
        assert api.data("/api/analytics/advanced/code-generation")["total_code_files_generated"] == 1
        assert api.data("/api/analytics/productivity")["files_changed"] == 2


def test_a_total_of_models_is_rounded_once_as_the_total_is() -> None:
    events = [
        make_event(request_id=f"r{n}", key=f"k{n}", session_id="s_1", model=f"m{n}", input_tokens=1,
                   at_us=at_us("2026-11-20T09:00"), cost_nanousd=400, cost_basis="reported")
        for n in range(3)
    ]  # fmt: skip
    with served(events) as api:
        models = api.data("/api/analytics/advanced/model-costs")
        assert [model["total_cost"] for model in models["models"]] == [0.0, 0.0, 0.0]  # 0.4 of a micro-dollar each
        assert models["total_cost"] == api.data("/api/analytics/costs")["total_cost_usd"] == 0.000001


def test_sessions_of_no_known_repository_are_no_sessions_of_no_repository() -> None:
    prompt = make_event(kind=EventKind.PROMPT, session_id="s_1", at_us=at_us("2026-11-20T09:00"))
    with served([prompt]) as api:
        told = api.data("/api/analytics/productivity")
        assert told["active_repositories"] == []
        assert told["reasons"]["active_repositories"] == "of 1 active session no source says the repository"
