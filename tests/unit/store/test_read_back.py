"""Events come back from the store as they went in."""

from __future__ import annotations

from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.store.read_back import last_number, read_events, session_starts
from tachograph.testing import make_event
from tachograph_sdk.model.attributes import ATTRIBUTES
from tachograph_sdk.model.event import EventKind, Scalar

SAMPLE: dict[str, Scalar] = {"text": "some-word", "count": 7, "number": 2.5, "flag": True}


def test_events_come_back_as_they_went_in_and_in_order():
    every = {name: SAMPLE[attribute.type] for name, attribute in ATTRIBUTES.items()}
    store = DuckDBStore(":memory:")
    events = [
        make_event(EventKind.TOOL_CALL, key="1", **every),  # type: ignore[arg-type]
        make_event(EventKind.PROMPT, key="2", session_id=None),
        make_event(EventKind.API_REQUEST, key="3", user_id="u_1", terminal="xterm"),
    ]
    try:
        assert read_events(store, 0, 10) == []
        assert last_number(store, 0) == 0
        for event in events:
            store.write(Batch(events=[event]))
        found = read_events(store, 0, 10)
        assert [event for _, event in found] == events
        numbers = [number for number, _ in found]
        assert numbers == sorted(set(numbers))
        assert [last_number(store, after) for after in (0, numbers[0], numbers[-1])] == [numbers[-1]] * 3
        assert [event for _, event in read_events(store, numbers[0], 1)] == events[1:2]
        store.settle()
        session = events[0].session_id or ""
        assert session_starts(store, [session, "s_unknown"]) == {session: events[0].at_us}
        assert session_starts(store, []) == {}
    finally:
        store.close()
