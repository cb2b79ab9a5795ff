"""Erasing a selection: what is left is as if it had never been there, and nobody else's figures move."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tachograph.ports import Batch, Statement
from tachograph.store.duckdb import DuckDBStore
from tachograph.store.subject import TABLES
from tachograph.testing import make_event
from tachograph_sdk.errors import StoreError
from tachograph_sdk.model.event import Event, EventKind, Source
from tachograph_sdk.model.subject import Footprint, Selection
from tests.effort import rounds
from tests.unit.store.traffic import make_traffic

DERIVED = (
    "requests", "counters", "differences", "tool_calls", "prompts", "outcomes", "session_hours", "sessions", "hours",
    "buckets", "lineages", "hook_sessions", "feature_uses", "compactions",
)  # fmt: skip
NOW_US = 1_760_000_000_000_000
JANE, BOB = "u_00000000000000aa", "u_00000000000000bb"


def rows(store: DuckDBStore, table: str) -> list[tuple]:
    return sorted(store.query(Statement(name="all", sql=f"select * from {table}")).rows, key=repr)


def one(store: DuckDBStore, sql: str) -> Any:
    return store.query(Statement(name="one", sql=sql)).rows[0][0]


def family_users(events: list[Event]) -> list[Event]:
    """The same events, but a fork is its parent's user's: nobody forks somebody else's session."""
    parent: dict[str, str] = {}

    def find(x: str) -> str:
        while parent.setdefault(x, x) != x:
            x = parent[x]
        return x

    holders: dict[str, str] = {}
    for event in events:
        keys = [
            event.event_id,
            *(f"{n}{event.attributes[n]}" for n in ("request_id", "message_id") if n in event.attributes),
        ]
        for key in keys if event.session_id else ():
            if key in holders:
                parent[find(holders[key])] = find(str(event.session_id))
            holders[key] = str(event.session_id)
    users: dict[str, Any] = {}
    out = []
    for event in events:
        if "user_id" in event.attributes and event.session_id:
            user = users.setdefault(find(event.session_id), event.attributes["user_id"])
            event = replace(event, attributes={**event.attributes, "user_id": user})
        out.append(event)
    return out


@pytest.mark.timeout(300)
@settings(max_examples=rounds(2, thorough=8), deadline=None)
@given(st.integers(0, 10**9))
@example(19)  # sessions that only what was erased had linked
@example(6295)  # whom only a plugin names
def test_what_is_left_is_what_a_rebuilding_makes_of_it(seed: int) -> None:
    chance = random.Random(seed)
    events = family_users(make_traffic(seed).events)
    store = DuckDBStore(":memory:")
    try:
        store.write(Batch(events=events))
        users = sorted({str(e.attributes["user_id"]) for e in events if "user_id" in e.attributes})
        sessions = sorted({e.session_id for e in events if e.session_id})
        selection = (
            Selection(users=(chance.choice(users),))
            if users and chance.random() < 0.6
            else Selection(sessions=(chance.choice(sessions),))
        )
        if chance.random() < 0.3:
            selection = replace(selection, end_us=chance.choice(events).at_us)
        erased = store.erase(selection, "x", remember=lambda _: None)
        # Of one session, relatives with totals of their own may be left. And whoever a plugin alone names may be somebody
        # else in records without a session, which then count as that one's own.
        agents_say = {e.attributes.get("user_id") for e in events if e.source is not Source.HOOK}
        if agents_say.issuperset(selection.users) and selection.users and selection.end_us is None:
            assert erased.others_after == erased.others_before
        left = {table: rows(store, table) for table in DERIVED}
        store.rebuild()
        for table in DERIVED:
            assert rows(store, table) == left[table], table
        if selection.end_us is None:
            told = store.subject(selection)
            assert {table: n for table, n in told.tables.items() if n} == {}
            values = [*selection.users, *selection.sessions]
            assert store.find_values(values) == []
    finally:
        store.close()


def session_of(name: str, user: str, *, requests: int, day: int = 0, telemetry: bool = True) -> list[Event]:
    """One session: telemetry that names the user, and a transcript that names the project only."""
    made = []
    for i in range(requests):
        at = NOW_US + day * 86_400_000_000 + i * 60_000_000
        numbers: dict[str, Any] = {"model": "m", "input_tokens": 10 + i, "output_tokens": 3}
        ids: dict[str, Any] = {"request_id": f"req_{name}_{i}", "message_id": f"msg_{name}_{i}"}
        if telemetry:
            otel: dict[str, Any] = {
                "user_id": user,
                "organization_id": "o_1",
                "cost_nanousd": 7_000 + i,
                "cost_basis": "reported",
            }
            made.append(make_event(key=f"o{name}{i}", at_us=at, session_id=f"s_{name}", **numbers, **ids, **otel))
        made.append(
            make_event(
                key=f"t{name}{i}", source=Source.TRANSCRIPT, at_us=at, session_id=f"s_{name}", project=f"p_{name}",
                **numbers, **ids,
            )
        )  # fmt: skip
    return made


def fill(store: DuckDBStore, *parts: list[Event]) -> None:
    for part in parts:
        store.write(Batch(events=part))
    store.settle()


def test_a_person_is_found_where_only_the_session_says_so_and_others_stay_to_the_nano_dollar() -> None:
    both, alone = DuckDBStore(":memory:"), DuckDBStore(":memory:")
    jane, bob = session_of("j", JANE, requests=5), session_of("b", BOB, requests=7)
    fill(both, jane, bob)
    fill(alone, bob)
    told = both.subject(Selection(users=(JANE,)))
    assert told.tables["events"] == 10, "five of them name nobody: the session does"
    assert told.footprint.sessions == ("s_j",)
    erased = both.erase(Selection(users=(JANE,)), "x", remember=lambda _: None)
    assert erased.others_before == erased.others_after
    assert erased.tables["events"] == 10
    for table in ("requests", "sessions", "hours", "session_hours", "differences"):
        assert rows(both, table) == rows(alone, table), table
    both.close()
    alone.close()


def test_a_project_takes_along_what_telemetry_said_of_its_sessions() -> None:
    store = DuckDBStore(":memory:")
    fill(store, session_of("j", JANE, requests=2), session_of("b", BOB, requests=2))
    assert store.subject(Selection(projects=("p_j",))).tables["events"] == 4
    assert store.subject(Selection(projects=("p_j",), users=(BOB,))).tables["events"] == 0, (
        "all that is given must hold"
    )
    assert store.subject(Selection(projects=("p_j", "p_b"))).tables["events"] == 8, "of one kind any value"
    store.close()


def test_records_of_a_shared_session_that_name_nobody_are_left_and_counted() -> None:
    store = DuckDBStore(":memory:")
    shared = session_of("j", JANE, requests=2)
    shared.append(make_event(EventKind.PROMPT, key="other", session_id="s_j", at_us=NOW_US, user_id=BOB))
    shared.append(make_event(EventKind.PROMPT, key="nobody", session_id="s_j", at_us=NOW_US, source=Source.TRANSCRIPT))
    fill(store, shared)
    told = store.subject(Selection(users=(JANE,)))
    assert told.shared == 1
    assert told.footprint.sessions == ()
    assert len(told.footprint.events) == 2, "the transcript's records of the same requests: nothing else tells them"
    store.erase(Selection(users=(JANE,)), "x", remember=lambda _: None)
    assert one(store, "select count(*) from events") == 2
    store.close()


def test_an_erased_fork_leaves_its_parents_records_to_the_parent() -> None:
    store, alone = DuckDBStore(":memory:"), DuckDBStore(":memory:")
    parent = session_of("j", JANE, requests=3, telemetry=False)
    fork = [replace(event, session_id="s_fork") for event in parent] + session_of("fork", JANE, requests=2, day=1)
    fill(store, fork, parent)  # the fork is read first, so its copies are what is stored
    fill(alone, parent)
    erased = store.erase(Selection(sessions=("s_fork",)), "x", remember=lambda _: None)
    assert erased.moved == 3
    for table in ("requests", "sessions", "hours"):
        assert rows(store, table) == rows(alone, table), table
    assert store.find_values(["s_fork"]) == []
    store.close()
    alone.close()


def test_a_second_call_with_the_same_id_says_the_same_and_deletes_nothing() -> None:
    store = DuckDBStore(":memory:")
    fill(store, session_of("j", JANE, requests=2), session_of("b", BOB, requests=2))
    first = store.erase(Selection(users=(JANE,)), "x", remember=lambda _: None)
    fill(store, session_of("late", JANE, requests=1))
    assert store.erase(Selection(users=(JANE,)), "x", remember=lambda _: None) == first
    assert one(store, "select count(distinct session_id) from events") == 2
    store.forget_erasure("x")
    assert one(store, "select count(*) from erasures") == 0
    store.close()


def test_nothing_is_deleted_if_it_cannot_be_remembered() -> None:
    store = DuckDBStore(":memory:")
    fill(store, session_of("j", JANE, requests=2))

    def fail(_: Footprint) -> None:
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        store.erase(Selection(users=(JANE,)), "x", remember=fail)
    assert one(store, "select count(*) from events") == 4
    with pytest.raises(StoreError):
        store.erase(Selection(), "y", remember=lambda _: None)
    store.close()


def test_events_that_come_after_an_erasure_are_settled() -> None:
    store = DuckDBStore(":memory:")
    fill(store, session_of("b", BOB, requests=2), session_of("j", JANE, requests=2))
    store.erase(Selection(users=(JANE,)), "x", remember=lambda _: None)
    fill(store, session_of("new", BOB, requests=3))
    assert one(store, "select count(*) from requests") == 5
    store.close()


def test_usage_that_a_shared_counter_counted_does_not_come_back_as_nobodys() -> None:
    """A running total without session and person counted everybody's requests of the day; hers go, what it counted stays."""
    store = DuckDBStore(":memory:")
    jane = session_of("j", JANE, requests=3, telemetry=False)
    bob = session_of("b", BOB, requests=2, telemetry=False)
    everybody = [
        make_event(
            EventKind.USAGE_COUNTER, key=f"c{counter}", source=Source.OTEL_METRIC, session_id=None, at_us=NOW_US + 9, model="m",
            counter=counter, quantity=quantity,
        )
        for counter, quantity in (("input", 10 + 11 + 12 + 10 + 11), ("output", 15))
    ]  # fmt: skip
    fill(store, jane, bob, everybody)
    assert one(store, "select count(*) from requests where outcome = 'residual'") == 0
    erased = store.erase(Selection(sessions=("s_j",)), "x", remember=lambda _: None)
    assert one(store, "select count(*) from requests where outcome = 'residual'") == 0
    assert erased.others_after == erased.others_before == {"requests": 2, "tokens": 27, "cost_nanousd": 0}
    assert store.query_sql("select requests, user_id from erased_usage").rows == [(3, None)], "a sum, of nobody"
    store.close()


def test_texts_and_clear_names_go_with_the_records_they_belong_to() -> None:
    store = DuckDBStore(":memory:")
    texts = [make_event(EventKind.PROMPT, key=f"p{u}", session_id=f"s_{u}", user_id=u) for u in (JANE, BOB)]
    texts = [replace(event, contents={"content_prompt": f"words of {event.session_id}"}) for event in texts]
    names = {JANE: "jane@example.org", BOB: "bob@example.org", "p_j": "/home/jane/app", "p_b": "/home/bob/app"}
    store.write(Batch(events=texts, identities=names))
    fill(store, session_of("j", JANE, requests=1), session_of("b", BOB, requests=1))
    told = store.subject(Selection(users=(JANE,)))
    assert (told.tables["contents"], told.tables["identities"]) == (1, 1)
    store.erase(Selection(users=(JANE,)), "x", remember=lambda _: None)
    assert store.query_sql("select text from contents").rows == [(f"words of s_{BOB}",)]
    assert sorted(store.query_sql("select clear_text from identities").rows) == [
        ("/home/bob/app",),
        ("bob@example.org",),
    ]
    store.close()


def test_what_is_left_of_records_that_had_had_their_time_goes_too() -> None:
    store, alone = DuckDBStore(":memory:"), DuckDBStore(":memory:")
    jane, bob = session_of("j", JANE, requests=3), session_of("b", BOB, requests=2)
    fill(store, jane, bob)
    fill(alone, bob)
    later = datetime(2026, 2, 1)  # noqa: DTZ001 - as stores keep times
    for one_of in (store, alone):
        one_of.retain(later, confirmed=True)
        assert one(one_of, "select count(*) from events") == 0
    told = store.subject(Selection(users=(JANE,)))
    assert told.tables["requests"] == 3
    assert told.footprint.sessions == ("s_j",), "so that it does not come in again as something new"
    store.erase(Selection(users=(JANE,)), "x", remember=lambda _: None)
    for table in ("requests", "hours", "sessions", "session_hours", "counted_ids"):
        assert rows(store, table) == rows(alone, table), table
    assert store.find_values([JANE, "s_j"]) == []
    store.rebuild()
    assert rows(store, "hours") == rows(alone, "hours")
    store.close()
    alone.close()


def test_everything_can_go() -> None:
    store = DuckDBStore(":memory:")
    fill(store, session_of("b", BOB, requests=2), session_of("j", JANE, requests=2))
    store.erase(Selection(everything=True), "x", remember=lambda _: None)
    assert {table: one(store, f"select count(*) from {table}") for table in TABLES} == dict.fromkeys(TABLES, 0)
    store.close()


def test_every_table_is_known_to_erasing_or_names_nobody() -> None:
    """A new table has to be put somewhere: is it about somebody?"""
    nobody = {
        "drops", "erasures", "files", "journal_position", "migrations", "quarantine", "retention_waits", "settled", "streams",
        "summaries", "rates", "rated", "numbering",
    }  # fmt: skip
    store = DuckDBStore(":memory:")
    there = {row[0] for row in store.query_sql("select table_name from duckdb_tables()").rows}
    store.close()
    assert there == {*TABLES, *nobody}


# --- the file ---------------------------------------------------------------------------------------------------------


def test_compacting_leaves_no_byte_of_what_was_erased_and_every_row_of_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    store = DuckDBStore(path)
    fill(store, session_of("jjjjjjjjjjjj", JANE, requests=200), session_of("b", BOB, requests=200))
    store.checkpoint()
    assert b"jjjjjjjjjjjj" in path.read_bytes(), "the search would find it"
    store.erase(Selection(users=(JANE,)), "x", remember=lambda _: None)
    before = {table: rows(store, table) for table in (*TABLES, "files", "settled", "migrations")}
    assert store.compact() > 0
    everywhere = b"".join(p.read_bytes() for p in tmp_path.iterdir() if p.is_file())
    assert b"jjjjjjjjjjjj" not in everywhere
    assert JANE.encode() not in everywhere
    assert {table: rows(store, table) for table in before} == before
    fill(store, session_of("later", BOB, requests=1))
    assert one(store, "select count(*) from requests") == 201
    store.close()
    store = DuckDBStore(path)
    assert one(store, "select count(*) from requests") == 201
    store.close()
    assert {p.name for p in tmp_path.iterdir()} == {"store.duckdb"}


def test_what_a_compacting_that_was_cut_short_left_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    DuckDBStore(path).close()
    (tmp_path / "store.duckdb.fresh").write_bytes(b"half")
    (tmp_path / "store.duckdb.fresh.wal").write_bytes(b"half")
    DuckDBStore(path).close()
    assert {p.name for p in tmp_path.iterdir()} == {"store.duckdb"}


def test_compacting_waits_for_queries_and_queries_see_one_state_or_the_other(tmp_path: Path) -> None:
    store = DuckDBStore(tmp_path / "store.duckdb")
    fill(store, session_of("j", JANE, requests=300), session_of("b", BOB, requests=300))
    answers: set[int] = set()
    errors: list[Exception] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                answers.add(one(store, "select sum(cost_nanousd)::bigint from hours"))
            except Exception as error:  # noqa: BLE001 - told below
                errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    before = one(store, "select sum(cost_nanousd)::bigint from hours")
    store.erase(Selection(users=(JANE,)), "x", remember=lambda _: None)
    store.compact()
    after = one(store, "select sum(cost_nanousd)::bigint from hours")
    stop.set()
    for thread in threads:
        thread.join(20)
    store.close()
    assert not errors
    assert answers == {before, after}
