"""Dated remarks: where things were first seen in all that is known, never at a window's start, and never invented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tachograph.analytics.markers import MOST_MARKERS, MOST_RELEASES, markers
from tachograph.analytics.query import Window
from tachograph.analytics.scope import Scope
from tachograph.analytics.zones import find_zone
from tachograph.ports import Batch
from tachograph.server.routes import markers as shapes
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import UnknownDimension
from tachograph_sdk.model.event import Event, EventKind

FIRST = datetime(2026, 8, 3, 9, 30, tzinfo=UTC)  # a Monday
OLD, NEW = "claude-sonnet-4-5", "claude-opus-4-6"


def day(number: float) -> datetime:
    """So many days after the first record, UTC without a zone."""
    return (FIRST + timedelta(days=number)).replace(tzinfo=None)


def request(number: float, **more: Any) -> Event:
    at_us = int((FIRST + timedelta(days=number)).timestamp() * 1_000_000)
    name = f"{number}{sorted(more.items())}"
    fields = {"model": OLD, "agent_version": "2.0.1", "input_tokens": 100, "session_id": f"s{name}", **more}
    return make_event(at_us=at_us, request_id=f"r{name}", key=name, **fields)


def ask(events: list[Event], start: float | None = None, end: float | None = 40, **filters: Any) -> dict[str, Any]:
    store = DuckDBStore(":memory:")
    store.write(Batch(events=events))
    store.settle()
    window = Window(start=None if start is None else day(start), end=None if end is None else day(end))
    return told(store, window, filters)


def told(store: DuckDBStore, window: Window, filters: Any = None) -> dict[str, Any]:
    now_us = int((FIRST + timedelta(days=60)).timestamp() * 1_000_000)
    found = dict(markers(store, Scope(window=window, now_us=now_us, filters=filters or {})))
    store.close()
    assert all(set(one) == set(shapes.TimeMarker.model_fields) for one in found["markers"])
    assert set(found) | {"window", "demo"} == set(shapes.TimeMarkers.model_fields)
    return found


def releases(found: dict[str, Any]) -> list[str]:
    return [one["version"] for one in found["markers"] if one["kind"] == "agent_release"]


def test_a_release_is_told_where_it_was_first_seen_in_all_that_is_known():
    events = [request(0), request(3, agent_version="2.1.0"), request(20, agent_version="2.1.0")]
    events.append(request(21, agent_version="2.2.0"))
    whole = ask(events)
    assert [(one["at"], one["version"], one["before"]) for one in whole["markers"]] == [
        (day(3), "2.1.0", "2.0.1"),
        (day(21), "2.2.0", "2.1.0"),
    ]
    assert whole["markers"][0]["text"] == "claude_code 2.1.0 was first seen, after 2.0.1"
    assert releases(ask(events, start=10)) == ["2.2.0"]  # 2.1.0 is not new where the window begins
    assert releases(ask(events, start=10, end=21)) == []  # the end is not in it
    assert releases(ask(events, start=21, end=22)) == ["2.2.0"]  # its start is


def test_what_comes_on_an_agents_first_day_may_have_been_there_before():
    assert ask([request(0), request(0.9, agent_version="2.1.0"), request(0.9, model=NEW)])["markers"] == []


def test_an_older_version_that_somebody_still_has_is_no_release():
    events = [request(0, agent_version="2.9.0"), request(5, agent_version="2.10.0"), request(9, agent_version="2.9.9")]
    assert releases(ask(events)) == ["2.10.0"]


def test_of_many_releases_those_are_told_that_changed_more_than_the_last_part():
    events = [request(n, agent_version=f"2.{n // 10}.{n % 10}") for n in range(MOST_RELEASES + 2)]
    found = ask(events)
    assert releases(found) == ["2.1.0", "2.2.0", "2.3.0"]
    assert found["left_out"] == MOST_RELEASES + 1 - 3
    fewer = ask(events[: MOST_RELEASES + 1])
    assert (len(releases(fewer)), fewer["left_out"]) == (MOST_RELEASES, 0)


def test_an_agent_that_came_later_is_told_and_its_first_models_and_versions_are_not():
    events = [request(0), request(6, agent="codex", model="gpt-5.4", agent_version="0.140.0")]
    (one,) = ask(events)["markers"]
    assert (one["kind"], one["agent"], one["version"], one["at"]) == ("agent_release", "codex", None, day(6))
    assert one["text"] == "codex was first used"


def test_a_model_is_new_for_an_agent_to_the_microsecond_by_hours_and_by_requests():
    events = [request(0), request(8.0001, model=NEW, project="p_a"), request(9, model=NEW, project="p_b")]
    events += [request(1, project="p_b"), request(0, project="p_a")]
    narrowed: tuple[dict[str, Any], ...] = ({}, {"agent": ["claude_code"]}, {"project": ["p_a"]})
    for filters in narrowed:
        (one,) = ask(events, start=8, **filters)["markers"]
        assert (one["kind"], one["model"], one["at"]) == ("model", NEW, day(8.0001)), filters
        assert one["text"] == f"{NEW} was first used by claude_code"
    (later,) = ask(events, project=["p_b"])["markers"]
    assert later["at"] == day(9)  # what is new in that project
    assert ask(events, start=8.001, end=30)["markers"] == []  # within the hour, before the window
    assert ask([request(0), request(0.5, model=NEW)])["markers"] == []  # there from the start


def test_failed_requests_use_no_model():
    failed = request(9, kind=EventKind.API_ERROR, model=NEW, error_class="http_500", input_tokens=None)
    assert ask([request(0), failed])["markers"] == []


def leading(weeks: str) -> list[str | None]:
    """Who leads week by week, O the old and N the new model; and the weeks from which on another one is said to lead."""
    events = [request(0, model=NEW, input_tokens=1), request(0)]
    events += [request(7 * n + 1, model={"O": OLD, "N": NEW}[who]) for n, who in enumerate(weeks)]
    return [(one["at"] - day(0).replace(hour=0, minute=0)).days // 7 for one in ask(events, end=None)["markers"]]


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [("OONN", [2]), ("OOON", []), ("ONNN", []), ("ONOONN", [4]), ("OONNON", []), ("OOOO", []), ("OONNO", [])],
)
def test_another_model_leads_where_it_does_so_for_good(weeks, expected):
    assert leading(weeks) == expected


def store_with_prices(
    *rows: tuple[str, float | None, float | None, int, int, int, int | None, int | None],
) -> DuckDBStore:
    store = DuckDBStore(":memory:")
    store.write(Batch(events=[request(0), request(12)]))
    store.settle()
    store._writer.execute("delete from rates")
    for model, begin, end, *numbers in rows:
        days = [None if d is None else day(d).replace(hour=0, minute=0) for d in (begin, end)]
        store._writer.execute("insert into rates values ($1, $2, $3, $4, $5, $6, $7, $8)", [model, *days, *numbers])
    return store


def test_a_price_says_which_rates_changed_and_by_how_much():
    usd = 10**9
    before = (OLD, None, 10, 2 * usd, usd, 3 * usd, 3 * usd, 15 * usd)
    after = (OLD, 10, None, 2 * usd, usd, 3 * usd, 3 * usd, 12 * usd + usd // 2)
    unused = [("never-used", *row[1:]) for row in (before, after)]
    (one,) = told(store_with_prices(before, after, *unused), Window(start=day(5)))["markers"]
    assert (one["kind"], one["model"], one["at"]) == ("price", OLD, datetime(2026, 8, 13))  # noqa: DTZ001 - UTC
    assert one["changes"] == ({"rate": "output", "before_usd": 15.0, "after_usd": 12.5},)
    assert one["text"] == f"the price of {OLD} changed: output from $15 to $12.5 (a million tokens)"
    # the same difference between two rates is no change of the price, unless its base moved
    moved = (OLD, 10, None, 2 * usd, usd, 3 * usd, 4 * usd, 15 * usd)
    (one,) = told(store_with_prices(before, moved), Window(start=day(5)))["markers"]
    assert [c["rate"] for c in one["changes"]] == ["input", "cache_read", "cache_write_5m", "cache_write_1h"]
    assert one["text"].endswith("input from $3 to $4, cache read from $1 to $2, and 2 more (a million tokens)")
    assert told(store_with_prices(before, after), Window(start=day(13)))["markers"] == []
    # a price that changed before the model was used changed nothing here
    early = [(OLD, None, -20, *before[3:]), (OLD, -20, None, *after[3:])]
    assert told(store_with_prices(*early), Window())["markers"] == []


def test_a_price_of_which_only_the_day_is_known_says_only_that():
    store = store_with_prices((OLD, None, 10, 1, 1, 1, None, None), (OLD, 10, None, 2, 1, 1, 5, 5))
    (one,) = told(store, Window())["markers"]
    assert (one["changes"], one["text"]) == ((), f"the price of {OLD} changed")


def test_what_cannot_be_narrowed_is_said_and_the_rest_is_told():
    events = [request(0), request(5, agent_version="2.1.0"), request(8, model=NEW)]
    by_model = ask(events, model=[OLD, NEW])
    assert [one["kind"] for one in by_model["markers"]] == ["model"]
    assert by_model["reasons"] == {"agent_release": "it is not known by model"}
    with pytest.raises(UnknownDimension):
        ask(events, tool=["Bash"])
    with pytest.raises(UnknownDimension):
        ask(events, day=["2026-08-05"])


def test_there_are_never_more_than_can_be_drawn():
    names = [f"model-{n}" for n in range(MOST_MARKERS + 30)]
    found = ask([request(0), *(request(2 + n / 10, model=name) for n, name in enumerate(names))])
    assert [one["model"] for one in found["markers"]] == names[30:]
    assert found["left_out"] == 30


def test_names_are_cut_in_sentences_and_a_zone_moves_only_weeks():
    long = "m" * 300
    (one,) = ask([request(0), request(9, model=long)])["markers"]
    assert len(one["text"]) < 120
    assert one["model"].startswith("mmm")
    store = DuckDBStore(":memory:")
    events = [request(n, model=OLD if n < 14 else NEW) for n in range(28)] + [request(0, model=NEW, input_tokens=1)]
    store.write(Batch(events=events))
    store.settle()
    (lead,) = told(store, Window(zone=find_zone("Asia/Kolkata")))["markers"]
    assert lead["at"] == datetime(2026, 8, 16, 18, 30)  # noqa: DTZ001 - Monday there, in UTC
    assert "before it" in lead["text"]


def test_an_empty_store_and_a_window_to_come_have_no_markers():
    assert ask([]) == {"markers": [], "left_out": 0, "reasons": {}}
    assert ask([request(0)], start=100, end=101)["markers"] == []
