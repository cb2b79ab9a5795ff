"""What goes on: which sessions run, what today came to, and nothing of what is over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tachograph.analytics.now import now
from tachograph.analytics.query import Window
from tachograph.analytics.scope import Scope
from tachograph.analytics.zones import find_zone
from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import BadWindow, UnknownDimension
from tachograph_sdk.model.event import EventKind, Source

MINUTE = 60_000_000
NOW_US = int(datetime(2026, 11, 20, 12, 30, 20, tzinfo=UTC).timestamp()) * 1_000_000


def request(session: str, minutes_ago: float, **attributes: Any) -> Any:
    given: dict[str, Any] = {"model": "opus", "input_tokens": 10, "output_tokens": 5, "cost_nanousd": 2_000_000}
    given |= {"cost_basis": "reported"} | attributes
    return make_event(session_id=session, at_us=NOW_US - int(minutes_ago * MINUTE), **given)


def tool(session: str, minutes_ago: float, name: str, *, success: bool = True, **attributes: Any) -> Any:
    at_us = NOW_US - int(minutes_ago * MINUTE)
    return make_event(
        EventKind.TOOL_CALL, session_id=session, at_us=at_us, tool_name=name, success=success, **attributes
    )


def asked(*events: Any, zone: str = "UTC", **options: Any) -> dict[str, Any]:
    store = DuckDBStore(":memory:")
    store.write(Batch(events=list(events)))
    store.settle()
    window = Window(zone=find_zone(zone))
    told = dict(now(store, Scope(window=window, now_us=NOW_US, **options)))
    store.close()
    return told


def test_an_empty_store_has_zeros_and_empty_lists() -> None:
    told = asked()
    assert (told["sessions"], told["tools"], told["errors"]) == ([], [], [])
    assert told["today"]["cost_microusd"] == told["today"]["requests"] == told["month"]["cost_microusd"] == 0
    assert told["minutes"] == {"requests": [0] * 60, "errors": [0] * 60}
    assert told["budget"] == {"day_microusd": None, "month_microusd": None}


def test_a_session_runs_while_records_come_and_the_latest_is_first() -> None:
    told = asked(
        request("s_old", 31),
        request("s_quiet", 29, agent="codex", project="p_1", model="gpt"),
        request("s_work", 40, model="opus"),
        request("s_work", 1.5, model="sonnet"),
        tool("s_work", 3, "Read"),
        tool("s_work", 1, "Bash", success=False, tool_use_id="t1"),
    )
    first, second = told["sessions"]
    assert (first["session"], first["state"], first["model"], first["last_tool"]) == (
        "s_work",
        "working",
        "sonnet",
        "Bash",
    )
    assert (first["requests"], first["tokens"], first["cost_microusd"]) == (2, 30, 4000)
    assert (first["tool_calls"], first["tool_errors"], first["last_tool_failed"]) == (2, 1, True)
    assert (first["running_seconds"], first["quiet_seconds"]) == (40 * 60, 60)
    assert (second["session"], second["state"], second["agent"], second["project"]) == (
        "s_quiet",
        "quiet",
        "codex",
        "p_1",
    )
    assert second["last_tool"] is None


def test_a_session_whose_end_was_reported_runs_no_longer_unless_it_goes_on() -> None:
    def ended(session: str, minutes_ago: float) -> Any:
        return make_event(
            EventKind.SESSION_SUMMARY, source=Source.HOOK, session_id=session, at_us=NOW_US - int(minutes_ago * MINUTE)
        )

    late = make_event(
        EventKind.USAGE_COUNTER,
        source=Source.OTEL_METRIC,
        session_id="s_over",
        at_us=NOW_US - 8 * MINUTE,
        counter="input",
        quantity=10,
        model="opus",
    )  # agents send their counters after the end: what the requests told already
    again = [request("s_again", 10), ended("s_again", 9), request("s_again", 2)]
    told = asked(request("s_over", 10), ended("s_over", 9), late, *again)
    assert [row["session"] for row in told["sessions"]] == ["s_again"]


def test_what_a_clock_that_is_hours_ahead_tells_does_not_run() -> None:
    assert asked(request("s_1", -60))["sessions"] == []
    assert asked(request("s_1", 200), request("s_1", -60))["sessions"] == []
    assert len(asked(request("s_1", -1))["sessions"]) == 1


def test_minutes_are_counted_one_by_one_the_oldest_first() -> None:
    told = asked(
        request("s_1", 0.1), request("s_1", 0.2), request("s_1", 1), request("s_1", 59), request("s_1", 61),
        make_event(EventKind.API_ERROR, session_id="s_1", at_us=NOW_US - MINUTE, status_code=529, error_class="overloaded"),
    )["minutes"]  # fmt: skip
    assert told["requests"][-1] == 2
    assert told["requests"][-2] == 2
    assert told["errors"][-2] == 1
    assert told["requests"][0] == 1
    assert sum(told["requests"]) == 5


@pytest.mark.parametrize(("zone", "cost"), [("UTC", 2000), ("Asia/Kolkata", 4000), ("America/New_York", 0)])
def test_today_begins_at_the_midnight_of_the_zone(zone: str, cost: int) -> None:
    told = asked(request("s_1", 12 * 60), request("s_1", 15 * 60), zone=zone)  # 00:30 and, on the day before, 21:30 UTC
    assert told["today"]["cost_microusd"] == cost
    assert told["month"]["cost_microusd"] == 4000


def test_tools_and_errors_of_today_with_the_most_first() -> None:
    told = asked(
        request("s_1", 1),
        *(tool("s_1", 2, "Bash", success=n > 1, error_class="" if n > 1 else "timeout") for n in range(5)),
        tool("s_1", 2, "Read"),
        tool("s_1", 60 * 13, "Grep"),
        make_event(EventKind.API_ERROR, session_id="s_1", at_us=NOW_US - MINUTE, error_class="overloaded"),
    )
    assert [(r["tool"], r["tool_calls"], r["tool_errors"]) for r in told["tools"]] == [("Bash", 5, 2), ("Read", 1, 0)]
    errors = {(r["of"], r["error_class"]): r["count"] for r in told["errors"]}
    assert errors["request", "overloaded"] == 1
    assert sum(n for (of, _), n in errors.items() if of == "tool") == 2


def test_filters_narrow_all_of_it_and_a_window_is_refused() -> None:
    events = [request("s_1", 1, agent="codex"), request("s_2", 1), tool("s_2", 1, "Bash")]
    told = asked(*events, filters={"agent": ["codex"]})
    assert [row["session"] for row in told["sessions"]] == ["s_1"]
    assert (told["today"]["requests"], sum(told["minutes"]["requests"]), told["tools"]) == (1, 1, [])
    with pytest.raises(UnknownDimension):
        asked(filters={"model": ["opus"]})
    with pytest.raises(BadWindow):
        now(None, Scope(window=Window(start=datetime(2026, 1, 1)), now_us=NOW_US))  # type: ignore[arg-type]  # noqa: DTZ001
