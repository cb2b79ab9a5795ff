"""The rights reach what plugins report: access, erasure, retention."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tachograph.store.config import RetentionConfig
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, Source
from tachograph_sdk.model.subject import Selection
from tests.unit.hooks.making import native_event, native_session
from tests.unit.hooks.test_ledger import put, rows, sessions, uses
from tests.unit.transcripts.making import NAMES

OURS = ("events", "requests", "counters", "sessions", "session_hours", "outcomes", "hook_sessions", "feature_uses")


@pytest.fixture
def store() -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:", retention=RetentionConfig(raw_days=90, aggregated_days=365, summary_days=1825))
    yield store
    store.close()


def reported(session: str, person: str) -> list[Event]:
    mine: dict[str, Any] = {"session_id": session, "user_id": person}
    return [*sessions(native_session(**mine)), *uses(native_event(**mine))]


def counts(store: DuckDBStore, session: str) -> dict[str, int]:
    name = NAMES.sessions[session]
    return {t: rows(store, f"select count(*) from {t} where session_id = '{name}'")[0][0] for t in OURS}


def select(**parts: Any) -> Selection:
    return Selection(**parts)


def erase(store: DuckDBStore, selection: Selection) -> Any:
    return store.erase(selection, "one", files=(), remember=lambda _: None)


def test_access_tells_of_the_new_rows(store):
    put(store, reported("a", "jane"), reported("b", "bob"))
    told = store.subject(select(users=(NAMES.users["jane"],)))
    assert (told.tables["hook_sessions"], told.tables["feature_uses"]) == (1, 1)
    assert told.sources == {"hook": 4}
    assert told.attributes["turns"] == 1


@pytest.mark.parametrize("by", ["users", "sessions"])
def test_erasing_leaves_nothing_of_one_and_all_of_the_other(store, by):
    put(store, reported("a", "jane"), reported("b", "bob"))
    before = counts(store, "b")
    assert min(counts(store, "a").values()) > 0
    value = NAMES.users["jane"] if by == "users" else NAMES.sessions["a"]
    erase(store, select(**{by: (value,)}))
    assert set(counts(store, "a").values()) == {0}
    assert counts(store, "b") == before
    after = {table: rows(store, f"select * from {table} order by all") for table in OURS}
    store.rebuild()
    assert {table: rows(store, f"select * from {table} order by all") for table in OURS} == after


def test_a_persons_session_is_theirs_although_the_plugin_calls_them_otherwise(store):
    """Telemetry names the account, the transcript nobody, the plugin an id that it made up."""
    name, account = NAMES.sessions["a"], "u_00000000000000aa"
    at = 1_795_138_310_000_000
    others = [
        make_event(key="o", session_id=name, at_us=at, user_id=account, request_id="r1", input_tokens=1),
        make_event(key="t", session_id=name, at_us=at, source=Source.TRANSCRIPT, message_id="m2", input_tokens=2),
    ]
    put(store, others, reported("a", "plugin id"))
    assert rows(store, "select distinct user_id from sessions") == [(account,)]
    told = store.subject(select(users=(account,)))
    assert (told.tables["events"], told.shared) == (6, 0)
    erase(store, select(users=(account,)))
    assert rows(store, "select count(*) from events") == [(0,)]


def test_erasing_by_the_plugins_id_leaves_what_does_not_name_it(store):
    name = NAMES.sessions["a"]
    put(
        store,
        [make_event(key="o", session_id=name, user_id="u_00000000000000aa", request_id="r1")],
        reported("a", "jane"),
    )
    erase(store, select(users=(NAMES.users["jane"],)))
    assert rows(store, "select source, count(*) from events group by 1") == [("otel_log", 1)]
    assert rows(store, "select (select count(*) from hook_sessions), (select count(*) from feature_uses)") == [(0, 0)]


def test_reports_have_their_time(store):
    put(store, reported("a", "jane"))
    received = rows(store, "select max(received_at) from events")[0][0]
    late = received + timedelta(days=91)
    assert store.retain(late, confirmed=True).deleted["raw"] == 4
    assert rows(store, "select count(*) from events") == [(0,)]
    kept = counts(store, "a")
    assert (kept["hook_sessions"], kept["feature_uses"], kept["requests"]) == (1, 1, 1)
    put(store, reported("b", "bob"))
    store.rebuild()
    assert counts(store, "a") == kept
    later = received + timedelta(days=800)
    store.retain(later, confirmed=True)
    store.retain(later, confirmed=True)
    assert set(counts(store, "a").values()) == {0}
    assert rows(store, "select count(*) from hook_sessions") == [(0,)]
