"""Reports without ids (Claude Code up to 2.1.72 over OpenTelemetry): which row each is taken for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tachograph.ports import Batch, Statement
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, EventKind, Source

A = "s_000000000000000a"
AT = 1_760_000_000_000_000


@pytest.fixture
def store() -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:")
    yield store
    store.close()


def settle(store: DuckDBStore, *events: Event) -> None:
    store.write(Batch(events=events))
    store.settle()


def ask(store: DuckDBStore, sql: str) -> list[dict[str, Any]]:
    return store.query(Statement(name="test", sql=sql)).records()


def test_a_prompt_that_an_agent_sent_is_one_prompt_although_only_the_transcript_knows(store):
    told = [make_event(EventKind.PROMPT, key=f"o{i}", session_id=A) for i in range(2)]
    shown = [
        make_event(EventKind.PROMPT, key=f"t{origin}", source=Source.TRANSCRIPT, session_id=A, prompt_origin=origin)
        for origin in ("human", "agent")
    ]
    settle(store, *told, *shown)
    rows = ask(store, "select prompt_origin, seen_event, seen_transcript from prompts order by 1")
    assert [tuple(r.values()) for r in rows] == [("agent", True, True), ("human", True, True)]


def test_a_result_without_an_id_is_not_taken_for_a_call_that_was_refused_under_its_id(store):
    """A session that an older version began and a newer one resumed."""
    refused: dict[str, Any] = {"tool_use_id": "t1", "tool_name": "Bash", "decision": "reject"}
    settle(
        store,
        make_event(EventKind.TOOL_CALL, key="old", session_id=A, tool_name="Bash", success=True),
        make_event(EventKind.TOOL_DECISION, key="new", session_id=A, **refused),
        make_event(EventKind.TOOL_CALL, key="t", source=Source.TRANSCRIPT, session_id=A, success=False, **refused),
    )
    assert ask(store, "select count(*) as n from tool_calls") == [{"n": 2}]


def test_a_call_that_worked_is_not_one_that_was_refused(store):
    """Up to 2.0.76 telemetry says nothing of refused calls."""
    settle(
        store,
        make_event(EventKind.TOOL_CALL, key="o", session_id=A, tool_name="Bash", success=True),
        make_event(
            EventKind.TOOL_CALL, key="t", source=Source.TRANSCRIPT, session_id=A, tool_use_id="t1", tool_name="Bash",
            success=False, decision="reject",
        ),
    )  # fmt: skip
    assert ask(store, "select count(*) as n from tool_calls") == [{"n": 2}]


def test_a_result_pairs_with_the_call_that_ended_so_although_it_was_also_read_before_it_ended(store):
    def shown(key: str, minute: int, tool_use_id: str, **more: Any) -> Event:
        return make_event(
            EventKind.TOOL_CALL, key=key, source=Source.TRANSCRIPT, session_id=A, at_us=AT + minute, tool_name="Bash",
            tool_use_id=tool_use_id, **more,
        )  # fmt: skip

    told = make_event(EventKind.TOOL_CALL, key="o", session_id=A, at_us=AT + 9, tool_name="Bash", success=True)
    failed = shown("a", 1, "t1", success=False)
    settle(store, told, failed, shown("b", 5, "t2"), shown("c", 8, "t2", success=True))
    rows = ask(store, "select tool_use_id, is_error, seen_event from tool_calls order by 1")
    assert [tuple(r.values()) for r in rows] == [("t1", True, False), ("t2", False, True)]
