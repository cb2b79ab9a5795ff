"""What a session's row says beside its sums, and its score, each part worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, EventKind, Source
from tests.unit.store.test_turns import BAD, NO, OK, Session

START = datetime.fromisoformat("2025-10-09T08:53:20")


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def told(session: Session, kind: EventKind, source: Source, key: str, **attributes: Any) -> Session:
    has: dict[str, Any] = {"at_us": 1_760_000_000_000_000, "session_id": session.id} | attributes
    session.events.append(make_event(kind, key=f"{session.id} {key}", source=source, **has))
    return session


def compaction(session: Session, source: Source, number: int, **attributes: Any) -> Session:
    has = {"feature": "compaction", "at_us": 1_760_000_000_000_000 + number} | attributes
    return told(session, EventKind.FEATURE_USE, source, f"shrunk {source} {number}", **has)


def again(session: Session, source: Source, number: int) -> Session:
    has = {"feature": "api_retry", "status": "retried", "status_code": 529}
    return told(session, EventKind.AGENT_NOTICE, source, f"again {source} {number}", **has)


COMMIT = EventKind.VCS_COMMIT
# Session; outcome, reliability, acceptance, one shot; score.
SCORES: dict[str, tuple[Session, tuple[float | None, ...]]] = {
    "all parts": (
        # 2 of 4 calls failed; of 4 edits one was refused; of 2 turns with an edit that ran one needed one attempt
        Session("allparts").prompt().call("Edit", BAD).call("Edit").prompt().call("Edit").call("Bash", BAD).call("Write", NO)
        .prompt().call("Edit").lines(30, 20),
        (0.5, 1 - 2 / 6, 4 / 5, 1 / 3, 10 * (0.4 * 0.5 + 0.2 * (2 / 3) + 0.2 * 0.8 + 0.2 / 3)),
    ),
    "a commit is all": (
        told(Session("commit").call("Bash"), COMMIT, Source.TRANSCRIPT, "c"), (1, 1, None, None, 10),
    ),
    "a pull request too": (
        told(Session("pull").call("Bash", BAD), EventKind.VCS_PULL_REQUEST, Source.TRANSCRIPT, "p"),
        (1, 0, None, None, 10 * 0.4 / 0.6),
    ),
    "nothing came of it": (Session("nothing").call("Read"), (0, 1, None, None, 10 * 0.2 / 0.6)),
    "only lines": (Session("onlylines").lines(150), (1, None, None, None, 10)),
    "only talk": (Session("onlytalk").prompt().request(), (None, None, None, None, None)),
    "a commit without work": (told(Session("bare"), COMMIT, Source.TRANSCRIPT, "c"), (1, None, None, None, None)),
    "refused": (Session("refused").prompt().call("Edit", NO), (0, 1, 0, None, 10 * 0.2 / 0.8)),
    "never heard of": (Session("open").prompt().call("Edit", {}), (0, 1, None, None, 10 * 0.2 / 0.6)),
}  # fmt: skip

FIRSTS = (
    told(
        Session("firsts").request(query_source="subagent").request(subagent="explore").request(query_source="main").prompt("agent")
        .prompt().call("Edit", BAD, "a").call("Edit", NO, "b").call("Edit", OK, "c").call("Bash").lines(1, file="d")
        .lines(1, file="c"),
        COMMIT, Source.OTEL_METRIC, "commit", at_us=1_760_000_000_000_000 + 3_600_000_000, quantity=2,
    )
)  # fmt: skip
METRICS = Session("metrics").lines(5, source=Source.OTEL_METRIC)
REPORTED = told(
    Session("reported").request(),
    EventKind.SESSION_SUMMARY,
    Source.HOOK,
    "end",
    exit_reason="clear",
    counting="responses",
)

SHRUNK = Session("shrunk").request()
compaction(SHRUNK, Source.TRANSCRIPT, 1, trigger="manual", pre_tokens=900, post_tokens=90)
compaction(SHRUNK, Source.TRANSCRIPT, 2, trigger="auto", pre_tokens=800)
compaction(SHRUNK, Source.OTEL_LOG, 1, trigger="other", pre_tokens=7)
compaction(SHRUNK, Source.OTEL_LOG, 2, trigger="other", success=False)
compaction(SHRUNK, Source.OTEL_LOG, 3, trigger="other", success=False)
MORE_BY_OTEL = Session("morebyotel").request()
compaction(MORE_BY_OTEL, Source.TRANSCRIPT, 1, trigger="auto")
compaction(compaction(MORE_BY_OTEL, Source.OTEL_LOG, 1), Source.OTEL_LOG, 2)

TRIED = again(again(again(Session("tried").request(), Source.TRANSCRIPT, 1), Source.OTEL_LOG, 1), Source.OTEL_LOG, 2)

WHO = {"user_id": "u_1", "organization_id": "o_1"}
WHERE = {"project": "p_1", "repository": "r_1", "agent_version": "2.1", "entrypoint": "cli"}
BOTH = Session("both", **WHERE).prompt().request().call("Bash").lines(3)
compaction(BOTH, Source.TRANSCRIPT, 1)
told(BOTH, EventKind.API_REQUEST, Source.OTEL_LOG, "o", request_id="req_o", **WHO)
told(BOTH, EventKind.USAGE_COUNTER, Source.OTEL_METRIC, "c", counter="input", quantity=99, model="haiku")
OTHER = told(
    Session("other", **WHERE).request(), EventKind.API_REQUEST, Source.OTEL_LOG, "o", request_id="r2", user_id="u_2"
)

ACTIVE = Session("active")
for by in ("user", "cli"):
    told(ACTIVE, EventKind.SESSION_ACTIVITY, Source.OTEL_METRIC, by, active_seconds=3.5, active_by=by)
told(ACTIVE, EventKind.CODE_CHANGE, Source.TRANSCRIPT, "l", lines_added=1, language="python", file="f_1")

ALL = [
    *(made for made, _ in SCORES.values()),
    FIRSTS,
    METRICS,
    REPORTED,
    SHRUNK,
    MORE_BY_OTEL,
    TRIED,
    BOTH,
    OTHER,
    ACTIVE,
]


@pytest.fixture(scope="module")
def store() -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:")
    events: list[Event] = [e for session in ALL for e in session.events]
    store.write(Batch(events=events))
    store.settle()
    yield store
    store.close()


def ask(store: DuckDBStore, columns: str, session: Session, table: str = "sessions") -> list[tuple[Any, ...]]:
    return [tuple(r) for r in store.query_sql(f"select {columns} from {table} where session_id = '{session.id}'").rows]


@pytest.mark.parametrize("case", SCORES)
def test_the_score_is_the_mean_of_the_parts_that_are_known(store, case):
    session, expected = SCORES[case]
    (found,) = ask(store, "score_outcome, score_reliability, score_acceptance, score_one_shot, score", session)
    assert found == pytest.approx(expected, abs=1e-9)


def test_a_session_knows_its_first_prompt_edit_and_commit_and_what_it_changed(store):
    names = "first_prompt_at, first_edit_at, first_commit_at, edits, edit_errors, edits_decided, edits_accepted, files_changed"
    assert ask(store, names, FIRSTS) == [(at(5), at(8), at(60), 3, 1, 3, 2, 2)]
    assert ask(store, "subagent_requests, tool_retries, edit_turns, one_shot_turns", FIRSTS) == [(2, 0, 1, 0)]


def test_without_a_tool_call_the_first_changed_line_is_the_first_edit(store):
    names = "first_prompt_at, first_edit_at, first_commit_at, files_changed, exit_reason"
    assert ask(store, names, METRICS) == [(None, at(1), None, None, None)]


def test_how_a_session_ended_is_what_a_plugin_reported(store):
    assert ask(store, "exit_reason", REPORTED) == [("clear",)]


def test_compactions_are_those_of_the_source_that_tells_most(store):
    names = "source, trigger, pre_tokens, post_tokens"
    assert sorted(ask(store, names, SHRUNK, "compactions"), key=repr) == [
        ("transcript", "auto", 800, None), ("transcript", "manual", 900, 90),
    ]  # fmt: skip
    assert ask(store, "source", MORE_BY_OTEL, "compactions") == [("otel_log",), ("otel_log",)]
    assert ask(store, "compactions", SHRUNK) == ask(store, "compactions", MORE_BY_OTEL) == [(2,)]


def test_repeated_tries_are_those_of_the_source_that_tells_most(store):
    rows = store.query_sql(
        f"select outcome, status_code, seen_event, seen_transcript from requests where session_id = '{TRIED.id}' order by 1"
    ).rows
    assert rows == [("ok", None, False, True), ("retried", 529, True, False), ("retried", 529, True, False)]
    assert ask(store, "requests, api_errors", TRIED) == [(1, 0)]


@pytest.mark.parametrize("table", ["requests", "tool_calls", "prompts", "outcomes", "compactions"])
def test_what_a_row_does_not_say_of_who_and_where_is_its_sessions(store, table):
    names = "user_id, organization_id, project, repository, agent_version, entrypoint"
    found = ask(store, names, BOTH, table)
    assert set(found) == {("u_1", "o_1", "p_1", "r_1", "2.1", "cli")}
    assert len(found) == (3 if table == "requests" else 1)


def test_a_row_keeps_what_it_says_itself(store):
    assert sorted(ask(store, "user_id, project", OTHER, "requests")) == [("u_2", "p_1"), ("u_2", "p_1")]


def test_activity_says_whose_and_a_change_in_what(store):
    found = ask(store, "kind, active_by, language, file", ACTIVE, "outcomes")
    assert sorted(found, key=repr) == [
        ("code.change", None, "python", "f_1"), ("session.activity", "cli", None, None), ("session.activity", "user", None, None),
    ]  # fmt: skip
