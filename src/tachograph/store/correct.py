"""Correcting a value in the events of a selection, in what follows from them, and in what comes in later.

What an event said before is kept (table `corrected`) until the correction is withdrawn or the event erased.
"""

# ruff: noqa: S608 - statements are put together from names of ours; values are bound

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import duckdb

from tachograph.ports import Prices
from tachograph.store.erase import find_relatives, link_anew, refresh_buckets
from tachograph.store.settle import settle, settle_again
from tachograph.store.subject import NAMED, footprint, mark, unmark
from tachograph_sdk.model.subject import Correction, Footprint, Selection

__all__ = ["CORRECTABLE", "correct", "correct_new", "withdraw"]

CORRECTABLE = {
    "user": "user_id",
    "organization": "organization_id",
    "repository": "repository",
    "project": "project",
    "tool_name": "tool_name",
    "mcp_server": "mcp_server",
    "skill": "skill",
    "plugin": "plugin",
    "subagent": "subagent",
}
"""What can be corrected: who and where, and what a thing is called. Figures are what the agent reported."""

_WHO_AND_WHERE = frozenset(("user", "organization", "repository", "project"))
"""Also put where nothing is said; a name is only put in the place of another."""

_OWN_BUCKET = "'~' || agent || '~' || coalesce(user_id, '') || '~' || right(bucket, 10)"
"""Where records are counted that name no session: a day of a user."""


def correct(
    connection: duckdb.DuckDBPyConnection,
    selection: Selection,
    correction_id: str,
    attribute: str,
    value: str,
    before: str | None,
    prices: Callable[[], Prices],
    *,
    remember: Callable[[Footprint], None],
) -> int:
    """Put `value` in the selection's events and settle their sessions again; how many events it changed.

    Call inside a transaction, which must be rolled back if this raises. See `ports.Store.correct`.
    """
    settle(connection, prices)
    mark(connection, selection)
    remember(footprint(connection, selection))
    condition = f"seq in (select seq from subject_events) and {_may_be(attribute, before)}"
    changed = _put(connection, correction_id, attribute, value, condition, {} if before is None else {"before": before})
    unmark(connection)
    _settle_changed(connection, prices)
    return changed


def withdraw(connection: duckdb.DuckDBPyConnection, correction_id: str, prices: Callable[[], Prices]) -> int:
    """Put back what the events said before; how many. Call inside a transaction."""
    settle(connection, prices)
    rows = connection.execute(
        "select distinct attribute from corrected where correction_id = $1", [correction_id]
    ).fetchall()
    changed = 0
    connection.execute("create or replace temp table corrected_events (event_id uuid, bucket varchar, day timestamp)")
    for (attribute,) in rows:
        column = CORRECTABLE[attribute]
        bound = {"id": correction_id, "attribute": attribute}
        # A later correction of the same event took our value for what was before.
        connection.execute(
            """create or replace temp table undone as
            select rowid as id, event_id, before from corrected where correction_id = $id and attribute = $attribute""",
            bound,
        )
        connection.execute(
            """create or replace temp table later as
            select c.rowid as id, u.id as ours, u.event_id, u.before from corrected c join undone u using (event_id)
            where c.attribute = $attribute and c.rowid > u.id
            qualify row_number() over (partition by u.id order by c.rowid) = 1""",
            {"attribute": attribute},
        )
        connection.execute("update corrected set before = l.before from later l where corrected.rowid = l.id")
        connection.execute("delete from undone where id in (select ours from later)")
        _note(connection, "event_id in (select event_id from undone)", {})
        connection.execute(f"update events set {column} = u.before from undone u where events.event_id = u.event_id")
        ((count,),) = connection.execute("select count(*) from undone").fetchall()
        changed += count
        _move(connection, attribute)
    connection.execute("delete from corrected where correction_id = $1", [correction_id])
    connection.execute("drop table if exists temp.undone; drop table if exists temp.later")
    _settle_changed(connection, prices)
    return int(changed)


def correct_new(connection: duckdb.DuckDBPyConnection, corrections: Sequence[Correction], first_seq: int) -> None:
    """Apply corrections to events that were just inserted, in order. Call inside the transaction that inserted them."""
    for one in corrections:
        condition, bound = _is_meant(one)
        where = f"seq >= {int(first_seq)} and ({condition}) and {_may_be(one.attribute, one.before)}"
        _put(connection, one.correction_id, one.attribute, one.value, where, bound)
    connection.execute("drop table if exists temp.corrected_events")


def _may_be(attribute: str, before: str | None) -> str:
    column = CORRECTABLE[attribute]
    if before is not None:
        return f"{column} = $before"
    return "true" if attribute in _WHO_AND_WHERE else f"{column} is not null"


def _put(
    connection: duckdb.DuckDBPyConnection,
    correction_id: str,
    attribute: str,
    value: str,
    condition: str,
    bound: dict[str, Any],
) -> int:
    column = CORRECTABLE[attribute]
    where = f"{condition} and {column} is distinct from $value"
    bound = {**bound, "value": value}
    _note(connection, where, bound)
    connection.execute(
        f"""insert into corrected select $id, event_id, $attribute, {column} from events
        where event_id in (select event_id from corrected_events) and {column} is distinct from $value""",
        {"id": correction_id, "attribute": attribute, "value": value},
    )
    ((changed,),) = connection.execute(
        f"update events set {column} = $value where event_id in (select event_id from corrected_events)",
        {"value": value},
    ).fetchall()
    _move(connection, attribute)
    return int(changed)


def _note(connection: duckdb.DuckDBPyConnection, where: str, bound: dict[str, Any]) -> None:
    """Leave in temp table `corrected_events` what is about to change, with where it is counted now."""
    connection.execute(
        f"""create or replace temp table corrected_events as
        select event_id, bucket, date_trunc('day', occurred_at) as day from events where {where}""",
        {name: value for name, value in bound.items() if f"${name}" in where},
    )


def _move(connection: duckdb.DuckDBPyConnection, attribute: str) -> None:
    """Records that name no session are counted by user: another user, another place."""
    if attribute != "user":
        return
    connection.execute(
        f"""update events set bucket = {_OWN_BUCKET}
        where session_id is null and starts_with(bucket, '~') and event_id in (select event_id from corrected_events)"""
    )
    connection.execute(
        """update event_copies set bucket = e.bucket from events e
        where e.event_id = event_copies.event_id and e.event_id in (select event_id from corrected_events)"""
    )


def _settle_changed(connection: duckdb.DuckDBPyConnection, prices: Callable[[], Prices]) -> None:
    """Make again what follows from the changed events, where they were counted and where they are now."""
    connection.execute(
        """create or replace temp table chosen as
        select bucket from corrected_events
        union
        select bucket from events where event_id in (select event_id from corrected_events)"""
    )
    connection.execute("create or replace temp table gone_days as select distinct day from corrected_events")
    connection.execute("drop table temp.corrected_events")
    find_relatives(connection, also_single=True)
    settle_again(connection, prices, is_deletion=True)
    if link_anew(connection):
        settle(connection, prices)
    refresh_buckets(connection)


def _is_meant(correction: Correction) -> tuple[str, dict[str, Any]]:
    """SQL about an event's own columns: what says itself that it is meant, or is known by the footprint."""
    selection, known = correction.selection, correction.footprint
    bound: dict[str, Any] = {}
    if correction.before is not None:
        bound["before"] = correction.before
    times = []
    for name, value, sign in (("start", selection.start_us, ">="), ("end", selection.end_us, "<")):
        if value is not None:
            times.append(f"occurred_at {sign} make_timestamp(${name})")
            bound[name] = value
    own = []
    for part, column in NAMED.items():
        if values := getattr(selection, part):
            own.append(f"{column} in (select unnest(${part}))")
            bound[part] = list(values)
    parts = [" and ".join(own) or ("true" if selection.everything else "false")]
    if known.sessions:
        parts.append("session_id in (select unnest($known_sessions))")
        bound["known_sessions"] = list(known.sessions)
    within = " and ".join(times) or "true"
    meant = f"({' or '.join(f'({part})' for part in parts)}) and {within}"
    if known.events:
        meant = f"({meant}) or event_id in (select unnest($known_events)::uuid)"
        bound["known_events"] = list(known.events)
    return meant, bound
