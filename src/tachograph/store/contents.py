"""The texts of events, in a table of their own: how they get in, and how all that only the owner's choice keeps is taken out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import duckdb

from tachograph.ports import EventColumns

__all__ = ["PurgesChosen", "insert_contents"]

_INSERT_SQL = """
insert into contents
select i.event_id, i.attribute, any_value(i.text)
from (select unnest($1)::uuid as event_id, unnest($2) as attribute, unnest($3) as text) i
where not exists (select 1 from contents c where c.event_id = i.event_id and c.attribute = i.attribute)
  and i.event_id in (select event_id from events where event_id in (select unnest($1)::uuid))
group by all
"""


def insert_contents(connection: duckdb.DuckDBPyConnection, parts: Sequence[EventColumns]) -> None:
    """Insert the texts that are not there yet, of events that are; in the caller's transaction."""
    rows = [row for part in parts for row in part.contents]
    if rows:
        connection.execute(_INSERT_SQL, [list(column) for column in zip(*rows, strict=True)])


class PurgesChosen:
    """The part of a store that takes out what is kept by the owner's choice only: texts, and clear names."""

    _writer: duckdb.DuckDBPyConnection

    def purge_contents(self) -> int:
        """Delete the texts that the preset `content` kept, so that they are in none of the file's bytes; how many.

        Raises:
            StoreError: they could not be deleted, or their bytes not be taken out of the file.
        """
        return self._purge("contents")

    def purge_identities(self) -> int:
        """Delete the clear names that `identity = "clear"` kept, as `purge_contents` does; how many. Raises StoreError."""
        return self._purge("identities")

    def _purge(self, table: str) -> int:
        with self._transaction():
            ((count,),) = self._writer.execute(f"select count(*) from {table}").fetchall()  # noqa: S608 - a name of ours
            if count:
                self._note_deletion()
                self._writer.execute(f"delete from {table}")  # noqa: S608 - likewise
        self.compact_if_due()  # also what an earlier call deleted and could not take out of the file
        return int(count)

    def _transaction(self) -> AbstractContextManager[None]:
        raise NotImplementedError

    def compact_if_due(self) -> int:
        """Rewrite the file, so that what was deleted is in none of its bytes."""
        raise NotImplementedError

    def _note_deletion(self) -> None:
        """Before it is."""
        raise NotImplementedError
