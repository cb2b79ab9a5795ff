"""Each endpoint of the classic API answers what plain Python makes of the month's own records, however it is asked."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tachograph.analytics.trends.questions import trend_of
from tests.served import TOKEN, served
from tests.truth import figures
from tests.truth.endpoints import ENDPOINTS, Request, duration_of, points_of, status_of
from tests.truth.month import BUDGET_USD, COMPANY, EMAIL, NOW, ORGANIZATION, PERSON
from tests.truth.rows import Facts, Row

RANGES = {
    "1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}  # fmt: skip


def request(facts: Facts, period: str, **more: Any) -> Request:
    return Request(
        facts=facts, now=NOW, start=NOW - RANGES[period], end=NOW, period=period, budget_usd=BUDGET_USD, **more
    )


def differences(told: Any, true: Any, path: str = "") -> list[str]:
    """Where an answer is not the true one; what `true` does not name is not looked at."""
    if isinstance(true, dict):
        if not isinstance(told, dict):
            return [f"{path}: {told!r} is no object"]
        return [d for name, value in true.items() for d in differences(told.get(name, "-"), value, f"{path}.{name}")]
    if isinstance(true, list):
        if not isinstance(told, list) or len(told) != len(true):
            return [f"{path}: {len(true)} truly, answered: {told!r}"[:300]]
        pairs = enumerate(zip(told, true, strict=True))
        return [d for number, (one, other) in pairs for d in differences(one, other, f"{path}[{number}]")]
    if isinstance(true, (int, float)) and isinstance(told, (int, float)) and not isinstance(true, bool):
        return (
            [] if math.isclose(told, true, rel_tol=1e-6, abs_tol=2e-5) else [f"{path}: {true} truly, {told} answered"]
        )
    return [] if told == true else [f"{path}: {true!r} truly, {told!r} answered"]


@pytest.mark.parametrize("period", RANGES)
@pytest.mark.parametrize("path", ENDPOINTS)
def test_of_every_range(truly, facts, path, period):
    told = truly.data(f"/api/{path}", range=period)
    assert not differences(told, ENDPOINTS[path](request(facts, period)))


FILTERS: dict[str, tuple[dict[str, str], dict[str, list[str]]]] = {
    "an e-mail address": ({"user_email": EMAIL}, {"user": [PERSON]}),
    "a pseudonym": ({"user_email": "u_0000000000000001"}, {"user": ["u_0000000000000001"]}),
    "an organization": ({"organization_id": ORGANIZATION}, {"organization": [COMPANY]}),
    "both": ({"user_email": EMAIL, "organization_id": ORGANIZATION}, {"user": [PERSON], "organization": [COMPANY]}),
    "nobody": ({"user_email": "stranger@example.org"}, {"user": []}),
    "two people": ({"user_email": f"{EMAIL},u_0000000000000002"}, {"user": [PERSON, "u_0000000000000002"]}),
}


@pytest.mark.parametrize("who", FILTERS)
@pytest.mark.parametrize("path", ENDPOINTS)
def test_of_some_people(truly, facts, path, who):
    parameters, filters = FILTERS[who]
    for period in ("24h", "30d"):
        told = truly.data(f"/api/{path}", range=period, **parameters)
        assert not differences(told, ENDPOINTS[path](request(facts, period, filters=filters)))


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("path", ENDPOINTS)
def test_between_two_times(truly, facts, path, zone):
    for start, end, written in (
        ("2026-10-24T09:30:00", "2026-10-26T21:10:05", "2026-10-26T21:10:05Z"),  # Europe's clock is put back within it
        ("2026-10-13T09:20:00", "2026-10-15T15:40:00", "2026-10-15T17:40:00+02:00"),  # through hours of work
        ("2026-10-24T22:00:00", "2026-10-26T23:00:00", "2026-10-27T00:00:00+01:00"),  # two whole days there, 49 hours
    ):
        first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
        told = truly.data(f"/api/{path}", start_time=f"{start}Z", end_time=written, tz=zone, range="1h")
        asked = Request(facts=facts, now=NOW, start=first, end=last, period="custom", zone=zone, budget_usd=BUDGET_USD)
        assert not differences(told, ENDPOINTS[path](asked))


@pytest.mark.parametrize("path", ENDPOINTS)
def test_where_no_time_is_given(truly, facts, path):
    default = {"metrics/overview": None, "analytics/advanced/model-costs": "30d"}.get(path, "24h")
    asked = request(facts, default) if default else Request(facts=facts, now=NOW, start=None, end=None, period="all")
    assert not differences(truly.data(f"/api/{path}"), ENDPOINTS[path](asked))


def listed(points: list[dict[str, Any]]) -> dict[tuple[Any, ...], float]:
    """Points by what makes them themselves."""
    found = {(p["timestamp"], p["name"], *sorted(p["labels"].items())): p["value"] for p in points}
    assert len(found) == len(points)
    return found


@pytest.mark.parametrize("who", ["an e-mail address", "an organization"])
@pytest.mark.parametrize("period", ["1h", "24h", "7d", "30d"])
def test_points_of_the_timeline(truly, facts, period, who):
    parameters, filters = FILTERS[who]
    for more, kept in (({}, {}), (parameters, filters)):
        asked = request(facts, period, filters=kept)
        true = points_of(asked, asked.piece)
        told = truly.data("/api/metrics/timeline", range=period, **more)
        assert listed(told["points"]) == pytest.approx(true, abs=1e-5)
        assert told["summary"]["total_points"] == len(true)
        name = "claude_code.token.usage"
        told = truly.data("/api/metrics/timeline", range=period, metric_name=name, **more)
        values = [value for key, value in true.items() if key[1] == name]
        assert sorted(p["value"] for p in told["points"]) == sorted(values)
        assert told["summary"] == {
            "total_points": len(values),
            "avg_value": pytest.approx(sum(values) / len(values)) if values else None,
            "min_value": min(values, default=None),
            "max_value": max(values, default=None),
        }


def shape(facts: Facts, session: Row) -> dict[str, Any]:
    """A session as the endpoints show it."""
    calls: dict[str, int] = {}
    for call in facts["tool_calls"]:
        if call["session"] == session["session"]:
            calls[call["tool"]] = calls.get(call["tool"], 0) + 1
    status = status_of(session, NOW)
    over = status != "Active"
    return {
        "id": session["session"], "user_id": session["user"], "start_time": session["at"].isoformat() + "Z",
        "end_time": session["ended"].isoformat() + "Z" if over else None,
        "duration_seconds": int(duration_of(session)) if over else None,
        "command_count": session["prompts"], "status": status,
        "tool_usage": [
            {"tool_name": tool, "usage_count": n} for tool, n in sorted(calls.items(), key=lambda c: (-c[1], c[0]))
        ],
    }  # fmt: skip


def latest_first(facts: Facts, filters: dict[str, list[str]]) -> list[Row]:
    found = [s for s in facts["sessions"] if all(s[name] in values for name, values in filters.items())]
    return sorted(found, key=lambda s: (-s["at"].timestamp(), s["session"]))


@pytest.mark.parametrize("who", FILTERS)
def test_pages_of_sessions(truly, facts, who):
    parameters, filters = FILTERS[who]
    true = latest_first(facts, filters)
    found = []
    for offset in range(0, len(true) + 1, 25):
        page = truly.data("/api/sessions", limit=25, offset=offset, **parameters)
        assert page["total_count"] == len(true)
        assert page["page_info"] == {
            "has_next": offset + 25 < len(true), "has_prev": offset > 0, "current_page": offset // 25 + 1,
            "total_pages": -(-len(true) // 25),
        }  # fmt: skip
        found += page["sessions"]
    assert not differences(found, [shape(facts, session) for session in true])


def test_sessions_of_a_range_and_of_one_person(truly, facts):
    true = [s for s in latest_first(facts, {"user": [PERSON]}) if s["at"] >= NOW - timedelta(days=7)]
    told = truly.data("/api/sessions", range="7d", user_id=PERSON)
    assert not differences(told["sessions"], [shape(facts, session) for session in true])
    assert {s["status"] for s in truly.data("/api/sessions", limit=100)["sessions"]} == {
        "Active", "Completed", "Terminated",
    }  # fmt: skip


def test_each_session_by_itself_and_what_happened_in_it(truly, facts):
    for session in latest_first(facts, {})[::7]:
        told = truly.data(f"/api/sessions/{session['session']}")
        assert not differences(told, shape(facts, session))
        asked = Request(
            facts=facts, now=NOW, start=None, end=None, period="all", filters={"session": [session["session"]]}
        )
        true = points_of(asked, lambda at: at.replace(second=0, microsecond=0).isoformat() + "Z")
        points = truly.data(f"/api/sessions/{session['session']}/metrics")
        assert listed(points) == pytest.approx(true, abs=1e-6)


def test_the_last_points_are_what_happened_last(truly, facts):
    told = truly.data("/api/metrics/overview")["recent_activity"]
    asked = Request(facts=facts, now=NOW, start=NOW - timedelta(hours=24), end=NOW, period="24h")
    true = points_of(asked, lambda at: at.isoformat() + "Z")
    assert len(told) == 10
    assert sorted((p["timestamp"] for p in told), reverse=True) == [p["timestamp"] for p in told]
    assert [p["timestamp"] for p in told] == sorted((key[0] for key in true), reverse=True)[:10]
    for key, value in listed(told).items():
        assert true[key] == pytest.approx(value)


def test_trends_go_by_the_whole_days_of_the_time(truly, facts):
    """Which way a series goes is tested elsewhere; here, that the series are the true ones."""
    told = truly.data("/api/analytics/trends", range="30d")
    first, last = date(2026, 10, 1), date(2026, 10, 29)
    days = value_by_day(facts, "cost_usd")
    series = [
        (first + timedelta(n), days.get((first + timedelta(n)).isoformat(), 0.0))
        for n in range((last - first).days + 1)
    ]
    trend = trend_of(series)
    assert told["range"] == "30d"
    assert told["cost_trend"] == worded(trend)
    assert told["forecasted_monthly_cost"] is None  # a forecast takes more than a month of days
    assert "35" in told["reasons"]["forecasted_monthly_cost"]
    assert told["forecasted_monthly_productivity"] == dict.fromkeys(("commits", "pull_requests", "lines_of_code"))
    assert truly.data("/api/analytics/trends", range="7d")["cost_trend"] is None


def value_by_day(facts: Facts, name: str) -> dict[str, float]:
    found = figures.answer(facts, figures.Asked(metrics=[name], by=["day"], end=NOW))
    return {key[0]: float(row[name] or 0) for key, row in found.items()}


def worded(trend: Any) -> Any:
    if trend.direction in (None, "stable"):
        return None if trend.direction is None else "Stable"
    return {trend.direction.capitalize(): pytest.approx(abs(trend.change_ratio) * 100)}


def test_a_time_that_ends_with_a_month_is_about_that_month(store, facts):
    """Its end is excluded: nothing of the month that begins there was asked."""
    cost = figures.value_of(facts, "cost_usd") or 0
    month = {"start_time": "2026-10-01T00:00:00Z", "end_time": "2026-11-01T00:00:00Z"}
    with served(store=store, now=datetime(2026, 11, 10, 9, 30, tzinfo=UTC), budget_usd=BUDGET_USD) as later:
        told = later.data("/api/analytics/advanced/budget-progress", **month)
        assert told["current_month_cost"] == pytest.approx(cost)
        assert told["days_remaining"] == 0
        assert len(told["daily_breakdown"]) == 31
        answer = later.client.get(
            "/api/v1/budget", params={"until": "2026-11-01"}, headers={"Authorization": f"Bearer {TOKEN}"}
        ).json()
        assert (answer["month"], answer["today"], answer["days_left"]) == ("2026-10-01", "2026-10-31", 0)
        assert answer["spent_microusd"] == pytest.approx(cost * 1e6, abs=1)
        trends = later.client.get(
            "/api/v1/trends",
            params={"metric": "cost_microusd", "until": "2026-11-01"},
            headers={"Authorization": f"Bearer {TOKEN}"},
        ).json()
        assert json.dumps(trends).count('"last_day": "2026-10-31"') == 1  # a whole day, the last
