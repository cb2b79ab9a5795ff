"""Released events, read back from the table in the order in which they were written."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from tachograph.ports import Statement, Store
from tachograph.store.columns import ATTRIBUTE_COLUMNS
from tachograph_sdk.model.event import Event, EventKind, Source

__all__ = ["last_number", "read_events", "session_starts"]

_SQL = f"""
select seq, replace(event_id::varchar, '-', '') as event_id, epoch_us(occurred_at) as at_us,
    epoch_us(received_at) as received_us, kind, agent, source, name, session_id, {", ".join(ATTRIBUTE_COLUMNS)}, attributes
from events where seq > $after order by seq limit $limit
"""  # noqa: S608 - column names of ours
_FIXED = 9


def read_events(store: Store, after: int, limit: int) -> list[tuple[int, Event]]:
    """The next events after the one with this number, with their numbers. Texts of the preset `content` are not read.

    Raises:
        QueryError, StoreError
    """
    result = store.query(Statement(name="events_after", sql=_SQL, parameters={"after": after, "limit": limit}))
    return [(int(row[0]), _event(row)) for row in result.rows]


def last_number(store: Store, after: int) -> int:
    """The number of the last event, which is not before this one; looked for only there, so that it costs little."""
    sql = "select coalesce(max(seq), $after) from events where seq > $after"
    return int(store.query(Statement(name="last_event", sql=sql, parameters={"after": after})).rows[0][0])


def session_starts(store: Store, sessions: Collection[str]) -> dict[str, int]:
    """When these sessions began, UTC microseconds since 1970; those that are settled."""
    sql = """select session_id, min(epoch_us(started_at)) from sessions
    where session_id in (select unnest($sessions)) group by session_id"""
    if not sessions:
        return {}
    found = store.query(Statement(name="session_starts", sql=sql, parameters={"sessions": list(sessions)}))
    return {str(session): int(start_us) for session, start_us in found.rows}


def _event(row: Sequence[Any]) -> Event:
    _, event_id, at_us, received_us, kind, agent, source, name, session_id = row[:_FIXED]
    attributes = {
        column: value for column, value in zip(ATTRIBUTE_COLUMNS, row[_FIXED:-1], strict=True) if value is not None
    }
    if row[-1]:
        attributes.update(json.loads(row[-1]))
    return Event(
        event_id=event_id,
        kind=EventKind(kind),
        agent=agent,
        source=Source(source),
        name=name,
        at_us=at_us,
        received_us=received_us,
        session_id=session_id,
        attributes=attributes,
    )
