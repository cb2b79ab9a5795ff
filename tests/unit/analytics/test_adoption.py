"""Active people by day, week and month, and who comes back: against counting in plain Python."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tachograph.analytics.adoption import retention
from tachograph.analytics.compile import answer
from tachograph.analytics.metrics import reasons_of
from tachograph.analytics.query import Query, Window, parse_window
from tachograph.analytics.scope import Scope
from tachograph.analytics.zones import find_zone
from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import UnknownDimension
from tachograph_sdk.model.event import EventKind
from tests.served import served

NOW = datetime(2026, 11, 20, 16, 20)  # noqa: DTZ001 - UTC; a Friday
ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland")
WINDOWS = (
    (None, None), ("2026-09-28", "2026-11-09"), ("2026-10-07T09:30", None), ("2026-10-01", "2026-11-01"), ("2027-01-01", None),
)  # fmt: skip


def _told() -> list[tuple[str | None, str, datetime]]:
    """Who (null: nobody says), with which agent, when. Many near midnight; a week in October has nobody."""
    chance = random.Random(6)
    told = []
    for user in [f"u_{n}" for n in range(12)] + [None]:
        joined = datetime(2026, 8, 31) + timedelta(days=chance.randrange(60))  # noqa: DTZ001 - UTC
        for _ in range(chance.randrange(1, 18)):
            day = joined + timedelta(days=chance.randrange(80))
            moment = day.replace(hour=chance.choice((0, 5, 11, 18, 22, 23)), minute=chance.choice((0, 15, 29, 30, 59)))
            if moment < NOW and not datetime(2026, 10, 11) <= moment < datetime(2026, 10, 20):  # noqa: DTZ001 - UTC
                told.append((user, chance.choice(("claude_code", "codex")), moment))
    return told


TOLD = _told()


def _events() -> list[Any]:
    return [
        make_event(
            EventKind.PROMPT, agent=agent, at_us=int(moment.replace(tzinfo=UTC).timestamp()) * 1_000_000,
            prompt_id=f"p{place}", session_id=f"s{place}", user_id=user,
        )
        for place, (user, agent, moment) in enumerate(TOLD)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def store() -> Iterator[DuckDBStore]:
    made = DuckDBStore(":memory:")
    made.write(Batch(events=_events()))
    made.settle()
    yield made
    made.close()


def window_of(named: tuple[str | None, str | None], zone: str) -> Window:
    return parse_window(now_us=0, since=named[0], until=named[1], zone=find_zone(zone))


def local_day(moment: datetime, zone: str) -> date:
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


def kept(window: Window, agent: str | None = None) -> list[tuple[str | None, datetime]]:
    return [
        (user, moment)
        for user, used, moment in TOLD
        if (window.start is None or moment >= window.start)
        and (window.end is None or moment < window.end)
        and agent in (None, used)
    ]


def pieces(days: Sequence[date]) -> dict[str, tuple[Any, int]]:
    """How a day is named as a piece, and how many pieces there are from the first to the last day."""
    first, last = min(days), max(days)
    monday = lambda day: day - timedelta(days=day.weekday())  # noqa: E731
    return {
        "daily": (lambda day: day, (last - first).days + 1),
        "weekly": (monday, (monday(last) - monday(first)).days // 7 + 1),
        "monthly": (lambda day: (day.year, day.month), (last.year - first.year) * 12 + last.month - first.month + 1),
    }


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("named", WINDOWS)
def test_active_people_are_people_of_each_piece_over_the_pieces_from_the_first_to_the_last(store, named, zone):
    window = window_of(named, zone)
    metrics = ["daily_active_users", "weekly_active_users", "monthly_active_users", "stickiness_ratio"]
    (found,) = answer(store, Query(metrics=metrics, window=window)).records()
    seen = [(user, local_day(moment, zone)) for user, moment in kept(window)]
    if not seen:
        assert list(found.values()) == [0, 0, 0, None]
        return
    true = {}
    for name, (piece, number) in pieces([day for _, day in seen]).items():
        true[f"{name}_active_users"] = len({(user, piece(day)) for user, day in seen if user is not None}) / number
    true["stickiness_ratio"] = true["daily_active_users"] / true["monthly_active_users"]
    assert found == pytest.approx(true, rel=1e-12)


def test_where_nobody_says_who_was_active_it_is_not_nobody(store):
    metrics = ["daily_active_users", "stickiness_ratio", "sessions"]
    rows = {row[0]: row[1:] for row in answer(store, Query(metrics=metrics, by=["user"])).rows}
    assert rows[None][:2] == (None, None)
    assert rows[None][2] > 0
    assert reasons_of(metrics, dict.fromkeys(metrics))["daily_active_users"].endswith("no source says whose")
    assert answer(store, Query(metrics=metrics, window=Window(start=datetime(2031, 1, 1)))).rows == [(0, None, 0)]  # noqa: DTZ001


def test_a_month_has_its_own_active_people(store):
    query = Query(
        metrics=["monthly_active_users", "users"], by=["month"], window=window_of((None, None), "Asia/Kolkata")
    )
    rows = answer(store, query).rows
    assert len(rows) > 2
    assert all(active == users for _, active, users in rows)


@pytest.mark.parametrize(
    ("metric", "dimension"),
    [
        ("daily_active_users", "hour"), ("daily_active_users", "weekday"), ("weekly_active_users", "day"),
        ("monthly_active_users", "week"), ("stickiness_ratio", "week"), ("stickiness_ratio", "model"),
    ],
)  # fmt: skip
def test_what_cuts_the_piece_is_refused(store, metric, dimension):
    for query in (Query(metrics=[metric], by=[dimension]), Query(metrics=[metric], filters={dimension: ["1"]})):
        with pytest.raises(UnknownDimension, match=metric) as error:
            answer(store, query)
        assert dimension not in error.value.hint.split(": ")[1].split(", ")
        assert "agent" in error.value.hint


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("agent", [None, "codex"])
@pytest.mark.parametrize("named", WINDOWS)
def test_who_comes_back_is_what_counting_people_gives(store, named, agent, zone):
    window = window_of(named, zone)
    filters = {} if agent is None else {"agent": [agent]}
    now_us = int(NOW.replace(tzinfo=UTC).timestamp()) * 1_000_000
    found = retention(store, Scope(window=window, now_us=now_us, filters=filters))
    end = min(window.end or NOW, NOW)
    active: dict[str, set[date]] = defaultdict(set)
    for user, moment in kept(Window(end=end), agent):
        if user is not None:
            day = local_day(moment, zone)
            active[user].add(day - timedelta(days=day.weekday()))
    last = local_day(end - timedelta(microseconds=1), zone)
    over = local_day(end, zone)
    over -= timedelta(days=over.weekday())
    cohorts: dict[date, list[str]] = defaultdict(list)
    for user, weeks in active.items():
        start = None if window.start is None else local_day(window.start, zone)
        if start is None or min(weeks) >= start - timedelta(days=start.weekday()):
            cohorts[min(weeks)].append(user)
    together: dict[int, list[int]] = {}
    for made, week in zip(found["cohorts"], sorted(cohorts), strict=True):
        assert (made["week"], made["people"]) == (week.isoformat(), len(cohorts[week]))
        assert [cell["after"] for cell in made["weeks"]] == list(range((last - week).days // 7 + 1))
        for cell in made["weeks"]:
            then = week + timedelta(weeks=cell["after"])
            people = sum(then in active[user] for user in cohorts[week])
            is_over = then + timedelta(weeks=1) <= over
            share = people / len(cohorts[week])
            assert cell == {
                "week": then.isoformat(), "after": cell["after"], "people": people, "share": share, "is_complete": is_over,
            }  # fmt: skip
            if is_over:
                total = together.setdefault(cell["after"], [0, 0])
                total[0] += people
                total[1] += len(cohorts[week])
    assert [(w["after"], w["people"], w["of"], w["share"]) for w in found["weeks"]] == [
        (after, people, of, people / of) for after, (people, of) in together.items()
    ]
    assert (found["reason"] is None) == bool(cohorts)
    assert found["left_out"] == 0


def test_who_comes_back_is_not_filtered_by_time_nor_by_what_activity_does_not_know(store):
    for name in ("week", "day", "model"):
        with pytest.raises(UnknownDimension, match=name):
            retention(store, Scope(window=Window(), now_us=0, filters={name: ["2026-10-05"]}))


def test_the_route_gives_cohorts_with_their_window():
    with served(_events()) as api:
        answer = api.client.get(
            "/api/v1/retention", params={"since": "2026-09-28", "tz": "Europe/Berlin", "agent": "codex"}
        )
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["cohorts"]
        assert body["window"]["tz"] == "Europe/Berlin"
        assert api.client.get("/api/v1/retention", params={"week": "2026-09-28"}).status_code == 422
