"""Settling bit by bit gives what rebuilding gives, whatever the order, the batches and the replays."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tachograph.ports import Batch, Statement
from tachograph.store.duckdb import DuckDBStore
from tests.effort import rounds
from tests.unit.store.traffic import make_traffic

TABLES = (
    "requests", "counters", "differences", "tool_calls", "prompts", "outcomes", "session_hours", "sessions", "hours",
    "hook_sessions", "feature_uses", "compactions",
)  # fmt: skip


def rows(store: DuckDBStore, table: str) -> list[tuple]:
    found = store.query(Statement(name="all", sql=f"select * from {table}")).rows
    return sorted(found, key=repr)


def write_in_pieces(store: DuckDBStore, events, chance: random.Random) -> None:
    todo = list(events)
    chance.shuffle(todo)
    done: list = []
    while todo:
        size = chance.randrange(1, max(2, len(todo)))
        batch, todo = todo[:size], todo[size:]
        done += batch
        again = chance.sample(done, min(len(done), chance.randrange(4)))
        store.write(Batch(events=[*batch, *again]))
        if chance.random() < 0.7:
            store.settle()
    store.settle()


@pytest.mark.timeout(300)
@settings(max_examples=rounds(2, thorough=8), deadline=None)
@given(st.integers(0, 10**9))
def test_settling_in_any_order_equals_rebuilding(seed):
    chance = random.Random(seed)
    traffic = make_traffic(seed)
    one, two = DuckDBStore(":memory:"), DuckDBStore(":memory:")
    try:
        write_in_pieces(one, traffic.events, chance)
        write_in_pieces(two, traffic.events, chance)
        first = {table: rows(one, table) for table in TABLES}
        one.rebuild()
        for table in TABLES:
            assert rows(one, table) == first[table], f"rebuild changed {table}"
            assert rows(two, table) == first[table], f"order changed {table}"
        totals = one.query(
            Statement(
                name="totals",
                sql="""select count(*) filter (where outcome = 'ok'), sum(input_tokens + output_tokens + cache_read_tokens +
                cache_write_tokens), sum(cost_nanousd) from requests""",
            )
        ).rows[0]
        assert totals == (traffic.requests, traffic.tokens, traffic.cost_nanousd)
        calls = one.query(Statement(name="calls", sql="select count(*) from tool_calls")).rows[0][0]
        assert calls == traffic.tool_calls
    finally:
        one.close()
        two.close()
