"""The texts of events, in a table of their own, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from tachograph.ports import EventColumns

__all__ = ["delete_contents", "insert_contents"]

_INSERT_SQL = """
insert into contents
select i.event_id, i.attribute, any_value(i.text)
from (select unnest($1)::uuid as event_id, unnest($2) as attribute, unnest($3) as text) i
where not exists (select 1 from contents c where c.event_id = i.event_id and c.attribute = i.attribute)
  and i.event_id in (select event_id from events where event_id in (select unnest($1)::uuid))
group by all
"""


def insert_contents(connection: duckdb.DuckDBPyConnection, parts: Sequence[EventColumns]) -> None:
    """Insert the texts that are not there yet, of events that are."""
    rows = [row for part in parts for row in part.contents]
    if rows:
        connection.execute(_INSERT_SQL, [list(column) for column in zip(*rows, strict=True)])


def delete_contents(connection: duckdb.DuckDBPyConnection) -> int:
    """Delete all texts; how many there were. Their bytes stay in the file until it is compacted."""
    ((count,),) = connection.execute("delete from contents").fetchall()
    return int(count)
