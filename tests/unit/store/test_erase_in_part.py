"""Erasing a part: of some time, of a session that goes on after its records had their time, of a day with shared counters."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import EventKind, Source
from tachograph_sdk.model.subject import Selection
from tests.unit.store.test_erase import JANE, NOW_US, fill, one, rows, session_of

DAY_US = 86_400_000_000
LATER = datetime(2026, 2, 1)  # noqa: DTZ001 - as stores keep times
FAR = NOW_US + 300 * DAY_US


@pytest.mark.parametrize("of_whom", [Selection(everything=True), Selection(users=(JANE,))])
def test_what_is_left_of_old_sessions_stays_known_where_only_another_time_is_erased(of_whom: Selection) -> None:
    store = DuckDBStore(":memory:")
    fill(store, session_of("j", JANE, requests=3))
    store.write(Batch(identities={JANE: "jane@example.org"}))
    store.retain(LATER, confirmed=True)
    before = {table: rows(store, table) for table in ("requests", "sessions", "archived", "counted_ids", "identities")}
    assert before["archived"]
    assert before["identities"]
    store.erase(replace(of_whom, start_us=FAR, end_us=FAR + DAY_US), "x", remember=lambda _: None)
    assert {table: rows(store, table) for table in before} == before
    store.rebuild()
    assert rows(store, "requests") == before["requests"], "it would be lost with the note that it is old"
    store.close()


def test_only_sessions_whose_records_had_their_time_are_counted_apart() -> None:
    """And they once: all that is new of a session is together, however many other sessions grow old meanwhile."""
    store = DuckDBStore(":memory:")
    fill(store, session_of("j", JANE, requests=2), session_of("k", JANE, requests=1), session_of("~", JANE, requests=1))
    store.retain(LATER, confirmed=True)
    assert one(store, "select count(*) from archived") == 3
    new = {
        f"s_{n}": [make_event(key=f"{n}{i}", at_us=NOW_US + 200 * DAY_US, session_id=f"s_{n}") for i in (1, 2)]
        for n in "jnm"
    }
    for events in new.values():
        fill(store, events)
    assert rows(store, "(select distinct bucket from events)") == [("s_j#2",), ("s_m",), ("s_n",)]
    store.close()


def test_a_session_that_went_on_goes_with_the_records_that_a_fork_repeats() -> None:
    """Records that came after the old ones had their time are counted apart (`s_j#2`), and are the session's all the same."""
    store = DuckDBStore(":memory:")
    fill(store, session_of("j", JANE, requests=2))
    store.retain(LATER, confirmed=True)
    again = [
        make_event(
            key=f"again{i}", source=Source.TRANSCRIPT, at_us=NOW_US + 200 * DAY_US + i, session_id="s_j", project="p_j",
            model="m", input_tokens=10, output_tokens=1, request_id=f"req_again_{i}", message_id=f"msg_again_{i}",
        )
        for i in range(3)
    ]  # fmt: skip
    fill(store, again)
    assert one(store, "select bucket from events limit 1") == "s_j#2"
    later = make_event(
        key="later", source=Source.TRANSCRIPT, at_us=NOW_US + 201 * DAY_US, session_id="s_fork", project="p_j",
        model="m", input_tokens=10, request_id="req_later", message_id="msg_later",
    )  # fmt: skip
    fill(store, [*(replace(event, session_id="s_fork") for event in again[:2]), later])
    assert one(store, "select count(*) from event_copies") == 2
    store.erase(Selection(sessions=("s_j",)), "x", remember=lambda _: None)
    assert store.query_sql("select session_id, request_id from events").rows == [("s_fork", "req_later")]
    assert store.find_values(["s_j"]) == []
    store.close()


def test_counters_of_a_day_that_is_erased_in_part_do_not_tell_of_it_again() -> None:
    store = DuckDBStore(":memory:")
    midnight = NOW_US - NOW_US % DAY_US
    noon = midnight + DAY_US // 2

    def request(number: int, at_us: int) -> None:
        made = make_event(
            key=f"r{number}",
            at_us=at_us,
            session_id=f"s_{number}",
            request_id=f"req_{number}",
            model="m",
            input_tokens=100,
        )
        store.write(Batch(events=[made]))

    request(1, midnight + 1)
    request(2, noon + 1)
    total = make_event(
        EventKind.USAGE_COUNTER, key="c", source=Source.OTEL_METRIC, session_id=None, at_us=noon + 2, model="m",
        counter="input", quantity=200,
    )  # fmt: skip
    store.write(Batch(events=[total]))
    store.settle()
    assert one(store, "select sum(input_tokens)::bigint from requests") == 200
    erased = store.erase(Selection(everything=True, end_us=noon), "x", remember=lambda _: None)
    assert one(store, "select sum(input_tokens)::bigint from requests") == 100
    assert erased.others_after == erased.others_before
    store.close()
