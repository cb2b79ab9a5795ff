"""How many sessions were active at the same time: as counted one by one from the month's own records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.truth.month import NOW
from tests.truth.rows import Facts
from tests.truth.together import active, compare, stretches_of

AUTH = {"Authorization": "Bearer t0ken"}


def records(facts: Facts, **kept: str) -> Iterator[tuple[str, datetime]]:
    """Session and time of all that makes one active."""
    for row in facts["activity"]:
        if row["session"] is not None and all(row[name] == value for name, value in kept.items()):
            yield row["session"], row["at"]


CASES: dict[str, tuple[str, str, int | None, timedelta, dict[str, str]]] = {
    "by day": ("day", "UTC", None, timedelta(days=30), {}),
    "by hour": ("hour", "UTC", None, timedelta(days=9, hours=5, minutes=20), {}),
    "by hour, off the hour": ("hour", "Asia/Kolkata", 45, timedelta(days=4), {}),
    "by day, over a change of the clock": ("day", "Europe/Berlin", 10, timedelta(days=40), {}),
    "by week, long pauses": ("week", "America/New_York", 200, timedelta(days=40), {}),
    "by month": ("month", "UTC", 30, timedelta(days=60), {}),
    "of one agent": ("day", "UTC", None, timedelta(days=30), {"agent": "claude_code"}),
    "hardly any pause": ("day", "UTC", 1, timedelta(days=20), {}),
}


@pytest.mark.parametrize("case", CASES)
def test_peaks_and_times_of_each_piece(truly: Any, facts: Facts, case: str) -> None:
    grain, zone, minutes, length, kept = CASES[case]
    since = NOW - length
    asked: dict[str, Any] = {
        "grain": grain,
        "tz": zone,
        "since": f"{since.isoformat()}Z",
        "until": f"{NOW.isoformat()}Z",
        **kept,
    }
    if minutes is not None:
        asked["idle_minutes"] = minutes
    told = truly.client.get("/api/v1/concurrency", params=asked, headers=AUTH).json()
    stretches = stretches_of(records(facts, **kept), timedelta(minutes=minutes or 30))
    assert compare(told, stretches, grain=grain, zone=zone, since=since, until=NOW) >= 1
    assert told["reason"] is None


def test_whose_sessions_are_told_at_any_moment(truly: Any, facts: Facts) -> None:
    stretches = stretches_of(records(facts), timedelta(minutes=30))
    counts = set()
    edges = sorted({moment for _, begun, ended in stretches for moment in (begun, ended)})[::9]
    for moment in [*edges, *(edge + timedelta(minutes=7) for edge in edges[::3])]:
        asked = {"range": "30d", "at": f"{moment.isoformat()}Z"}
        told = truly.client.get("/api/v1/concurrency", params=asked, headers=AUTH).json()["at"]
        assert {one["session"] for one in told["sessions"]} == active(stretches, moment)
        counts.add(told["count"])
    assert len(counts) > 2


def test_what_tells_no_moments_is_counted_apart(truly: Any, facts: Facts) -> None:
    told = truly.client.get("/api/v1/concurrency", params={"range": "all"}, headers=AUTH).json()["unplaced"]
    known = {row["session"] for row in facts["activity"]} - {None}
    assert told["reported_sessions"] == sum(row["session"] not in known for row in facts["hook_sessions"])
    unnamed = [r for r in facts["requests"] if r["session"] is None and r["outcome"] in ("ok", "residual")]
    assert told["unnamed_requests"] == len(unnamed) > 0
