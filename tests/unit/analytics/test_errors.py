"""What failed: every figure worked out by hand from a few records, and nothing invented where there is nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tachograph.analytics.errors.patterns import LIMITED, file_failures, is_limited
from tachograph.analytics.errors.question import errors
from tachograph.analytics.query import Window
from tachograph.analytics.scope import Scope
from tachograph.analytics.zones import find_zone
from tachograph.ports import Batch, Statement
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import QueryError, UnknownDimension
from tachograph_sdk.model.event import Event, EventKind, Source

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NOW_US = int(datetime(2026, 11, 20, 12, 0, tzinfo=UTC).timestamp()) * 1_000_000
_numbers = iter(range(10**9))


def us(minutes: float) -> int:
    """So many minutes after nine o'clock."""
    return int((START + timedelta(minutes=minutes)).timestamp() * 1_000_000)


def prompt(session: str, minute: float, **more: Any) -> Event:
    number = f"p{next(_numbers)}"
    given: dict[str, Any] = {"prompt_id": number, "prompt_origin": "human", "key": number, **more}
    return make_event(EventKind.PROMPT, session_id=session, at_us=us(minute), source=Source.TRANSCRIPT, **given)


def request(session: str, minute: float, **more: Any) -> Event:
    number = f"req_{next(_numbers)}"
    given: dict[str, Any] = {"model": "opus", "request_id": number, "key": number, "input_tokens": 1, **more}
    return make_event(session_id=session, at_us=us(minute), **given)


def failed(session: str, minute: float, status: int | None, named: str | None = None, **more: Any) -> Event:
    number = f"req_{next(_numbers)}"
    given: dict[str, Any] = {"model": "opus", "request_id": number, "key": number, **more}
    given |= {} if status is None else {"status_code": status}
    given |= {} if named is None else {"error_class": named}
    return make_event(EventKind.API_ERROR, session_id=session, at_us=us(minute), **given)


def tool(session: str, minute: float, name: str = "Edit", *, ok: bool = False, **more: Any) -> Event:
    number = f"toolu_{next(_numbers)}"
    given: dict[str, Any] = {"tool_name": name, "success": ok, "tool_use_id": number, "key": number, **more}
    return make_event(EventKind.TOOL_CALL, session_id=session, at_us=us(minute), source=Source.TRANSCRIPT, **given)


def stored(events: Iterable[Event]) -> DuckDBStore:
    store = DuckDBStore(":memory:")
    store.write(Batch(events=list(events)))
    store.settle()
    return store


def scope(*, since: float | None = None, until: float | None = None, zone: str = "UTC", **more: Any) -> Scope:
    """A window in minutes after nine."""
    ends = [
        None if m is None else datetime.fromtimestamp(us(m) / 1e6, UTC).replace(tzinfo=None) for m in (since, until)
    ]
    return Scope(window=Window(start=ends[0], end=ends[1], zone=find_zone(zone)), now_us=NOW_US, **more)


def asked(*events: Event, **more: Any) -> dict[str, Any]:
    store = stored(events)
    try:
        return dict(errors(store, scope(**more)))
    finally:
        store.close()


def test_an_empty_store_has_zeros_empty_lists_and_nulls_that_say_why() -> None:
    told = asked(since=0, until=120)
    totals = told["totals"]
    assert {n: v for n, v in totals.items() if not n.endswith("_ratio")} == {
        "requests": 0, "api_errors": 0, "tool_calls": 0, "tool_errors": 0, "classes": 0, "new_classes": 0,
    }  # fmt: skip
    assert (totals["api_error_ratio"], totals["tool_error_ratio"]) == (None, None)
    assert set(told["reasons"]) == {"api_error_ratio", "tool_error_ratio", "patterns.rate_limits.by_hour.ratio"}
    assert set(told["kinds"].values()) == {0}
    assert [told[n] for n in ("classes", "by_tool", "by_model", "by_agent", "by_agent_version")] == [[]] * 5
    assert [(row["at"], row["requests"], row["tool_errors"]) for row in told["over_time"]] == [
        ("2026-11-20T09:00:00Z", 0, 0),
        ("2026-11-20T10:00:00Z", 0, 0),
    ]
    patterns = told["patterns"]
    assert (patterns["retry_loops"]["loops"], patterns["retry_loops"]["latest"]) == (0, [])
    assert (patterns["denials"]["count"], patterns["denials"]["groups"]) == (0, [])
    assert {hour["ratio"] for hour in patterns["rate_limits"]["by_hour"]} == {None}
    assert (patterns["file_failures"]["count"], patterns["file_failures"]["groups"]) == (0, [])


def test_classes_have_counts_rates_times_and_where_they_occurred() -> None:
    told = asked(
        request("s_1", 0), request("s_1", 1, model="sonnet"), request("s_2", 2),
        failed("s_1", 3, 429, "rate_limit_error"), failed("s_2", 5, 429, "rate_limit_error"),
        failed("s_2", 6, 400, "invalid_request_error", model="sonnet", agent_version="2.0.1"),
        tool("s_1", 7, "Edit", error_class="not_found"), tool("s_1", 8, "Edit", ok=True),
        tool("s_1", 9, "Bash", ok=True), tool("s_3", 10, "Bash", ok=True, agent="codex"),
        until=60, since=-60,
    )  # fmt: skip
    totals = told["totals"]
    assert (totals["requests"], totals["api_errors"], totals["api_error_ratio"]) == (6, 3, 0.5)
    assert (totals["tool_calls"], totals["tool_errors"], totals["tool_error_ratio"]) == (4, 1, 0.25)
    assert (totals["classes"], totals["new_classes"]) == (3, 3)
    assert {k: n for k, n in told["kinds"].items() if n} == {"rate_limit": 2, "validation": 1, "tool_failure": 1}
    first = told["classes"][0]
    assert {n: first[n] for n in ("what", "error_class", "status_code", "kind", "count", "sessions", "is_new")} == {
        "what": "request", "error_class": "rate_limit_error", "status_code": 429, "kind": "rate_limit", "count": 2,
        "sessions": 2, "is_new": True,
    }  # fmt: skip
    assert first["ratio"] == pytest.approx(2 / 6)
    assert (first["first_at"], first["last_at"]) == ("2026-11-20T09:03:00Z", "2026-11-20T09:05:00Z")
    assert [one["session"] for one in first["latest"]] == ["s_2", "s_1"]
    assert first["models"] == [{"name": "opus", "count": 2}]
    (edit,) = [c for c in told["classes"] if c["what"] == "tool"]
    assert (edit["error_class"], edit["kind"], edit["ratio"], edit["tools"]) == (
        "not_found", "tool_failure", 0.25, [{"name": "Edit", "count": 1}],
    )  # fmt: skip
    assert told["by_tool"] == [{"tool": "Edit", "errors": 1, "of": 2, "ratio": 0.5}]
    assert [(m["model"], m["errors"], m["of"]) for m in told["by_model"]] == [("opus", 2, 4), ("sonnet", 1, 2)]
    (agent,) = told["by_agent"]  # codex has no failure
    assert (agent["agent"], agent["api_errors"], agent["requests"], agent["tool_errors"], agent["tool_calls"]) == (
        "claude_code", 3, 6, 1, 3,
    )  # fmt: skip


def test_a_rejected_call_is_a_denial_and_no_failure() -> None:
    told = asked(tool("s_1", 1, decision="reject", decision_source="user_reject"), tool("s_1", 2, ok=True))
    assert (told["totals"]["tool_errors"], told["totals"]["tool_calls"], told["classes"]) == (0, 2, [])
    assert told["patterns"]["denials"]["count"] == 1


def test_new_is_what_was_never_seen_before_the_window() -> None:
    events = [failed("s_0", -300, 500), failed("s_1", 5, 500), failed("s_1", 6, 529), failed("s_1", 200, 400)]
    told = asked(*events, since=0, until=60)
    assert {(c["status_code"], c["count"], c["is_new"]) for c in told["classes"]} == {(500, 1, False), (529, 1, True)}
    assert [c["first_ever_at"] for c in told["classes"] if c["status_code"] == 500] == ["2026-11-20T04:00:00Z"]
    assert told["totals"]["new_classes"] == 1
    everything = asked(*events)
    assert everything["totals"]["new_classes"] is None
    assert "no start" in everything["reasons"]["new_classes"]
    assert {c["is_new"] for c in everything["classes"]} == {None}


def test_sessions_are_bounded_and_the_newest_first() -> None:
    told = asked(*(failed(f"s_{n}", n, 500) for n in range(9)), failed("s_2", 30, 500))
    (only,) = told["classes"]
    assert (only["count"], only["sessions"]) == (10, 9)
    assert [(one["session"], one["count"]) for one in only["latest"]] == [
        ("s_2", 2), ("s_8", 1), ("s_7", 1), ("s_6", 1), ("s_5", 1),
    ]  # fmt: skip


def test_over_time_by_the_hour_or_the_day_of_the_zone() -> None:
    events = [failed("s_1", 5, 500), request("s_1", 70), tool("s_1", 65)]
    told = asked(*events, since=0, until=120, zone="Asia/Kolkata")  # 14:30 to 16:30 there
    assert told["grain"] == "hour"
    assert [
        (r["at"], r["api_errors"], r["requests"], r["tool_errors"], r["tool_calls"]) for r in told["over_time"]
    ] == [
        ("2026-11-20T14:00:00+05:30", 1, 1, 0, 0),
        ("2026-11-20T15:00:00+05:30", 0, 1, 1, 1),
        ("2026-11-20T16:00:00+05:30", 0, 0, 0, 0),
    ]
    by_day = asked(*events, since=0, until=120, parameters={"grain": "day"})
    assert [(r["at"], r["api_errors"], r["requests"]) for r in by_day["over_time"]] == [("2026-11-20", 1, 2)]


def loops(*events: Event, **more: Any) -> list[tuple[str, str | None, int]]:
    told = asked(*events, **more)["patterns"]["retry_loops"]
    assert told["loops"] == len(told["latest"])
    return [(one["tool"], one["file"], one["failures"]) for one in told["latest"]]


def test_a_retry_loop_is_three_failures_in_a_row_within_a_turn() -> None:
    turn = prompt("s_1", 0)
    three = [tool("s_1", n, error_class="not_found") for n in (1, 2, 3)]
    assert loops(turn, *three) == [("Edit", None, 3)]
    assert loops(turn, *three[:2]) == []
    assert loops(turn, *three[:2], tool("s_1", 2.5, ok=True), three[2]) == [], "a success ends a row"
    assert loops(turn, *three[:2], prompt("s_1", 2.5), three[2]) == [], "a new turn begins a new row"
    assert loops(turn, *three[:2], tool("s_2", 2.5), three[2]) == [("Edit", None, 3)], "another session is no matter"
    assert loops(turn, *three[:2], tool("s_1", 2.5, "Bash", ok=True), three[2]) == [("Edit", None, 3)]
    again = [tool("s_1", n) for n in (5, 6, 7, 8)]
    found = loops(turn, *three, tool("s_1", 4, ok=True), *again)
    assert found == [("Edit", None, 4), ("Edit", None, 3)], "two loops, the latest first"


def test_a_retry_loop_is_of_one_file_where_files_are_known() -> None:
    def of(file: str, *minutes: int) -> list[Event]:
        return [tool("s_1", minute, file=file) for minute in minutes]

    assert loops(prompt("s_1", 0), *of("f_a", 1, 3, 5), *of("f_b", 2, 4)) == [("Edit", "f_a", 3)]
    told = asked(prompt("s_1", 0), *of("f_a", 1, 3, 5))["patterns"]["retry_loops"]
    assert told["by_tool"] == [{"tool": "Edit", "loops": 1, "failures": 3, "latest": ["s_1"]}]
    assert (told["latest"][0]["first_at"], told["latest"][0]["last_at"]) == (
        "2026-11-20T09:01:00Z",
        "2026-11-20T09:05:00Z",
    )


def test_denials_by_tool_source_and_mode() -> None:
    def denied(session: str, minute: float, source: str, **more: Any) -> Event:
        return tool(session, minute, "Bash", decision="reject", decision_source=source, **more)

    told = asked(
        denied("s_1", 1, "user_reject", permission_mode="plan"), denied("s_2", 2, "user_reject", permission_mode="plan"),
        denied("s_2", 3, "config"), tool("s_2", 4, "Bash", ok=True, permission_mode="plan", decision="accept"),
    )["patterns"]["denials"]  # fmt: skip
    assert told["count"] == 3
    assert [
        (g["tool"], g["decision_source"], g["permission_mode"], g["count"], g["sessions"]) for g in told["groups"]
    ] == [
        ("Bash", "user_reject", "plan", 2, 2),
        ("Bash", "config", None, 1, 1),
    ]
    assert [one["session"] for one in told["groups"][0]["latest"]] == ["s_2", "s_1"]


def test_rate_limits_by_the_hour_of_the_day_there() -> None:
    told = asked(
        request("s_1", 0), failed("s_1", 1, 429), failed("s_2", 2, 529), failed("s_1", 3, 400),
        failed("s_3", 65, None, "overloaded_error"), request("s_3", 66), zone="Asia/Kolkata",
    )["patterns"]["rate_limits"]  # fmt: skip
    assert (told["tries"], told["rate_limited"], told["overloaded"]) == (6, 1, 2)
    hours = {
        h["hour"]: (h["tries"], h["rate_limited"], h["overloaded"], h["ratio"]) for h in told["by_hour"] if h["tries"]
    }
    assert hours == {14: (4, 1, 1, 0.5), 15: (2, 0, 1, 0.5)}
    assert {(g["status_code"], g["error_class"]): [s["session"] for s in g["latest"]] for g in told["groups"]} == {
        (429, None): ["s_1"],
        (529, None): ["s_2"],
        (None, "overloaded_error"): ["s_3"],
    }


@pytest.mark.parametrize("status", [None, 200, 400, 429, 500, 503, 529])
@pytest.mark.parametrize(
    "named",
    [None, "rate_limit_error", "RateLimitError", "UsageLimitExceeded", "too_many_requests", "quota_exceeded", "overloaded",
     "overloaded_error", "http_429", "http_529", "generate_token_limit", "api_error", "invalid_request_error"],
)  # fmt: skip
def test_what_is_a_rate_limit_is_the_same_in_words_and_in_sql(status: int | None, named: str | None) -> None:
    store = DuckDBStore(":memory:")
    statement = Statement(
        name="limited",
        sql=f"select coalesce({LIMITED}, false) from (select $named as error_class, $status as status_code) r",
        parameters={"named": named, "status": status},
    )
    ((found,),) = store.query(statement).rows
    store.close()
    assert found == (is_limited(named, status) is not None)


def test_a_file_on_which_the_same_fails_again_and_again() -> None:
    def of(file: str, session: str, minute: float, named: str = "not_found") -> Event:
        return tool(session, minute, file=file, error_class=named)

    told = asked(
        of("f_a", "s_1", 1), of("f_a", "s_2", 2), of("f_a", "s_2", 3), of("f_b", "s_1", 4), of("f_b", "s_1", 5),
        of("f_b", "s_1", 6, "other"), tool("s_1", 7), tool("s_1", 8), tool("s_1", 9),
    )["patterns"]["file_failures"]  # fmt: skip
    assert [(g["file"], g["tool"], g["error_class"], g["count"], g["sessions"]) for g in told["groups"]] == [
        ("f_a", "Edit", "not_found", 3, 2)
    ]
    assert told["count"] == 1


def test_groups_that_are_too_small_are_not_read() -> None:
    store = stored([tool("s_1", n, file=f"f_{n}", error_class="x") for n in range(30)])
    read: list[int] = []

    class Watched:
        def query(self, statement: Any, **limits: Any) -> Any:
            result = store.query(statement, **limits)
            read.append(len(result.rows))
            return result

    assert file_failures(Watched(), scope())["count"] == 0  # type: ignore[arg-type]
    assert read == [0]
    store.close()


def test_the_window_and_filters_narrow_everything() -> None:
    events = [
        prompt("s_1", 0),
        *(tool("s_1", n, file="f_a", error_class="x") for n in (1, 2, 3)),
        failed("s_1", 4, 429),
    ]
    events += [
        prompt("s_2", 0),
        *(tool("s_2", n, agent="codex") for n in (1, 2, 3)),
        failed("s_2", 4, 500, agent="codex"),
    ]
    cases: list[tuple[dict[str, Any], tuple[int, int, int, int]]] = [
        ({"since": 0, "until": 3.5}, (6, 0, 2, 0)),
        ({"filters": {"agent": ["codex"]}}, (3, 1, 1, 0)),
        ({"filters": {"session": ["s_1"]}}, (3, 1, 1, 1)),
        ({"filters": {"session": ["s_none"]}}, (0, 0, 0, 0)),
    ]
    for more, expected in cases:
        told = asked(*events, **more)
        totals, patterns = told["totals"], told["patterns"]
        found = (totals["tool_errors"], totals["api_errors"], patterns["retry_loops"]["loops"])
        assert (*found, patterns["rate_limits"]["rate_limited"]) == expected, more


def test_what_cannot_be_asked_says_what_can() -> None:
    with pytest.raises(UnknownDimension) as wrong:
        asked(filters={"model": ["opus"]})
    assert "agent_version" in wrong.value.hint
    with pytest.raises(QueryError):
        asked(parameters={"grain": "week"})
