"""Putting events into the table, each once, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from tachograph.ports import EventColumns
from tachograph.store.arrow import REPEATED, event_table
from tachograph.store.contents import insert_contents

__all__ = ["insert_events"]

_LATEST_US = 7_258_118_400 * 10**6  # 2200; no event is later

_COPIES_SQL = """
insert into event_copies
select distinct a.event_id::uuid, a.session_id, e.bucket, $base
from incoming a join events e on e.event_id = a.event_id::uuid
where a.session_id is not null and e.occurred_at between make_timestamp($first) and make_timestamp($last)
  and e.session_id is distinct from a.session_id
  and not exists (select 1 from event_copies c where c.event_id = a.event_id::uuid and c.session_id = a.session_id)
"""


def insert_events(
    connection: duckdb.DuckDBPyConnection, parts: Sequence[EventColumns], next_seq: int
) -> tuple[int, int]:
    """Insert the events that are not there yet, and remember which other sessions hold those that are.

    Args:
        connection: within a transaction.
        parts: the events; of those with one id the first is taken.
        next_seq: the number of the first row.

    Returns:
        How many are new, and the next number.
    """
    parts = [part for part in parts if part.rows]
    rows = sum(part.rows for part in parts)
    window = {
        "base": next_seq,
        "first": min((part.first_us for part in parts), default=0),
        "last": max((part.last_us for part in parts), default=0),
    }
    if any(part.undated for part in parts):  # sent again, it arrives at another time
        window |= {"first": 0, "last": _LATEST_US}
    table = event_table(parts)
    ((known,),) = connection.execute("select count(*) from (from counted_ids limit 1)").fetchall()
    connection.register("incoming", table)
    try:
        ((new,),) = connection.execute(_insert_sql(table.names, expired=bool(known)), window).fetchall()
        next_seq += rows
        if new < rows:
            connection.execute(_COPIES_SQL, {**window, "base": next_seq})
            next_seq += 1
    finally:
        connection.unregister("incoming")
    insert_contents(connection, parts)
    return int(new), next_seq


_KNOWN_SQL = """
  and not exists (
    select 1 from counted_ids c
    where c.event_id = i.event_id and c.occurred_at between make_timestamp($first) and make_timestamp($last)
)"""


def _insert_sql(names: Sequence[str], *, expired: bool) -> str:
    """Insert what is not there yet; only rows of the same time span are looked at, which zone maps make cheap.

    Where records were deleted by age (`expired`), those are known too, and their sessions go on as "…#2".
    """
    once = f"where not {REPEATED}" if REPEATED in names else ""
    names = [name for name in names if name != REPEATED]
    taken = ", ".join("event_id::uuid as event_id" if n == "event_id" else n for n in names)
    user = "coalesce(i.user_id, '')" if "user_id" in names else "''"  # i: archived has a session_id, too
    bucket = f"coalesce(i.session_id, '~' || i.agent || '~' || {user} || '~' || strftime(i.occurred_at, '%Y-%m-%d'))"
    if expired:
        bucket += f""" || coalesce(
        (select '#' || (count(*) + 1) from archived a where split_part(a.bucket, '#', 1) = {bucket} having count(*) > 0), '')"""  # noqa: S608
    return f"""
insert into events (seq, bucket, {", ".join(names)})
select $base + row_number() over () - 1,
    {bucket},
    {", ".join(names)}
from (select {taken} from incoming {once}) i
where not exists (
    select 1 from events e
    where e.event_id = i.event_id and e.occurred_at between make_timestamp($first) and make_timestamp($last)
){_KNOWN_SQL if expired else ""}
"""  # noqa: S608 - column names of ours
