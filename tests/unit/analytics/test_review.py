"""Which sessions need review, and why: each rule at its threshold and just below it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tachograph.analytics.errors import thresholds
from tachograph.analytics.errors.review import RULES, review
from tachograph_sdk.errors import QueryError
from tachograph_sdk.model.event import Event
from tests.unit.analytics.test_errors import failed, prompt, request, scope, stored, tool


def asked(*events: Event, **more: Any) -> dict[str, Any]:
    store = stored(events)
    try:
        return dict(review(store, scope(**more)))
    finally:
        store.close()


def reasons(*events: Event, **more: Any) -> dict[str, list[str]]:
    told = asked(*events, **more)
    assert told["needing_review"] == len(told["sessions"])
    return {one["session"]: [reason["rule"] for reason in one["reasons"]] for one in told["sessions"]}


def says(*events: Event) -> list[str]:
    (one,) = asked(*events)["sessions"]
    return [reason["says"] for reason in one["reasons"]]


def calls(count: int, bad: int, **more: Any) -> list[Event]:
    """Tool calls of which the last ones failed, each of another tool, so that none is in a row."""
    return [tool("s_1", n + 1, f"Tool{n}", ok=n < count - bad, **more) for n in range(count)]


def rejected(count: int, name: str = "Edit") -> list[Event]:
    return [tool("s_1", 20 + n, name, decision="reject", decision_source="user_reject") for n in range(count)]


def test_an_empty_store_needs_no_review() -> None:
    told = asked()
    assert (told["sessions"], told["needing_review"], told["looked_at"]) == ([], 0, 0)
    assert [(rule["rule"], rule["sessions"]) for rule in told["rules"]] == [(rule.name, 0) for rule in RULES]


def test_a_session_in_which_nothing_failed_needs_none() -> None:
    told = asked(prompt("s_1", 0), request("s_1", 1), *calls(12, 0))
    assert (told["sessions"], told["looked_at"]) == ([], 1)


def test_api_errors() -> None:
    answered = request("s_1", 30)
    assert reasons(*(failed("s_1", n, 400) for n in range(3)), answered) == {"s_1": ["api_errors"]}
    assert reasons(*(failed("s_1", n, 400) for n in range(2)), answered) == {}


def test_an_end_by_an_error() -> None:
    assert reasons(request("s_1", 0), failed("s_1", 1, 400)) == {"s_1": ["ended_by_error"]}
    assert reasons(failed("s_1", 1, 400), request("s_1", 2)) == {}
    assert says(request("s_1", 0), failed("s_1", 1, 400)) == ["its last API request failed"]


def test_rate_limits() -> None:
    answered = request("s_1", 30)
    limited = [failed("s_1", n, status) for n, status in enumerate((429, 529, 429))]
    assert reasons(*limited, answered) == {"s_1": ["api_errors", "rate_limited"]}
    assert says(*limited, answered)[1] == "3 tries hit a rate limit or an overloaded service"
    assert "rate_limited" not in reasons(*limited[:2], failed("s_1", 5, 400), answered)["s_1"]


def test_tool_failures_and_their_share() -> None:
    assert reasons(*calls(40, 5)) == {"s_1": ["tool_failures"]}
    assert reasons(*calls(40, 4)) == {}
    assert reasons(*calls(10, 3)) == {"s_1": ["error_share"]}
    assert reasons(*calls(11, 3)) == {}, "three of eleven are less than 30 %"
    assert reasons(*calls(9, 4)) == {}, "too few calls to speak of a share"
    assert says(*calls(10, 3)) == ["3 of 10 tool calls failed"]


def test_a_retry_loop() -> None:
    turn = [prompt("s_1", 0), *(tool("s_1", n) for n in (1, 2, 3))]
    assert reasons(*turn) == {"s_1": ["retry_loop"]}
    assert says(*turn) == ["a tool failed 3 times in a row"]
    assert reasons(*turn[:3]) == {}


def test_rejected_edits_and_calls() -> None:
    edited = [tool("s_1", n, "Edit", ok=True) for n in range(3)]
    assert reasons(*edited, *rejected(3)) == {"s_1": ["rejected_edits"]}
    assert says(*edited, *rejected(3)) == ["3 of 6 edits were rejected"]
    assert reasons(*edited, *rejected(2)) == {}
    assert reasons(*edited, tool("s_1", 9, "Edit", ok=True), *rejected(3)) == {}, "fewer than half"
    assert reasons(*rejected(5, "Bash")) == {"s_1": ["rejected_calls"]}
    assert reasons(*rejected(4, "Bash")) == {}


def of_person(session: str, minute: float, dollars: float, user: str = "u_1") -> Event:
    nano = math.floor(dollars * 1e9)
    return request(session, minute, user_id=user, cost_nanousd=nano, cost_basis="reported")


def test_a_cost_far_above_what_is_usual_for_the_person() -> None:
    usual = [of_person(f"s_{n}", n, 0.5) for n in range(10)]
    assert reasons(*usual, of_person("s_dear", 30, 2.5)) == {"s_dear": ["high_cost"]}
    assert reasons(*usual, of_person("s_dear", 30, 2.49)) == {}
    assert reasons(*usual, of_person("s_dear", 30, 2.5, "u_2")) == {}, "of somebody else nothing usual is known"
    assert reasons(*usual[:8], of_person("s_dear", 30, 2.5)) == {}, "nine sessions say nothing"
    cheap = [of_person(f"s_{n}", n, 0.01) for n in range(10)]
    assert reasons(*cheap, of_person("s_dear", 30, 0.99)) == {}, "less than a dollar is no matter"
    told = asked(*usual, of_person("s_dear", 30, 4.0))["sessions"][0]
    assert (told["cost_microusd"], told["usual_microusd"]) == (4_000_000, 500_000)
    assert told["reasons"][0]["says"] == "it cost 8 times what is usual for the person"


def test_old_sessions_do_not_say_what_is_usual_now() -> None:
    old = [of_person(f"s_{n}", -thresholds.USUAL_DAYS * 1440 - 60 - n, 0.5) for n in range(10)]
    assert reasons(*old, of_person("s_dear", 30, 2.5), until=120) == {}


def test_those_with_most_reasons_come_first_and_a_limit_leaves_the_count() -> None:
    many = [failed("s_many", n, 429) for n in range(3)]
    events = [*many, request("s_one", 50), failed("s_one", 51, 400), request("s_two", 60), failed("s_two", 61, 400)]
    told = asked(*events)
    assert [one["session"] for one in told["sessions"]] == ["s_many", "s_two", "s_one"]
    assert {rule["rule"]: rule["sessions"] for rule in told["rules"] if rule["sessions"]} == {
        "ended_by_error": 3, "api_errors": 1, "rate_limited": 1,
    }  # fmt: skip
    short = asked(*events, parameters={"limit": "1"})
    assert (len(short["sessions"]), short["needing_review"], short["looked_at"]) == (1, 3, 3)
    assert [rule["sessions"] for rule in short["rules"]] == [rule["sessions"] for rule in told["rules"]]
    for wrong in ("0", "501", "x", "-1", "1.5", "٣"):
        with pytest.raises(QueryError):
            asked(parameters={"limit": wrong})


def test_a_session_counts_if_it_was_active_in_the_window() -> None:
    events = [failed("s_1", 0, 400), failed("s_2", 90, 400), request("s_2", 80)]
    assert set(reasons(*events, since=60, until=120)) == {"s_2"}
    assert set(reasons(*events, since=-60, until=30)) == {"s_1"}
    assert reasons(*events, filters={"agent": ["codex"]}) == {}
