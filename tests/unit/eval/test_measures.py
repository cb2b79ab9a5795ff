"""What is measured of a session, from released events to one row, computed by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tachograph.analytics.eval.measures import DEFAULT_MEASURES, MEASURES, Missing, find_measures, value_of
from tachograph.analytics.eval.sessions import FILTERS, ask_sessions
from tachograph.analytics.query import Window
from tachograph.testing.events import make_event
from tachograph_sdk.errors import UnknownDimension, UnknownMetric
from tachograph_sdk.model.event import EventKind, Source
from tests.unit.eval.making import store_with

AT = 1_790_000_000_000_000
BEGAN = datetime.fromisoformat("2026-09-21T14:13:20")


def at(seconds: int) -> int:
    return AT + seconds * 1_000_000


def one_session():
    who: dict[str, Any] = {"session_id": "s_000000000000000a", "project": "p_1", "user_id": "u_1"}
    money: dict[str, Any] = {
        "cost_basis": "reported",
        "input_tokens": 100,
        "output_tokens": 10,
        "cache_read_tokens": 300,
    }
    return [
        make_event(EventKind.PROMPT, at_us=at(0), prompt_origin="human", **who),
        make_event(EventKind.PROMPT, at_us=at(50), prompt_origin="agent", **who),
        make_event(at_us=at(10), request_id="a", model="m1", cost_nanousd=200_000_000, attempts=3, **money, **who),
        make_event(at_us=at(20), request_id="b", model="m2", cost_nanousd=100_000_000, attempts=1, **money, **who),
        make_event(at_us=at(30), request_id="c", model="m2", cost_nanousd=50_000_000, attempts=1, **money, **who),
        make_event(EventKind.API_ERROR, at_us=at(40), status_code=529, **who),
        make_event(EventKind.TOOL_CALL, at_us=at(41), tool_use_id="t1", tool_name="Bash", success=True, **who),
        make_event(EventKind.TOOL_CALL, at_us=at(42), tool_use_id="t2", tool_name="Bash", success=False, **who),
        make_event(EventKind.TOOL_DECISION, at_us=at(43), tool_use_id="t3", tool_name="Bash", decision="reject", **who),
        make_event(EventKind.VCS_COMMIT, at_us=at(60), source=Source.TRANSCRIPT, **who),
    ]


def rows(events, window=Window(), filters=None):  # noqa: B008 - frozen
    return ask_sessions(store_with(events), window, filters or {}).records()


def test_each_measure_of_a_session_by_hand():
    (row,) = rows(one_session())
    assert (row["session_id"], row["started_at"], row["model"]) == ("s_000000000000000a", BEGAN, "m2")
    by_hand = {
        "cost_usd": 0.35,
        "duration_seconds": 60,
        "total_tokens": 3 * 410,
        "input_tokens": 300,
        "output_tokens": 30,
        "requests": 3,
        "retries": 2,
        "prompts": 1,
        "tool_calls": 3,
        "tool_errors": 1,
        "api_errors": 1,
        "commits": 1,
        "lines_added": 0,
        "had_error": 1,
        "had_api_error": 1,
        "had_tool_failure": 1,
        "needed_retry": 1,
        "had_rejection": 1,
        "made_commit": 1,
        "api_error_rate": 1 / 4,
        "tool_failure_rate": 1 / 2,
        "rejection_rate": 1 / 3,
        "cache_hit_rate": 900 / 1200,
        "cost_per_prompt_usd": 0.35,
    }
    assert {name: value_of(MEASURES[name], row) for name in by_hand} == pytest.approx(by_hand)
    assert set(by_hand) | {"active_seconds"} == set(MEASURES)
    assert value_of(MEASURES["active_seconds"], row) == Missing("no source tells active time")


def test_what_is_not_known_is_not_zero():
    who: dict[str, Any] = {"session_id": "s_000000000000000b"}
    (row,) = rows(
        [
            make_event(at_us=at(0), request_id="a", cost_nanousd=10, cost_basis="reported", input_tokens=5, **who),
            make_event(at_us=at(1), request_id="b", model="nobody-knows", input_tokens=5, **who),
        ]
    )
    assert value_of(MEASURES["cost_usd"], row) == Missing("cost not known")
    assert value_of(MEASURES["cost_per_prompt_usd"], row) == Missing("cost not known")
    assert value_of(MEASURES["retries"], row) == Missing("no source tells retries")
    assert value_of(MEASURES["needed_retry"], row) == Missing("no source tells retries")
    assert value_of(MEASURES["tool_failure_rate"], row) == Missing("no tool call")
    assert value_of(MEASURES["had_tool_failure"], row) == Missing("no tool call")
    assert value_of(MEASURES["had_error"], row) == 0.0


def test_counters_alone_tell_of_no_requests_errors_prompts_or_tool_calls():
    """Only OpenTelemetry's metrics came: usage is known, what happened is not, and not 0."""
    who: dict[str, Any] = {"session_id": "s_000000000000000e", "source": Source.OTEL_METRIC}
    counters = [
        make_event(EventKind.USAGE_COUNTER, at_us=at(1), counter="input", quantity=70, model="m", **who),
        make_event(EventKind.USAGE_COUNTER, at_us=at(1), counter="cost", cost_nanousd=250_000_000, model="m", **who),
    ]
    (row,) = rows(counters)
    assert value_of(MEASURES["total_tokens"], row) == 70
    for name in (
        "requests", "prompts", "tool_calls", "tool_errors", "api_errors", "had_error", "had_api_error", "had_tool_failure",
        "api_error_rate", "retries", "duration_seconds",
    ):  # fmt: skip
        assert isinstance(value_of(MEASURES[name], row), Missing), name
    prompt = make_event(EventKind.PROMPT, at_us=at(0), prompt_origin="human", session_id="s_000000000000000e")
    (row,) = rows([prompt, *counters])
    assert value_of(MEASURES["had_error"], row) == 0.0


def test_a_session_without_a_request_has_no_cost():
    (row,) = rows([make_event(EventKind.PROMPT, at_us=at(0), prompt_origin="human")])
    assert value_of(MEASURES["cost_usd"], row) == Missing("no request")
    assert value_of(MEASURES["api_error_rate"], row) == Missing("no request")


def test_tries_told_in_two_ways_count_once():
    """OpenTelemetry says that the request took three tries, the transcript shows the two that failed."""
    who: dict[str, Any] = {"session_id": "s_000000000000000c"}
    retries = [
        make_event(
            EventKind.AGENT_NOTICE,
            at_us=at(n),
            source=Source.TRANSCRIPT,
            feature="api_retry",
            status="retried",
            **who,
        )
        for n in (1, 2)
    ]
    answered = make_event(at_us=at(3), request_id="a", input_tokens=5, attempts=3, **who)
    assert value_of(MEASURES["retries"], rows([*retries, answered])[0]) == 2
    assert value_of(MEASURES["retries"], rows([*retries, make_event(at_us=at(3), input_tokens=5, **who)])[0]) == 2


def test_retries_are_unknown_once_the_records_that_told_of_them_are_gone():
    """Else every session older than the records are kept would seem to have needed none."""
    who: dict[str, Any] = {"session_id": "s_000000000000000d", "source": Source.TRANSCRIPT}
    store = store_with([make_event(at_us=at(0), message_id="m", input_tokens=5, **who)])
    assert value_of(MEASURES["retries"], ask_sessions(store, Window(), {}).records()[0]) == 0
    store.retain(datetime.fromisoformat("2027-02-01"), confirmed=True)
    (row,) = ask_sessions(store, Window(), {}).records()
    assert row["is_archived"] == 1
    assert value_of(MEASURES["retries"], row) == Missing("no source tells retries")


def test_a_window_takes_sessions_by_their_beginning_and_whole():
    window = Window(start=BEGAN - timedelta(seconds=1), end=BEGAN + timedelta(seconds=1))
    (row,) = rows(one_session(), window)
    assert row["requests"] == 3
    assert rows(one_session(), Window(start=BEGAN + timedelta(seconds=1))) == []
    assert rows(one_session(), Window(end=BEGAN)) == []


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"model": ["m2"]}, 1),
        ({"model": ["m1"]}, 0),
        ({"project": ["p_1"], "agent": ["claude_code"]}, 1),
        ({"project": ["p_2", "p_3"]}, 0),
        ({"repository": [None]}, 1),
        ({"user": [None]}, 0),
        ({"user": []}, 0),
    ],
)
def test_filters_are_of_the_session_as_a_whole(filters, found):
    assert len(rows(one_session(), filters=filters)) == found


def test_values_are_bound_and_names_are_listed():
    assert rows(one_session(), filters={"project": ["' or 1=1 --"]}) == []
    with pytest.raises(UnknownDimension) as error:
        rows(one_session(), filters={"tool": ["Bash"]})
    assert all(name in error.value.hint for name in FILTERS)
    with pytest.raises(UnknownMetric) as unknown:
        find_measures(["cost_usd", "goodness"])
    assert "goodness" in unknown.value.message
    assert all(name in unknown.value.hint for name in MEASURES)


def test_every_measure_says_what_it_is():
    assert set(DEFAULT_MEASURES) <= set(MEASURES)
    for name, measure in MEASURES.items():
        assert measure.name == name
        assert measure.help.endswith(".")
        assert measure.label[0].isupper()
