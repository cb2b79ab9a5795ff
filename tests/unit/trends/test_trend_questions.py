"""The questions over a real store: which days they are made of, in which zone, and what they tell."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bench.daily_histories import QUIET, draw_history
from tachograph.analytics.compile import answer
from tachograph.analytics.metrics import METRICS, adds_up
from tachograph.analytics.query import Query, Window
from tachograph.analytics.scope import Scope
from tachograph.analytics.trends.daily import ask_series, daily_series, moment_of
from tachograph.analytics.trends.forecast import Forecast, forecast_month_end
from tachograph.analytics.trends.questions import anomalies, budget, forecast, trends
from tachograph.analytics.zones import find_zone
from tachograph.ports import Batch
from tachograph.server.routes import trends as shapes
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import QueryError, UnknownMetric
from tachograph_sdk.model.event import Event, EventKind, Source
from tests.served import NOW, Served, at_us, served

BERLIN = find_zone("Europe/Berlin")
NEW_YORK = find_zone("America/New_York")
TODAY = NOW.date()  # Friday 2026-11-20, 12:00 in UTC
STEP = TODAY - timedelta(days=50)
BURST = TODAY - timedelta(days=16)  # a Wednesday
MODEL, NEWER = "claude-sonnet-4-5", "claude-opus-4-6"


def us(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def request(moment: datetime, dollars: float, **more: Any) -> Event:
    fields = {"session_id": f"s{moment:%Y%m%d}", "model": MODEL, "input_tokens": 10, **more}
    return make_event(
        at_us=us(moment), request_id=f"r{us(moment)}{more.get('project')}", cost_nanousd=round(dollars * 1e9),
        cost_basis="reported", **fields,
    )  # fmt: skip


def store_of(events: list[Event]) -> DuckDBStore:
    store = DuckDBStore(":memory:")
    store.write(Batch(events=events))
    store.settle()
    return store


def scope(at: datetime = NOW, zone: str = "UTC", **more: Any) -> Scope:
    return Scope(window=more.pop("window", Window(zone=find_zone(zone))), now_us=us(at), **more)


# Days


def test_days_are_those_of_the_zone_also_where_the_clock_is_changed():
    """One dollar each hour from October 20th to November 5th: 25 on the day the clock is put back, 24 else."""
    for zone, long_day in ((BERLIN, date(2026, 10, 25)), (NEW_YORK, date(2026, 11, 1))):
        first = datetime(2026, 10, 19, 12, tzinfo=UTC)
        store = store_of([request(first + timedelta(hours=n), 1.0) for n in range(24 * 17)])
        at = datetime(2026, 11, 5, 10, 30, tzinfo=UTC)
        series = daily_series(store, scope(at, zone.name), "cost_microusd")
        assert series.today == date(2026, 11, 5)
        days = dict(series.days)
        assert days[long_day] == 25e6
        assert {days[day] for day in days if day not in (long_day, min(days))} == {24e6}
        newest = daily_series(store, scope(at, zone.name), "cost_microusd", days=3).days
        assert newest == tuple((date(2026, 11, d), 24e6) for d in (2, 3, 4))  # the first of them whole, too
        store.close()


def test_the_day_on_which_the_clock_is_put_forward_has_23_hours():
    first = datetime(2026, 3, 27, tzinfo=UTC)
    store = store_of([request(first + timedelta(hours=n), 1.0) for n in range(24 * 6)])
    series = daily_series(store, scope(datetime(2026, 4, 1, tzinfo=UTC), "Europe/Berlin"), "cost_microusd")
    assert dict(series.days)[date(2026, 3, 29)] == 23e6
    store.close()


def test_missing_days_of_a_sum_are_zeros_from_the_first_day_of_anything():
    """The store knows of a session three days earlier than of any commit: those are days without a commit."""
    day = datetime(2026, 11, 10, 9, tzinfo=UTC)
    commit = make_event(
        EventKind.VCS_COMMIT, at_us=us(day), source=Source.OTEL_METRIC, quantity=2, session_id="s1", user_id="u_1"
    )
    store = store_of([request(day - timedelta(days=3), 1.0), commit, request(day + timedelta(days=2), 1.0)])
    series = ask_series(store, scope(day + timedelta(days=4)), ["commits", "cache_hit_ratio"], days=90)
    assert series["commits"].days == tuple((date(2026, 11, d), 2.0 if d == 10 else 0.0) for d in range(7, 14))
    alone = daily_series(store, scope(day + timedelta(days=4)), "commits")
    assert alone.days == series["commits"].days  # also where nothing is asked but commits
    known = [day for day, _ in series["cache_hit_ratio"].days]  # of a ratio only days that have it
    assert known == [date(2026, 11, 7), date(2026, 11, 12)]
    running = daily_series(store, scope(day + timedelta(days=2, hours=3)), "cache_hit_ratio")
    assert [day for day, _ in running.days] == [date(2026, 11, 7)]  # the running day is not whole, of a ratio either
    store.close()


def test_the_running_day_is_apart_and_the_rest_of_it_is_its_usual_share():
    """All days have a dollar at 8 and three at 20: at noon three quarters are still to come."""
    events = []
    for back in range(40):
        day = datetime(2026, 11, 20, tzinfo=UTC) - timedelta(days=back)
        events += [request(day.replace(hour=8), 1.0), request(day.replace(hour=20), 3.0)]
    store = store_of(events)
    series = daily_series(store, scope(), "cost_microusd")
    assert len(series.days) == 39
    assert series.so_far == 1e6
    assert series.left_of_today == pytest.approx(3 / (39 * 4 + 1) * 39, rel=1e-9)
    assert {value for _, value in series.days} == {4e6}
    empty = store_of([])
    assert daily_series(empty, scope(), "cost_microusd").days == ()
    assert daily_series(empty, scope(), "cost_microusd").left_of_today == 0.5  # by the clock
    store.close()
    empty.close()


def test_until_asks_as_if_it_were_then():
    store = store_of([request(datetime(2026, 9, 10, 9, tzinfo=UTC) + timedelta(days=n), 1.0) for n in range(66)])
    end = datetime(2026, 10, 31, 18)  # noqa: DTZ001 - UTC, as stores keep times
    asked = scope(window=Window(end=end))
    assert moment_of(asked).today == date(2026, 10, 31)
    series = daily_series(store, asked, "cost_microusd")
    assert (series.days[-1], series.so_far) == ((date(2026, 10, 30), 1e6), 1e6)
    with pytest.raises(QueryError, match="not begun"):
        daily_series(store, scope(window=Window(start=datetime(2027, 1, 1))), "cost_microusd")  # noqa: DTZ001
    store.close()


def test_what_ends_at_midnight_is_of_the_day_and_the_month_that_end_there():
    store = store_of([request(datetime(2026, 9, 10, 9, tzinfo=UTC) + timedelta(days=n), 1.0) for n in range(66)])
    asked = scope(window=Window(end=datetime(2026, 11, 1)))  # noqa: DTZ001 - UTC, as stores keep times
    series = daily_series(store, asked, "cost_microusd")
    assert (series.today, series.so_far, series.left_of_today) == (date(2026, 10, 31), 1e6, 0.0)
    assert series.days[-1] == (date(2026, 10, 31), 1e6)  # a whole day
    assert series.with_today == series.days  # and there once
    told = forecast_month_end(series.with_today, series.today, left_of_today=series.left_of_today)
    assert isinstance(told, Forecast)
    assert (told.value, told.low, told.high) == (31e6, 31e6, 31e6)  # nothing of the month is still to come
    store.close()


@pytest.mark.parametrize(
    ("metric", "adds"),
    [
        ("cost_microusd", True), ("commits", True), ("lines_net", True), ("active_seconds", True), ("total_tokens", True),
        ("session_p50_seconds", False), ("sessions", False), ("users", False), ("cache_hit_ratio", False), ("request_p50_ms", False),
        ("cost_per_session_usd", False), ("productivity_score", False), ("active_repositories", False),
        ("prompts_per_session", False), ("files_changed", False), ("monthly_active_users", False),
    ],
)  # fmt: skip
def test_only_what_adds_up_has_a_month_end(metric, adds):
    assert adds_up(METRICS[metric]) is adds


# A made-up history: a step, a burst, and who did it


@pytest.fixture(scope="module")
def history() -> list[Event]:
    """120 days: from STEP on 2.5 times as dear, with a newer agent; on BURST one project eight times its usual."""
    rng = random.Random(3)
    first = TODAY - timedelta(days=120)
    values = draw_history(replace(QUIET, spread=0.2, mood=0.1, zero=0.0, zero_weekend=0.2), 121, rng, first=first)
    events = []
    for place, value in enumerate(values):
        day = first + timedelta(days=place)
        if value <= 0:
            continue
        value *= 2.5 if day >= STEP else 1.0
        for project, share in (("p_a", 0.5), ("p_b", 0.3), ("p_c", 0.2)):
            much = 16.0 if day == BURST and project == "p_b" else 1.0
            events.append(
                request(
                    datetime(day.year, day.month, day.day, 9, tzinfo=UTC), value * share * much, project=project,
                    user_id="u_1" if project == "p_a" else "u_2", agent_version="2.1.0" if day >= STEP else "2.0.9",
                    model=NEWER if project == "p_b" and day >= BURST else MODEL, agent="claude_code",
                )
            )  # fmt: skip
    return events


@pytest.fixture(scope="module")
def store(history: list[Event]) -> Iterator[DuckDBStore]:
    store = store_of(history)
    yield store
    store.close()


@pytest.fixture(scope="module")
def api(history: list[Event]) -> Iterator[Served]:
    with served(history, budget_usd=1500) as running:
        yield running


def one(told: Mapping[str, Any], name: str, metric: str = "cost_microusd") -> Any:
    (found,) = [entry for entry in told[name] if entry["metric"] == metric]
    return found


def test_a_step_is_told_with_what_was_new_and_that_it_is_no_cause(store):
    told = trends(store, scope(parameters={"metric": "cost_microusd"}))
    cost = one(told, "trends")
    assert (cost["days"], cost["direction"]) == (90, "increasing")
    (change,) = [c for c in cost["changes"] if abs((c["day"] - STEP).days) <= 1]
    assert change["after"] > 2 * change["before"] > 0
    assert isinstance(change["after"], int)
    assert [(m["kind"], m["name"], m["day"]) for m in change["coincides_with"]] == [
        ("new_agent_version", "claude_code 2.1.0", STEP)
    ]
    assert "not its cause" in told["note"]
    kinds = {(m["kind"], m["name"], m["day"]) for m in told["markers"]}
    assert ("new_model", NEWER, BURST) in kinds
    # what was there on the store's own first day is not new
    whole = Window(start=datetime(2026, 1, 1))  # noqa: DTZ001 - UTC, as stores keep times
    told = trends(store, scope(window=whole, parameters={"metric": "cost_microusd"}))
    assert {(m["kind"], m["name"]) for m in told["markers"]} == {(kind, name) for kind, name, _ in kinds}
    assert not any(name in (MODEL, "claude_code 2.0.9") for _, name, _ in kinds)


def test_a_price_that_changes_is_a_marker_of_the_models_that_were_used(history):
    store = store_of(history)
    rows = [("null", f"timestamp '{STEP}'"), (f"timestamp '{STEP}'", "null")]
    for model in (MODEL, "never-used"):
        for begin, end in rows:
            store._writer.execute(f"insert into rates values ('{model}', {begin}, {end}, 1, 1, 1, 2, 3)")
    told = trends(store, scope(parameters={"metric": "cost_microusd"}))
    assert [m["name"] for m in told["markers"] if m["kind"] == "price_change"] == [MODEL]
    store.close()


def test_the_running_day_is_in_no_trend(store):
    cost = one(trends(store, scope(parameters={"metric": "cost_microusd"})), "trends")
    assert cost["last_day"] == TODAY - timedelta(days=1)
    assert cost["so_far_today"] > 0
    assert len(cost["values"]) == cost["days"] == 90


def test_a_planted_day_is_told_with_those_who_made_it(store):
    told = anomalies(store, scope(parameters={"metric": "cost_microusd"}))
    burst = [entry for entry in told["anomalies"] if entry["day"] == BURST]
    assert len(burst) == 1
    assert burst[0]["direction"] == "high"
    assert burst[0]["value"] > burst[0]["limit"] > burst[0]["expected"] > 0
    first: dict[str, Any] = {}
    for who in burst[0]["contributors"]:
        first.setdefault(who["dimension"], who)
    assert first["project"]["value"] == "p_b"
    assert first["model"]["value"] == NEWER
    assert first["user"]["value"] == "u_2"
    assert first["project"]["amount"] > 5 * first["project"]["usual"] > 0
    assert told["false_alarms_per_month"] == 0.1


def test_a_contributors_usual_is_the_mean_of_the_other_days(store):
    told = anomalies(store, scope(parameters={"metric": "cost_microusd"}))
    (burst,) = [entry for entry in told["anomalies"] if entry["day"] == BURST]
    (driver,) = [who for who in burst["contributors"] if (who["dimension"], who["value"]) == ("project", "p_b")]
    whole = daily_series(store, scope(filters={"project": ["p_b"]}), "cost_microusd", days=90).days
    others = [value for day, value in whole if day != BURST]
    assert driver["usual"] == pytest.approx(math.fsum(others) / len(others), abs=1)
    assert driver["amount"] == dict(whole)[BURST]


def test_a_link_leads_to_that_day(api):
    told = api.client.get(
        "/api/v1/anomalies", params={"metric": "cost_microusd", "agent": "claude_code", "tz": "UTC"}
    ).json()
    (burst,) = [entry for entry in told["anomalies"] if entry["day"] == BURST.isoformat()]
    asked = parse_qs(urlsplit(burst["link"]).query)
    assert (asked["agent"], asked["tz"]) == (["claude_code"], ["UTC"])
    assert (asked["since"], asked["until"]) == ([BURST.isoformat()], [(BURST + timedelta(days=1)).isoformat()])
    answer = api.client.get(burst["link"]).json()
    column = answer["columns"].index("cost_microusd")
    assert sum(row[column] or 0 for row in answer["rows"]) == burst["value"]


def test_a_short_window_tells_its_own_days_measured_against_more(store):
    week = Window(start=datetime(2026, 11, 13), end=datetime(2026, 11, 20, 12))  # noqa: DTZ001 - UTC
    told = anomalies(store, scope(window=week, parameters={"metric": "cost_microusd"}))
    assert told["unknown"] == {}
    assert all(entry["day"] >= date(2026, 11, 13) for entry in told["anomalies"])
    around = Window(start=datetime(2026, 11, 3), end=datetime(2026, 11, 8))  # noqa: DTZ001
    told = anomalies(store, scope(window=around, parameters={"metric": "cost_microusd"}))
    assert BURST in [entry["day"] for entry in told["anomalies"]]


def test_a_forecast_is_whats_there_and_what_comes(store):
    told = forecast(store, scope())
    cost = one(told, "forecasts")
    assert (cost["month"], cost["days_left"], cost["history_days"]) == (date(2026, 11, 1), 10, 120)
    assert cost["so_far"] < cost["low"] < cost["value"] < cost["high"]
    assert isinstance(cost["value"], int)
    assert 0 < cost["score"]["coverage"] <= 1
    assert cost["score"]["scaled_error"] > 0
    assert cost["path"][-1]["value"] == cost["value"]
    # of whole micro-dollars not one is lost between the days that were, those to come, and the month
    month = Window(start=datetime(2026, 11, 1), end=datetime(2026, 11, 20))  # noqa: DTZ001 - UTC
    gone = sum(spent for _, spent in answer(store, Query(metrics=["cost_microusd"], by=["day"], window=month)).rows)
    assert gone + sum(point["day_value"] for point in cost["path"]) == cost["value"]
    for before, point in pairwise(cost["path"]):
        assert point["day_value"] == point["value"] - before["value"]
    assert all(point["day_low"] <= point["day_value"] <= point["day_high"] for point in cost["path"])
    assert cost["path"][0]["day_value"] >= cost["so_far_today"] > 0
    commits = one(told, "forecasts", "commits")
    assert commits["value"] is None
    assert "zeros" in commits["reason"]


def test_what_does_not_add_up_has_no_forecast_and_a_hint(store):
    with pytest.raises(QueryError, match="not the sum") as caught:
        forecast(store, scope(parameters={"metric": "users"}))
    assert "cost_microusd" in caught.value.hint
    with pytest.raises(UnknownMetric):
        trends(store, scope(parameters={"metric": "nothing"}))
    with pytest.raises(QueryError, match="filtered by weekday"):
        trends(store, scope(filters={"weekday": ["1"]}))


def test_usual_metrics_that_cannot_be_narrowed_are_left_out_with_a_reason(store):
    told = trends(store, scope(filters={"model": [MODEL]}))
    names = [entry["metric"] for entry in told["trends"]]
    assert "cost_microusd" in names
    assert "prompts" in told["left_out"]
    assert "cannot be split or filtered by" in told["left_out"]["prompts"]
    assert not set(names) & set(told["left_out"])


def test_filters_narrow_everything(store):
    whole = one(trends(store, scope(parameters={"metric": "cost_microusd"})), "trends")
    part = one(trends(store, scope(parameters={"metric": "cost_microusd"}, filters={"project": ["p_c"]})), "trends")
    assert 0.15 < sum(part["values"]) / sum(whole["values"]) < 0.25
    assert (
        budget(store, scope(filters={"project": ["p_c"]}))["spent_microusd"] < budget(store, scope())["spent_microusd"]
    )


def test_a_budget_adds_up(store):
    told = budget(store, scope(monthly_budget_microusd=1_500_000_000))
    assert told["spent_microusd"] == sum(day["cost_microusd"] for day in told["daily"]) == told["projected"]["so_far"]
    assert [day["day"] for day in told["daily"]] == [date(2026, 11, d) for d in range(1, 21)]
    assert told["daily"][-1]["month_microusd"] == told["spent_microusd"]
    assert told["spent_ratio"] == pytest.approx(told["spent_microusd"] / 1.5e9)
    assert (told["days_in_month"], told["days_left"], told["month"]) == (30, 10, date(2026, 11, 1))
    tight = budget(store, scope(monthly_budget_microusd=told["daily"][5]["month_microusd"] - 1))
    assert (tight["is_crossed"], tight["crossed_on"]) == (True, tight["daily"][5]["day"])


def test_a_budget_that_is_nearly_used_up_has_a_day(store):
    spent = budget(store, scope())["spent_microusd"]
    told = budget(store, scope(monthly_budget_microusd=spent + 1_000_000))
    assert told["is_crossed"] is False
    assert TODAY <= told["crossing_earliest_on"] <= told["crossing_expected_on"] <= date(2026, 11, 30)


def test_without_a_budget_there_is_a_reason_and_still_a_forecast(store):
    told = budget(store, scope())
    assert told["budget_microusd"] is told["spent_ratio"] is told["is_crossed"] is told["crossed_on"] is None
    assert "budget.month_usd" in told["reason"]
    assert told["crossing_reason"] == "no budget is set"
    assert told["projected"]["value"] > told["spent_microusd"] > 0


def test_requests_without_a_price_are_counted_in_the_budget_of_their_month():
    days = ("2026-10-31", "2026-11-03", "2026-11-20")
    store = store_of(
        [
            make_event(
                at_us=at_us(f"{day}T09:00"),
                request_id=f"r_{day}",
                model="mystery",
                input_tokens=5,
                cost_basis="unpriced",
            )
            for day in days
        ]
    )
    assert budget(store, scope())["unpriced_requests"] == 2
    store.close()


def test_an_empty_store_has_nulls_with_reasons():
    store = store_of([])
    for entry in trends(store, scope())["trends"]:
        assert entry["direction"] is entry["p_value"] is None
        assert entry["reason"]
        assert entry["values"] == entry["changes"] == []
    for entry in forecast(store, scope())["forecasts"]:
        assert entry["value"] is None
        assert entry["reason"]
        assert entry["so_far"] == 0
    assert anomalies(store, scope())["anomalies"] == []
    told = budget(store, scope(monthly_budget_microusd=10))
    assert (told["spent_microusd"], told["spent_ratio"], told["is_crossed"]) == (0, 0.0, False)
    assert told["projected"]["value"] is None
    store.close()


# The API


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("trends", shapes.Trends), ("trends?metric=cost_microusd,cache_hit_ratio,users", shapes.Trends),
        ("trends?range=7d", shapes.Trends), ("forecast", shapes.Forecasts), ("forecast?until=2026-10-10", shapes.Forecasts),
        ("anomalies", shapes.Anomalies), ("anomalies?metric=cost_microusd&metric=requests", shapes.Anomalies),
        ("budget", shapes.Budget), ("budget?user=u_1&tz=Asia/Kolkata", shapes.Budget),
    ],
)  # fmt: skip
def test_every_answer_is_as_its_model_says(api, path, model):
    answer = api.client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    read = model.model_validate(answer.json(), strict=False)
    assert read.model_extra == {}
    assert read.demo is False


@pytest.mark.parametrize(
    "path",
    [
        "trends?metric=nope", "forecast?metric=users", "anomalies?nonsense=1", "budget?range=90d&since=2026-01-01",
        "trends?since=2030-01-01", "forecast?tz=Nowhere", "budget?hour_of_day=3", "trends?until=0001-01-02",
        "trends?tz=UTC&tz=UTC",
    ],
)  # fmt: skip
def test_mistakes_are_named(api, path):
    answer = api.client.get(f"/api/v1/{path}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["message"]
