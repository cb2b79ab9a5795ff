"""What has had its time is deleted, tier by tier; what stays counts as before, and nothing is counted twice afterwards."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tachograph.ports import Batch, Statement
from tachograph.store.config import RetentionConfig
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.model.event import EventKind, Source
from tests.effort import rounds
from tests.unit.store.traffic import make_traffic

DAY_US = 86_400_000_000
ARRIVED_US = 1_795_000_000_000_000
ARRIVED = datetime(1970, 1, 1) + timedelta(microseconds=ARRIVED_US)  # noqa: DTZ001 - as the store keeps times

SUMS = """
select (select count(*) filter (where outcome = 'ok') from requests), (select sum(input_tokens) from requests),
    (select sum(output_tokens) from requests), (select sum(cost_nanousd) from requests),
    (select count(*) from tool_calls), (select count(*) from prompts), (select sum(lines_added) from outcomes),
    (select count(*) from sessions where counts), (select sum(n) from hours), (select sum(cost_nanousd) from hours),
    (select count(distinct session_id) from session_hours)
"""


def one(store, sql):
    return store.query(Statement(name="test", sql=sql)).rows


def arrived(events, at_us=ARRIVED_US):
    return [replace(event, received_us=at_us) for event in events]


def write(store, events, size=50):
    for first in range(0, len(events), size):
        store.write(Batch(events=events[first : first + size]))
    store.settle()


@pytest.fixture
def store():
    with_store = DuckDBStore(":memory:")
    yield with_store
    with_store.close()


def request(number, *, session="s_0000000000000001", received_us=ARRIVED_US, at_us=ARRIVED_US, **more):
    values = {"model": "claude-sonnet-5-5", "input_tokens": 10, "output_tokens": 5, "cost_nanousd": 1000}
    return make_event(
        key=f"request-{number}",
        session_id=session,
        at_us=at_us,
        received_us=received_us,
        request_id=f"req_{number}",
        **{**values, "cost_basis": "reported", **more},
    )


def test_nothing_is_deleted_before_its_time_and_the_plan_says_when_it_will_be(store):
    write(store, [request(1)])
    store.retain(ARRIVED + timedelta(days=90), confirmed=True)
    assert one(store, "select count(*) from events") == [(1,)]
    raw, aggregated, summary = store.expiries(ARRIVED + timedelta(days=30))
    assert (raw.rows, raw.rows_kept, raw.next_at) == (0, 1, ARRIVED + timedelta(days=90))
    assert (aggregated.rows, summary.rows) == (0, 0)


def test_records_go_after_ninety_days_and_what_they_counted_stays_without_their_ids(store):
    write(
        store, [request(1), make_event(EventKind.PROMPT, prompt_id="p1", prompt_origin="human", received_us=ARRIVED_US)]
    )
    before = one(store, SUMS)
    told = store.retain(ARRIVED + timedelta(days=91), confirmed=True)
    assert told.deleted == {"raw": 2, "aggregated": 0, "summary": 0}
    assert one(store, "select count(*) from events") == [(0,)]
    assert one(store, SUMS) == before
    assert one(store, "select request_id, message_id, prompt_id from requests") == [(None, None, None)]
    assert one(store, "select prompt_id from prompts") == [(None,)]
    assert "req_1" not in str(one(store, "select request_key from requests"))


@pytest.mark.timeout(300)
@settings(max_examples=rounds(2, thorough=8), deadline=None)
@given(st.integers(0, 10**9))
def test_deleting_records_changes_no_total_and_sending_all_again_changes_nothing(seed):
    chance = random.Random(seed)
    old = arrived(make_traffic(seed).events)
    new = arrived(make_traffic(seed + 1).events, ARRIVED_US + 50 * DAY_US)
    store = DuckDBStore(":memory:")
    try:
        both = [*old, *new]
        chance.shuffle(both)
        write(store, both)
        before = one(store, SUMS)
        store.retain(ARRIVED + timedelta(days=91), confirmed=True)
        old_ones = (
            "received_at < timestamp '2026-11-20' and not starts_with(bucket, '~')"  # of such a day all go together
        )
        assert one(store, f"select count(*) from events where {old_ones}") == [(0,)]
        assert one(store, SUMS) == before
        chance.shuffle(both)
        write(store, arrived(both, ARRIVED_US + 92 * DAY_US))
        assert one(store, SUMS) == before
        store.rebuild()
        assert one(store, SUMS) == before
        store.retain(ARRIVED + timedelta(days=366), confirmed=True)
        assert one(store, "select count(*) from events") == [(0,)]
        (now,) = one(store, SUMS)
        summed = dict(one(store, "select measure, sum(quantity)::bigint from summaries group by 1"))
        parts = ("requests", "input_tokens", "output_tokens", "cost_nanousd", "tool_calls")
        for measure, was, still in zip(parts, before[0], now, strict=False):
            assert summed.get(measure, 0) + (still or 0) == was, measure
    finally:
        store.close()


def test_sums_remain_of_a_ledger_that_had_its_time_and_nobody_is_in_them(store):
    write(
        store, [request(1, user_id="u_1"), request(2, session="s_2", model="claude-opus-5"), request(3, cost_nanousd=7)]
    )
    store.retain(ARRIVED + timedelta(days=91), confirmed=True)
    told = store.retain(ARRIVED + timedelta(days=366), confirmed=True)
    assert told.deleted["aggregated"] == 3
    for table in ("requests", "sessions", "hours", "session_hours", "archived"):
        assert one(store, f"select count(*) from {table}") == [(0,)], table
    sums = {
        (model, measure): int(n) for model, measure, n in one(store, "select model, measure, quantity from summaries")
    }
    assert sums["claude-sonnet-5-5", "requests"] == 2
    assert sums["claude-sonnet-5-5", "cost_nanousd"] == 1007
    assert sums["claude-opus-5", "input_tokens"] == 10
    assert sums[None, "sessions"] == 2
    assert "u_1" not in str(one(store, "from summaries"))
    write(store, [request(1, received_us=ARRIVED_US + 400 * DAY_US)])
    assert one(store, "select count(*) from events") == [(0,)]


def test_sums_of_one_month_are_added_up_and_go_after_five_years(store):
    for number in (1, 2):
        write(store, [request(number, received_us=ARRIVED_US + number * DAY_US)])
        store.retain(ARRIVED + timedelta(days=91 + number), confirmed=True)
        store.retain(ARRIVED + timedelta(days=366 + number), confirmed=True)
    assert one(store, "select quantity::bigint from summaries where measure = 'requests'") == [(2,)]
    store.retain(ARRIVED + timedelta(days=1826 + 31), confirmed=True)
    for table in ("summaries", "counted_ids"):
        assert one(store, f"select count(*) from {table}") == [(0,)], table


def test_a_session_that_goes_on_after_its_records_are_gone_counts_what_is_new(store):
    write(store, [request(1), request(2)])
    store.retain(ARRIVED + timedelta(days=91), confirmed=True)
    later = ARRIVED_US + 100 * DAY_US
    write(store, [request(2, received_us=later), request(3, at_us=later, received_us=later)])
    assert one(store, "select count(*), sum(input_tokens)::bigint from requests") == [(3, 30)]
    assert one(store, "select distinct session_id from sessions") == [("s_0000000000000001",)]
    store.retain(ARRIVED + timedelta(days=200), confirmed=True)
    write(store, [request(4, at_us=later + DAY_US, received_us=later + 200 * DAY_US)])
    assert one(store, "select count(*), sum(n)::bigint from hours") == [(3, 4)]
    assert [bucket for (bucket,) in one(store, "select distinct bucket from requests order by 1")] == [
        "s_0000000000000001",
        "s_0000000000000001#2",
        "s_0000000000000001#3",
    ]


def test_sessions_that_share_records_leave_together(store):
    shared = request(1, source=Source.TRANSCRIPT)
    own = request(2, session="s_2", source=Source.TRANSCRIPT, received_us=ARRIVED_US + 80 * DAY_US)
    write(store, [shared, replace(shared, session_id="s_2"), own])
    assert store.retain(ARRIVED + timedelta(days=91), confirmed=True).deleted.get("raw", 0) == 0
    assert store.retain(ARRIVED + timedelta(days=171), confirmed=True).deleted.get("raw", 0) == 2
    assert one(store, "select count(*) from kin") == [(0,)]
    write(store, [replace(shared, session_id="s_3")])
    assert one(store, "select count(*) from requests") == [(2,)]


def counter(number, counted, *, received_us=ARRIVED_US, user="u_1"):
    return make_event(
        EventKind.USAGE_COUNTER,
        key=f"counter-{number}",
        source=Source.OTEL_METRIC,
        session_id=None,
        at_us=ARRIVED_US,
        received_us=received_us,
        user_id=user,
        counter="input",
        quantity=counted,
        model="claude-sonnet-5-5",
    )


def test_counters_of_a_day_that_name_no_session_stay_counted_when_something_of_that_day_comes_late(store):
    write(store, [counter(1, 100), counter(2, 50, user="u_2", received_us=ARRIVED_US + DAY_US)])
    assert (
        store.retain(ARRIVED + timedelta(days=90, hours=12), confirmed=True).deleted.get("raw", 0) == 0
    )  # one day, one family
    store.retain(ARRIVED + timedelta(days=92), confirmed=True)
    assert one(store, "select count(*) from events") == [(0,)]
    write(
        store, [request(9, received_us=ARRIVED_US + 100 * DAY_US), counter(3, 7, received_us=ARRIVED_US + 100 * DAY_US)]
    )
    assert one(store, "select sum(input_tokens)::bigint from requests where outcome = 'residual'") == [(150,)]
    assert one(store, "select sum(input_tokens)::bigint from hours") == [(160,)]
    store.rebuild()
    assert one(store, "select sum(input_tokens)::bigint from hours") == [(160,)]


def test_a_running_total_of_a_session_that_goes_on_is_not_counted_again(store):
    def total(number, tokens, at):
        return make_event(
            EventKind.USAGE_COUNTER,
            key=f"total-{number}",
            source=Source.TRANSCRIPT,
            at_us=at,
            received_us=at,
            counter="session_total",
            lineage="abc",
            model="claude-sonnet-5-5",
            input_tokens=tokens,
        )

    write(store, [request(1), total(1, 500, ARRIVED_US)])
    assert one(store, "select sum(input_tokens)::bigint from requests") == [(500,)]
    store.retain(ARRIVED + timedelta(days=91), confirmed=True)
    later = ARRIVED_US + 100 * DAY_US
    write(store, [request(2, at_us=later, received_us=later), total(2, 510, later)])
    assert one(store, "select sum(input_tokens)::bigint from requests") == [(510,)]


def test_so_much_at_once_waits_for_a_week_and_is_forgotten_when_the_clock_is_put_right(store):
    write(store, [request(n) for n in range(20)])
    far = ARRIVED + timedelta(days=5000)
    told = store.retain(far)
    assert (told.deleted["raw"], told.waiting) == (0, ("raw", "aggregated"))
    assert store.expiries(far)[0].waits_until == far + timedelta(days=7)
    assert store.retain(far + timedelta(days=6)).waiting == ("raw", "aggregated")
    assert store.retain(ARRIVED + timedelta(days=1)).waiting == ()  # the clock was wrong
    due = ARRIVED + timedelta(days=91)
    assert store.retain(due).waiting == ("raw",)
    assert store.retain(due + timedelta(days=7)).deleted.get("raw", 0) == 20


def test_a_little_goes_without_waiting(store):
    write(store, [request(n, session=f"s_{n}", received_us=ARRIVED_US + (n > 1) * 50 * DAY_US) for n in range(40)])
    assert store.retain(ARRIVED + timedelta(days=91)).deleted.get("raw", 0) == 2


@pytest.mark.parametrize(("days", "left"), [(0, 1), (1, 0)])
def test_days_are_the_owners_choice_and_none_is_for_ever(days, left):
    config = RetentionConfig(raw_days=days, aggregated_days=0, summary_days=0)
    store = DuckDBStore(":memory:", retention=config)
    try:
        write(store, [request(1)])
        store.retain(ARRIVED + timedelta(days=3000), confirmed=True)
        assert one(store, "select count(*) from events") == [(left,)]
    finally:
        store.close()


def test_numbers_of_rows_go_on_after_the_last_record_is_gone(tmp_path):
    store = DuckDBStore(tmp_path / "store")
    write(store, [request(1)])
    store.retain(ARRIVED + timedelta(days=91), confirmed=True)
    store.close()
    again = DuckDBStore(tmp_path / "store")
    try:
        write(again, [request(2, session="s_2")])
        assert one(again, "select count(*) from requests") == [(2,)]
    finally:
        again.close()


@pytest.mark.parametrize("days", [(-1, 365, 1826), (90, 30, 1826), (0, 365, 1826), (90, 0, 400)])
def test_days_that_cannot_be_are_refused(days):
    with pytest.raises(ConfigError, match="retention"):
        RetentionConfig(**dict(zip(("raw_days", "aggregated_days", "summary_days"), days, strict=True)))


def test_the_plan_counts_the_ledger_of_records_that_are_still_there(store):
    write(store, [request(1), request(2, session="s_2", received_us=ARRIVED_US + DAY_US)])
    aggregated = store.expiries(ARRIVED + timedelta(days=30))[1]
    assert (aggregated.rows, aggregated.rows_kept) == (0, 2)
    assert aggregated.next_at == ARRIVED + timedelta(days=365)
    assert store.expiries(ARRIVED + timedelta(days=365, hours=1))[1].rows == 1
    told = store.retain(ARRIVED + timedelta(days=365, hours=1), confirmed=True)
    assert (told.deleted["raw"], told.deleted["aggregated"]) == (2, 1)
