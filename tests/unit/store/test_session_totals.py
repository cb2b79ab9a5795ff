"""An agent's own session totals where it is hard to say whose usage they tell: nothing may count twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tachograph.ports import Batch, Statement
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, EventKind, Source

PARENT, FORK = "s_000000000000000a", "s_000000000000000b"
AT = 1_760_000_000_000_000


@pytest.fixture
def store() -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:")
    yield store
    store.close()


def tokens(store: DuckDBStore) -> int:
    rows = store.query(Statement(name="test", sql="select sum(input_tokens) as n from requests")).rows
    return int(rows[0][0])


def response(key: str, session: str, minute: int, tokens: int, source: Source = Source.TRANSCRIPT) -> Event:
    ids: dict[str, Any] = {"request_id": f"r{key}"}
    if source is Source.TRANSCRIPT:
        ids["message_id"] = f"m{key}"
    return make_event(
        key=f"{source} {key}", source=source, session_id=session, at_us=AT + minute * 60_000_000, model="opus",
        input_tokens=tokens, output_tokens=1, **ids,
    )  # fmt: skip


def total(session: str, minute: int, tokens: int) -> Event:
    return make_event(
        EventKind.USAGE_COUNTER, key=f"total {session} {tokens}", source=Source.TRANSCRIPT, session_id=session,
        at_us=AT + minute * 60_000_000, counter="session_total", lineage="1795000000000", model="opus",
        input_tokens=tokens, output_tokens=1,
    )  # fmt: skip


def test_a_parent_that_was_resumed_after_its_fork_began_counts_once(store):
    """What both files hold may be laid to the fork; the parent's total tells of it all the same."""
    first = response("1", PARENT, 0, 10)
    store.write(Batch(events=[first, total(PARENT, 1, 10), response("3", PARENT, 9, 40), total(PARENT, 10, 50)]))
    store.write(Batch(events=[replace(first, session_id=FORK), response("2", FORK, 5, 20)]))
    store.settle()
    assert tokens(store) == 10 + 20 + 40


def test_a_fork_without_its_parents_file_tells_nothing_again_that_telemetry_told_of_the_parent(store):
    events = [response("1", PARENT, 0, 10, Source.OTEL_LOG), response("1", FORK, 0, 10), response("2", FORK, 5, 20)]
    store.write(Batch(events=[*events, total(FORK, 6, 30)]))
    store.settle()
    assert tokens(store) == 10 + 20


def test_a_total_goes_on_from_its_lineage_although_the_history_was_laid_to_a_session_without_one(store):
    """A third session, of an older version, was forked first: what all hold is laid to it, and it has no total."""
    first, other = response("1", PARENT, 0, 10), "s_000000000000000c"
    store.write(Batch(events=[first, response("3", PARENT, 9, 40), total(PARENT, 10, 40)]))
    store.write(Batch(events=[replace(first, session_id=other), response("4", other, 5, 80)]))
    store.write(Batch(events=[replace(first, session_id=FORK), response("2", FORK, 20, 20), total(FORK, 21, 60)]))
    store.settle()
    assert tokens(store) == 10 + 40 + 80 + 20


def test_a_fork_that_was_read_while_it_was_written_is_a_fork_all_the_same(store):
    """Its copy of the first response was read in part, which makes it another event of the same message."""
    first = response("1", PARENT, 0, 10)
    store.write(Batch(events=[first, total(PARENT, 1, 13), response("3", PARENT, 9, 40), total(PARENT, 10, 53)]))
    part = make_event(
        key="part", source=Source.TRANSCRIPT, session_id=FORK, at_us=AT - 1, model="opus", message_id="m1", request_id="r1",
        input_tokens=10, output_tokens=0,
    )  # fmt: skip
    store.write(Batch(events=[part, replace(first, session_id=FORK), response("2", FORK, 5, 20), total(FORK, 6, 33)]))
    store.settle()
    assert tokens(store) == 10 + 3 + 20 + 40


@pytest.mark.parametrize("fork_first", [True, False])
def test_what_a_fork_copied_is_its_parents_although_it_was_read_in_part_before(store, fork_first):
    first = response("1", PARENT, 0, 10)
    part = make_event(
        key="part", source=Source.TRANSCRIPT, session_id=FORK, at_us=AT - 1, model="opus", message_id="m1", request_id="r1",
        input_tokens=10, output_tokens=0,
    )  # fmt: skip
    batches = [
        [first, total(PARENT, 1, 13)],
        [part, replace(first, session_id=FORK), response("2", FORK, 5, 20), total(FORK, 6, 33)],
    ]
    for batch in reversed(batches) if fork_first else batches:
        store.write(Batch(events=batch))
        store.settle()
    rows = store.query(
        Statement(name="test", sql="select session_id, sum(input_tokens)::bigint from requests group by 1")
    ).rows
    assert dict(rows) == {PARENT: 13, FORK: 20}


def test_a_parent_does_not_go_on_from_a_fork_that_used_no_more_of_one_model(store):
    """Everything the parent did before the fork was copied, so that its own first thing is later than the fork's total."""
    first = response("1", PARENT, 0, 10)
    cheap, other = total(FORK, 6, 13), total(FORK, 6, 20)
    other = replace(other, attributes={**other.attributes, "model": "haiku"})
    store.write(Batch(events=[first, total(PARENT, 1, 13), response("3", PARENT, 9, 40), total(PARENT, 10, 53)]))
    store.write(Batch(events=[replace(first, session_id=FORK), cheap, other]))
    store.settle()
    assert tokens(store) == 10 + 3 + 40 + 20
