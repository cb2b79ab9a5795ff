"""What follows from the order of things in a session: turns, retries, what was read before it was edited, one attempt or more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, EventKind, Source

START_US = 1_760_000_000_000_000
START = datetime.fromisoformat("2025-10-09T08:53:20")
OK: dict[str, Any] = {"success": True}
BAD: dict[str, Any] = {"success": False}
NO: dict[str, Any] = {"decision": "reject"}


class Session:
    """A session written minute by minute, each thing told by the transcript."""

    def __init__(self, name: str, **who: Any) -> None:
        self.id = f"s_{name:0>16}"
        self.events: list[Event] = []
        self._who = who
        self._minute = 0

    def _add(self, kind: EventKind, *, source: Source = Source.TRANSCRIPT, **attributes: Any) -> Session:
        self._minute += 1
        at_us = START_US + self._minute * 60_000_000
        key = f"{self.id} {self._minute}"
        has = self._who | attributes
        self.events.append(make_event(kind, key=key, source=source, at_us=at_us, session_id=self.id, **has))
        return self

    def prompt(self, origin: str = "human") -> Session:
        return self._add(EventKind.PROMPT, prompt_id=f"p{self.id}{self._minute}", prompt_origin=origin)

    def call(self, tool: str, outcome: dict[str, Any] = OK, file: str | None = None, **attributes: Any) -> Session:
        known = outcome | ({} if file is None else {"file": file}) | attributes
        return self._add(EventKind.TOOL_CALL, tool_use_id=f"t{self.id}{self._minute}", tool_name=tool, **known)

    def request(self, **attributes: Any) -> Session:
        priced = {"cost_nanousd": 1000, "cost_basis": "priced"}
        has: dict[str, Any] = (
            {"message_id": f"m{self.id}{self._minute}", "model": "opus", "output_tokens": 5} | priced | attributes
        )
        return self._add(EventKind.API_REQUEST, **{k: v for k, v in has.items() if v is not None})

    def lines(self, added: int, removed: int = 0, **attributes: Any) -> Session:
        return self._add(EventKind.CODE_CHANGE, lines_added=added, lines_removed=removed, **attributes)


RETRIES = {
    "failed": (Session("failed").prompt().call("Bash", BAD).call("Bash"), [False, True]),
    "worked": (Session("worked").prompt().call("Bash", BAD).call("Bash").call("Bash"), [False, True, False]),
    "other tool": (Session("othertool").prompt().call("Bash", BAD).call("Read"), [False, False]),
    "other turn": (Session("otherturn").prompt().call("Bash", BAD).prompt().call("Bash"), [False, False]),
    "agent's prompt": (Session("agentprompt").prompt().call("Bash", BAD).prompt("agent").call("Bash"), [False, True]),
    "no prompt": (Session("noprompt").call("Bash", BAD).call("Bash"), [False, True]),
    "refused": (Session("refused").prompt().call("Bash", NO).call("Bash"), [False, False]),
    "refused between": (
        Session("refusedbetween").prompt().call("Bash", BAD).call("Bash", NO).call("Bash"),
        [False, True, True],
    ),
    "open between": (
        Session("openbetween").prompt().call("Bash", BAD).call("Bash", {}).call("Bash"),
        [False, True, True],
    ),
    "other file": (Session("otherfile").prompt().call("Edit", BAD, "a").call("Edit", OK, "b"), [False, False]),
    "same file": (
        Session("samefile").prompt().call("Edit", BAD, "a").call("Edit", OK, "b").call("Edit", OK, "a"),
        [False, False, True],
    ),
    "unknown file": (
        Session("unknownfile").prompt().call("Edit", BAD, "a").call("Edit").call("Edit", OK, "a"),
        [False, True, False],
    ),
}

READ_BEFORE = {
    "read": (Session("read").call("Read", OK, "a").call("Edit", OK, "a"), [None, True]),
    "not": (Session("not").call("Read", OK, "b").call("Edit", OK, "a").call("Edit", OK, "a"), [None, False, True]),
    "failed read": (
        Session("failedread").call("Read", BAD, "a").call("Edit", BAD, "a").call("Edit", OK, "a"),
        [None, False, False],
    ),
    "search": (Session("search").call("Grep", OK, "a").call("Write", NO, "a"), [None, False]),
    "no file": (Session("nofile").call("Read", OK, "a").call("Edit"), [None, None]),
}

ONE_SHOT = {
    "one": (Session("one").prompt().call("Read").call("Edit").call("Bash"), [True]),
    "two files": (Session("two").prompt().call("Edit").call("Edit"), [True]),
    "tested first": (Session("testedfirst").prompt().call("Bash").call("Edit"), [True]),
    "again after test": (Session("again").prompt().call("Edit").call("Bash").call("Edit"), [False]),
    "failed test": (Session("failedtest").prompt().call("Edit").call("Bash", BAD).call("Edit"), [False]),
    "edit failed": (Session("editfailed").prompt().call("Edit", BAD).call("Edit"), [False]),
    "one refused": (Session("onerefused").prompt().call("Edit", NO).call("Edit"), [False]),
    "all refused": (Session("allrefused").prompt().call("Edit", NO), [None]),
    "none": (Session("none").prompt().call("Bash"), [None]),
    "next turn": (Session("nextturn").prompt().call("Edit").prompt("command").call("Bash").call("Edit"), [True, True]),
}

FOR_RETRY = {
    "nearest": (
        Session("nearest").prompt().request().call("Bash", BAD).request().call("Bash").request(),
        [False, True, False],
    ),
    "by message": (
        Session("bymessage")
        .prompt()
        .request(message_id="m_1")
        .request()
        .call("Bash", BAD)
        .call("Bash", message_id="m_1"),
        [True, False],
    ),
    "by request": (
        Session("byrequest")
        .prompt()
        .request(request_id="r_1")
        .request()
        .call("Bash", BAD)
        .call("Bash", request_id="r_1"),
        [True, False],
    ),
    "unknown message": (
        Session("unknownmessage").prompt().request().request().call("Bash", BAD).call("Bash", message_id="m_2"),
        [False, True],
    ),
    "none before": (Session("nonebefore").prompt().call("Bash", BAD).call("Bash").request(), [False]),
}

FIGURES = (
    Session("figures").request().prompt().request().call("Edit", BAD).request(cost_nanousd=None, cost_basis="unpriced")
    .call("Edit").prompt("agent").prompt().prompt().request(cost_nanousd=None, cost_basis="unpriced")
)  # fmt: skip

CLASSES = {
    "edit": "Edit MultiEdit Write NotebookEdit apply_patch replace write_file edit create str_replace_editor",
    "read": "Read read_file read_many_files view read view_image",
    "search": "Grep Glob LS search_file_content grep_search list_directory glob grep",
    "shell": "Bash PowerShell exec_command shell local_shell shell_command run_shell_command bash write_stdin",
    "web": "WebFetch WebSearch web_fetch google_web_search webfetch web_search",
    "agent": "Agent Task spawn_agent task wait_agent",
    "mcp": "mcp__github__create_issue mcp_tool mcp",
    "other": "TodoWrite Skill AskUserQuestion update_plan save_memory think unknown",
}
KINDS = {name: kind for kind, names in CLASSES.items() for name in names.split()}


@pytest.fixture(scope="module")
def store() -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:")
    events = [
        e for table in (RETRIES, READ_BEFORE, ONE_SHOT, FOR_RETRY) for made, _ in table.values() for e in made.events
    ]
    tools = Session("tools")
    for name in KINDS:
        tools.call(name)
    tools.call("query", mcp_server="database")
    store.write(Batch(events=[*reversed(events), *tools.events, *FIGURES.events]))
    store.settle()
    yield store
    store.close()


def column(store: DuckDBStore, table: str, name: str, session: Session) -> list[Any]:
    sql = f"select {name} from {table} where session_id = '{session.id}' order by occurred_at"
    return [row[0] if len(row) == 1 else row for row in store.query_sql(sql).rows]


@pytest.mark.parametrize("case", RETRIES)
def test_a_call_is_a_retry_if_the_same_tool_failed_before_it_in_the_turn(store, case):
    session, expected = RETRIES[case]
    assert column(store, "tool_calls", "is_retry", session) == expected


@pytest.mark.parametrize("case", READ_BEFORE)
def test_an_edit_knows_whether_its_file_was_read_before(store, case):
    session, expected = READ_BEFORE[case]
    assert column(store, "tool_calls", "read_before", session) == expected


@pytest.mark.parametrize("case", ONE_SHOT)
def test_a_turn_needed_one_attempt_or_more(store, case):
    session, expected = ONE_SHOT[case]
    assert column(store, "prompts", "is_one_shot", session) == expected


@pytest.mark.parametrize("case", FOR_RETRY)
def test_a_request_was_made_for_a_retry(store, case):
    session, expected = FOR_RETRY[case]
    assert column(store, "requests", "for_retry", session) == expected


def test_a_turn_has_everything_up_to_the_next_prompt(store):
    names = "prompt_origin, ended_at, requests, tool_calls, tool_errors, edits, cost_nanousd"
    assert column(store, "prompts", names, FIGURES) == [
        ("human", START + timedelta(minutes=7), 2, 2, 1, 2, 1000),
        ("agent", None, None, None, None, None, None),
        ("human", START + timedelta(minutes=8), 0, 0, 0, 0, None),
        ("human", START + timedelta(minutes=10), 1, 0, 0, 0, None),
    ]


def test_a_tool_has_a_class_whichever_agent_names_it(store):
    told = store.query_sql(
        f"select tool_name, tool_class from tool_calls where session_id = '{Session('tools').id}'"
    ).rows
    assert dict(told) == KINDS | {"query": "mcp"}
    assert len(told) == len(KINDS) + 1, "a name in two classes would double its calls"


def test_a_prompt_that_comes_in_late_parts_the_turn():
    early = Session("late").prompt().call("Bash", BAD).prompt().call("Bash").call("Edit")
    store = DuckDBStore(":memory:")
    try:
        store.write(Batch(events=[e for e in early.events if e is not early.events[2]]))
        store.settle()
        assert column(store, "tool_calls", "is_retry", early) == [False, True, False]
        assert column(store, "prompts", "tool_calls", early) == [3]
        assert store.query_sql("select tool_retries, edit_turns from sessions").rows == [(1, 1)]
        store.write(Batch(events=[early.events[2], early.events[0]]))
        store.settle()
        assert column(store, "tool_calls", "is_retry", early) == [False, False, False]
        assert column(store, "prompts", "(tool_calls, is_one_shot)", early) == [(1, None), (2, True)]
        assert store.query_sql("select tool_retries, edit_turns from sessions").rows == [(0, 1)]
    finally:
        store.close()


def test_what_a_fork_copied_was_read_before_and_counts_once():
    parent = Session("parent").prompt().call("Read", OK, "a").call("Edit", BAD, "a").call("Edit", OK, "a")
    fork = Session("fork")
    fork._minute = 30
    fork.call("Edit", OK, "a").call("Edit", OK, "b")
    copies = [
        make_event(
            e.kind,
            key=f"{parent.id} {n}",
            source=e.source,
            at_us=e.at_us,
            session_id=fork.id,
            **dict[str, Any](e.attributes),
        )
        for n, e in enumerate(parent.events, 1)
    ]
    assert [e.event_id for e in copies] == [e.event_id for e in parent.events]
    store = DuckDBStore(":memory:")
    try:
        store.write(Batch(events=parent.events))
        store.write(Batch(events=[*copies, *fork.events]))
        store.settle()
        assert column(store, "tool_calls", "read_before", fork) == [True, False]
        told = "select sum(tool_calls), sum(edits), sum(tool_retries), sum(edit_errors) from sessions"
        assert store.query_sql(told).rows == [(5, 4, 1, 1)]
    finally:
        store.close()
