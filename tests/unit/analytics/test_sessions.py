"""The list of sessions and everything of one: the same figures as the ledger has, by pages without loss or double."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tachograph.analytics.compile import answer
from tachograph.analytics.query import Query, Window
from tachograph.analytics.scope import Scope
from tachograph.analytics.sessions.listing import FILTERS, ORDERS, list_sessions
from tachograph.analytics.sessions.one import KINDS, show_session
from tachograph.analytics.zones import find_zone
from tachograph.ports import Batch, Statement
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import QueryError, UnknownDimension, UnknownSession
from tachograph_sdk.model.event import EventKind, Source
from tests.unit.store.traffic import make_traffic

AT = 1_795_141_832_000_000


@pytest.fixture(scope="module")
def store() -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:")
    for seed in range(1, 4):
        store.write(Batch(events=make_traffic(seed).events))
    own: dict[str, Any] = {"session_id": "s_own", "user_id": "u_1"}
    extra = [
        make_event(EventKind.PROMPT, key="p", prompt_id="p", at_us=AT, prompt_origin="human", **own),
        make_event(
            key="r1", request_id="r1", model="opus", at_us=AT + 1_000_000, input_tokens=5, cost_nanousd=1_000_400,
            cost_basis="reported", **own,
        ),
        make_event(
            EventKind.TOOL_CALL, key="t1", tool_use_id="t1", tool_name="Edit", success=True, at_us=AT + 2_000_000, **own
        ),
        make_event(
            EventKind.TOOL_CALL, key="t2", tool_use_id="t2", tool_name="Bash", success=False, error_class="timeout",
            at_us=AT + 3_000_000, **own,
        ),
        make_event(
            key="r2", request_id="r2", model="haiku", at_us=AT + 4_000_000, input_tokens=7, cost_nanousd=600,
            cost_basis="priced", **own,
        ),
        make_event(
            EventKind.VCS_COMMIT, key="c", source=Source.TRANSCRIPT, quantity=1, at_us=AT + 5_000_000, **own
        ),
        make_event(key="u", request_id="ru", model="mystery", cost_basis="unpriced", session_id="s_unpriced", at_us=AT),
    ]  # fmt: skip
    store.write(Batch(events=extra))
    store.settle()
    yield store
    store.close()


def scope(window: Window | None = None, filters: dict[str, Any] | None = None, **parameters: str) -> Scope:
    return Scope(window=window or Window(), now_us=AT, filters=filters or {}, parameters=parameters)


def listed(store: DuckDBStore, window: Window | None = None, filters: Any = None, **parameters: Any) -> dict[str, Any]:
    return list_sessions(store, scope(window, filters, **parameters))


def one(store: DuckDBStore, session: str | None, **parameters: str) -> dict[str, Any]:
    return show_session(store, scope(None, {"session": [session]}, **parameters))


def everything(store: DuckDBStore, **parameters: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        page = listed(store, offset=str(len(rows)), **parameters)
        rows += page["sessions"]
        if page["next_offset"] is None:
            assert page["total"] == len(rows)
            return rows


def sums(store: DuckDBStore, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in store.query(Statement(name="sums", sql=sql)).rows]


def test_every_session_is_listed_once_with_the_figures_of_the_ledger(store: DuckDBStore) -> None:
    rows = everything(store, limit="500")
    told = sums(
        store,
        "select session_id, agent, sum(requests), sum(tool_calls), sum(input_tokens), sum(lines_added) from sessions"
        " where counts group by 1, 2",
    )
    names = ("id", "agent", "requests", "tool_calls", "input_tokens", "lines_added")
    assert sorted(tuple(row[name] for name in names) for row in rows) == sorted(told)
    assert len(rows) > 5


def test_a_score_is_what_the_store_works_out(store: DuckDBStore) -> None:
    told = dict(sums(store, "select session_id, max(score) from sessions where counts group by 1 having count(*) = 1"))
    scored = {row["id"]: row["score"] for row in everything(store) if row["id"] in told}
    assert any(score is not None for score in scored.values())
    assert scored == told  # to the last digit: equal scores stay equal


@pytest.mark.parametrize("order", [sign + name for name in ORDERS for sign in ("", "-")])
def test_any_order_pages_without_loss_or_double(store: DuckDBStore, order: str) -> None:
    whole = listed(store, limit="500", order=order)["sessions"]
    assert everything(store, limit="3", order=order) == whole
    name = order.removeprefix("-")
    column = {"cost_usd": "cost_microusd"}.get(name, name)
    values = [r["lines_added"] + r["lines_removed"] if name == "lines_changed" else r[column] for r in whole]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=order.startswith("-"))
    assert values[len(known) :] == [None] * (len(values) - len(known)), "unknown ones come last"


def test_a_window_lists_what_was_active_in_it(store: DuckDBStore) -> None:
    (own,) = listed(store, filters={"session": ["s_own"]})["sessions"]
    begun = datetime.fromisoformat(own["started_at"].removesuffix("Z"))
    ended = datetime.fromisoformat(own["ended_at"].removesuffix("Z"))
    second = timedelta(seconds=1)
    for start, end, there in (
        (begun + second, begun + 2 * second, True),  # within it
        (begun - second, begun, False),  # the end is excluded
        (begun - second, begun + timedelta(microseconds=1), True),
        (ended, None, True),
        (ended + timedelta(microseconds=1), None, False),
        (None, None, True),
    ):
        rows = listed(store, Window(start=start, end=end), limit="500")["sessions"]
        assert any(row["id"] == "s_own" for row in rows) is there


def test_filters_keep_what_they_name_and_list_what_there_is(store: DuckDBStore) -> None:
    assert [row["id"] for row in listed(store, filters={"tool": ["Bash"], "session": ["s_own"]})["sessions"]] == [
        "s_own"
    ]
    assert listed(store, filters={"tool": ["Nothing"]})["sessions"] == []
    assert "s_own" in [row["id"] for row in listed(store, filters={"model": ["haiku", "x"]})["sessions"]]
    assert listed(store, filters={"model": []})["total"] == 0
    end = datetime(1970, 1, 1) + timedelta(microseconds=AT + 3_000_000)  # noqa: DTZ001 - UTC, as stores keep times
    for model, is_there in (("opus", True), ("haiku", False)):  # which was only asked after the window
        told = listed(store, Window(end=end), filters={"model": [model], "session": ["s_own"]})
        assert told["total"] == is_there
    for name in FILTERS:
        listed(store, filters={name: [None, "1" if name in {"weekday", "hour_of_day"} else "x"]})
    with pytest.raises(UnknownDimension, match="language"):
        listed(store, filters={"language": ["1"]})
    with pytest.raises(QueryError, match="'x' is not a value of weekday"):
        listed(store, filters={"weekday": ["x"]})


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata"])
@pytest.mark.parametrize("hours", [None, 30])
def test_as_many_are_listed_of_an_hour_of_the_week_as_were_counted_in_it(
    store: DuckDBStore, zone: str, hours: int | None
) -> None:
    ((first,),) = sums(store, "select min(started_at) from sessions")
    cut = {} if hours is None else {"start": first + timedelta(minutes=17), "end": first + timedelta(hours=hours)}
    window = Window(zone=find_zone(zone), **cut)
    cells = answer(store, Query(metrics=["sessions"], by=["weekday", "hour_of_day"], window=window)).rows
    assert len(cells) > 3
    for weekday, hour, count in cells:
        there = listed(store, window, filters={"weekday": [str(weekday)], "hour_of_day": [str(hour)]})
        assert there["total"] == count, (weekday, hour)
    days = answer(store, Query(metrics=["sessions"], by=["weekday"], window=window)).rows
    assert [listed(store, window, filters={"weekday": [str(day)]})["total"] for day, _ in days] == [n for _, n in days]


def test_a_search_finds_the_beginning_of_an_id(store: DuckDBStore) -> None:
    assert [row["id"] for row in listed(store, search="s_ow")["sessions"]] == ["s_own"]
    assert listed(store, search="s_%")["total"] == 0, "it is no pattern"
    assert listed(store, search="own")["total"] == 0


def test_what_is_not_known_is_null_with_a_reason(store: DuckDBStore) -> None:
    page = listed(store, filters={"session": ["s_unpriced"]})
    (row,) = page["sessions"]
    assert (row["cost_microusd"], row["cost_usd"], row["score"], row["files_changed"]) == (None, None, None, None)
    assert {"cost_microusd", "score", "files_changed"} <= set(page["reasons"])
    assert all(page["reasons"].values())
    assert row["models"] == ["mystery"]


@pytest.mark.parametrize(
    ("parameters", "told"),
    [({"limit": "0"}, "limit"), ({"limit": "501"}, "limit"), ({"limit": "x"}, "limit"), ({"limit": "1e3"}, "limit"),
     ({"offset": "-1"}, "offset"), ({"order": "nonsense"}, "nonsense"), ({"order": "--score"}, "score")],
)  # fmt: skip
def test_what_cannot_be_asked_says_why(store: DuckDBStore, parameters: dict[str, Any], told: str) -> None:
    with pytest.raises(QueryError, match=told):
        listed(store, **parameters)


def test_one_session_has_its_totals_and_everything_that_happened_in_order(store: DuckDBStore) -> None:
    told = one(store, "s_own")
    (row,) = listed(store, filters={"session": ["s_own"]})["sessions"]
    assert told["session"] == {name: value for name, value in row.items() if name != "models"}
    happened = [(e["kind"], e.get("name"), e["status"], e["cost_so_far_microusd"]) for e in told["timeline"]]
    assert happened == [
        ("prompt", "human", "sent", 0),
        ("request", "opus", "ok", 1000),
        ("tool_call", "Edit", "ok", 1000),
        ("tool_call", "Bash", "error", 1000),
        ("request", "haiku", "ok", 1001),
        ("outcome", "vcs.commit", "done", 1001),
    ]
    assert told["entries"] == {
        "prompt": {"n": 1, "failed": 0}, "request": {"n": 2, "failed": 0}, "tool_call": {"n": 2, "failed": 1},
        "outcome": {"n": 1, "failed": 0},
    }  # fmt: skip
    assert [(m["model"], m["requests"], m["cost_microusd"]) for m in told["models"]] == [
        ("haiku", 1, 1),
        ("opus", 1, 1000),
    ]
    assert [(t["tool"], t["tool_calls"], t["tool_errors"]) for t in told["tools"]] == [("Bash", 1, 1), ("Edit", 1, 0)]
    assert told["errors"] == [{"error_class": "timeout", "api_errors": 0, "tool_errors": 1}]
    assert told["seen_by"]["requests"] == {"otel_log": 2}
    assert told["cost_over_time"][-1]["cost_microusd"] == 1001
    assert told["score"]["value"] == row["score"]
    assert {name: part["weight"] for name, part in told["score"]["parts"].items()} == {
        "outcome": 0.4, "reliability": 0.2, "acceptance": 0.2, "one_shot": 0.2,
    }  # fmt: skip
    assert told["score"]["parts"]["reliability"]["value"] == 0.5
    assert all((part["value"] is None) == bool(part["reason"]) for part in told["score"]["parts"].values())
    assert told["explain"] == "/api/v1/explain?session=s_own"


def test_an_entry_with_a_duration_says_when_it_began() -> None:
    store = DuckDBStore(":memory:")
    own: dict[str, Any] = {"session_id": "s_bars"}
    call: dict[str, Any] = {
        **own,
        "kind": EventKind.TOOL_CALL,
        "tool_name": "Bash",
        "prompt_id": "p",
        "duration_ms": 500,
    }
    decided = {**own, "tool_name": "Bash", "tool_use_id": "t_both", "decision": "accept", "decision_source": "config"}
    store.write(
        Batch(
            events=[
                make_event(EventKind.PROMPT, key="p", prompt_id="p", at_us=AT, prompt_origin="human", **own),
                make_event(key="log", request_id="r1", model="a", duration_ms=900, at_us=AT + 1_000_000, **own),
                make_event(
                    key="span", request_id="r2", model="b", duration_ms=900, at_us=AT + 2_000_000,
                    source=Source.OTEL_SPAN, **own,
                ),
                make_event(key="none", request_id="r3", model="c", at_us=AT + 3_000_000, **own),
                make_event(key="t_log", tool_use_id="t_log", success=False, at_us=AT + 4_000_000, **call),
                make_event(EventKind.TOOL_DECISION, key="t_told", at_us=AT + 5_000_000, **decided),
                make_event(key="t_both", tool_use_id="t_both", success=True, at_us=AT + 5_500_000, **call),
            ]
        )
    )  # fmt: skip
    store.settle()
    timeline = one(store, "s_bars")["timeline"]
    store.close()
    began = {
        entry["name"]: (datetime.fromisoformat(entry["began_at"]) - datetime.fromisoformat(entry["at"])).total_seconds()
        for entry in timeline
        if "began_at" in entry and entry["kind"] == "request"
    }
    assert began == {"a": -0.9, "b": 0}  # a log record is as old as the end, a span as the beginning; c has no duration
    calls = [entry for entry in timeline if entry["kind"] == "tool_call"]
    beside = [datetime.fromisoformat(entry["began_at"]).timestamp() - AT / 1e6 for entry in calls]
    assert beside == pytest.approx([3.5, 5])
    assert [entry.get("is_retry", False) for entry in calls] == [False, True]
    assert all("is_end" not in entry for entry in timeline)


def test_the_timeline_of_every_session_pages_and_adds_up(store: DuckDBStore) -> None:
    for row in everything(store):
        whole = one(store, row["id"], limit="1000")
        assert whole["next_offset"] is None
        assert len(whole["timeline"]) == whole["timeline_total"] == sum(e["n"] for e in whole["entries"].values())
        if row["cost_microusd"] is not None:
            assert whole["timeline"][-1]["cost_so_far_microusd"] == row["cost_microusd"]
            assert whole["cost_over_time"][-1]["cost_microusd"] == row["cost_microusd"]
        assert sum(1 for e in whole["timeline"] if e["kind"] == "tool_call") == row["tool_calls"]
        assert sum(e["kind"] == "request" and e["status"] == "ok" for e in whole["timeline"]) == row["requests"]
        assert [e["at"] for e in whole["timeline"]] == sorted(e["at"] for e in whole["timeline"])
        paged: list[Any] = []
        while len(paged) < whole["timeline_total"]:
            paged += one(store, row["id"], limit="7", offset=str(len(paged)))["timeline"]
        assert paged == whole["timeline"]
        for kind in KINDS:
            kept = one(store, row["id"], limit="1000", kind=kind)
            assert kept["timeline"] == [e for e in whole["timeline"] if e["kind"] == kind]
            assert kept["timeline_total"] == len(kept["timeline"])


def test_times_are_those_of_the_zone(store: DuckDBStore) -> None:
    berlin = Window(zone=find_zone("Europe/Berlin"))
    told = show_session(store, scope(berlin, {"session": ["s_own"]}))
    assert told["session"]["started_at"].endswith("+01:00")
    assert all(entry["at"].endswith("+01:00") for entry in told["timeline"])


@pytest.mark.parametrize("session", ["s_nobody", "", None, "' or 1=1 --"])
def test_a_session_that_is_not_there_says_where_they_are(store: DuckDBStore, session: str | None) -> None:
    with pytest.raises(UnknownSession) as told:
        one(store, session)
    assert "/api/v1/sessions" in told.value.hint


def test_a_session_of_100_000_records_is_told_by_pages_in_bounded_time() -> None:
    store = DuckDBStore(":memory:")
    events = [
        make_event(
            key=str(n), request_id=f"r{n}", session_id="s_long", model=f"m{n % 3}", at_us=AT + n * 1000, cost_nanousd=1000,
            cost_basis="reported", input_tokens=1,
        )
        for n in range(60_000)
    ]  # fmt: skip
    events += [
        make_event(
            EventKind.TOOL_CALL, key=f"t{n}", tool_use_id=f"t{n}", tool_name="Bash", success=True, session_id="s_long",
            at_us=AT + n * 1500,
        )
        for n in range(40_000)
    ]  # fmt: skip
    store.write(Batch(events=events))
    store.settle()
    begun = time.monotonic()
    last = one(store, "s_long", limit="100", offset="99900")
    assert time.monotonic() - begun < 10
    assert (last["timeline_total"], len(last["timeline"]), last["next_offset"]) == (100_000, 100, None)
    assert last["timeline"][-1]["cost_so_far_microusd"] == 60_000
    assert len(last["cost_over_time"]) <= 61
    store.close()
