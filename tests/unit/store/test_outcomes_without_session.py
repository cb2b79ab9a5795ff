"""Lines that a counter without a session tells, beside what transcripts tell of the same day."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tachograph.ports import Batch, Statement
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, EventKind, Source
from tests.effort import few_of

AT = 1_760_000_000_000_000
DAY_US = 86_400_000_000


def change(source: Source, lines: int, session: str | None, at_us: int = AT, agent: str = "copilot_cli") -> Event:
    return make_event(
        EventKind.CODE_CHANGE,
        key=f"{source}{lines}{session}{at_us}{agent}",
        source=source,
        session_id=session,
        at_us=at_us,
        agent=agent,
        lines_added=lines,
    )


TRANSCRIPT = change(Source.TRANSCRIPT, 5, "s_000000000000000a")
COUNTER = change(Source.OTEL_METRIC, 5, None, AT + 60_000_000)
OTHER_DAY = change(Source.OTEL_METRIC, 7, None, AT + 2 * DAY_US)
OTHER_AGENT = change(Source.OTEL_METRIC, 11, None, agent="other")


def lines(*batches: Event, rebuild: bool = False) -> Any:
    store = DuckDBStore(":memory:")
    try:
        for event in batches:
            store.write(Batch(events=[event]))
            store.settle()
        if rebuild:
            store.rebuild()
        sql = "select sum(lines_added)::bigint as n from outcomes"
        return store.query(Statement(name="test", sql=sql)).records()[0]["n"]
    finally:
        store.close()


@pytest.mark.parametrize("rebuild", [False, True])
def test_counters_count_only_where_no_transcript_tells_in_any_order(rebuild: bool) -> None:
    orders = few_of([*permutations([TRANSCRIPT, COUNTER, OTHER_DAY, OTHER_AGENT])], 5)
    assert {lines(*order, rebuild=rebuild) for order in orders} == {5 + 7 + 11}, orders


def test_counters_alone_count() -> None:
    assert lines(COUNTER, OTHER_DAY) == 12
