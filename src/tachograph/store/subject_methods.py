"""The part of the embedded store that serves the people in the data: access, correction, erasure, and a file without
the bytes of what was deleted.
"""  # noqa: D205 - one sentence

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from tachograph.ports import Prices
from tachograph.store.compact import (
    copy_into,
    forget_due,
    fresh_path,
    held_old_file,
    is_due,
    note_due,
    remove_leftovers,
    remove_spilled,
)
from tachograph.store.config import StoreConfig
from tachograph.store.correct import correct, withdraw
from tachograph.store.erase import erase, forget_erasure
from tachograph.store.subject import conditions, describe, existing, mark, parameters, unmark
from tachograph.store.subject_files import write_parquet
from tachograph_sdk.errors import StoreBusy, StoreError
from tachograph_sdk.model.subject import Erased, Footprint, Selection, Subject
from tachograph_sdk.private_files import sync_folder

__all__ = ["SubjectMethods", "SubjectRows"]

ROWS_AT_ONCE = 10_000
REOPEN_TRIES = 100
_QUERIES_S = 60.0  # more than any query may take


class SubjectRows:
    """The rows about a selection, table by table, all as they were at one moment."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, selection: Selection) -> None:
        self._connection = connection
        self._selection = selection
        there = existing(connection)
        self._conditions = {table: where for table, where in conditions(selection).items() if table in there}
        self.tables = tuple(self._conditions)

    def columns(self, table: str) -> dict[str, str]:
        """Names and types."""
        return {row[0]: row[1] for row in self._connection.execute(f"describe {table}").fetchall()}

    def rows(self, table: str) -> Iterator[tuple[Any, ...]]:
        """The rows, with times as naive UTC and ids as UUIDs."""
        self._connection.execute(*self._question(table))
        while rows := self._connection.fetchmany(ROWS_AT_ONCE):
            yield from rows

    def write_parquet(self, table: str, path: Path) -> int:
        """The same as a Parquet file; how many rows."""
        sql, bound = self._question(table)
        return write_parquet(self._connection, sql, bound, self.columns(table), path)

    def _question(self, table: str) -> tuple[str, dict[str, Any]]:
        sql = f"select * from {table} where {self._conditions[table]}"  # noqa: S608 - names of ours
        return sql, {name: v for name, v in parameters(self._selection).items() if f"${name}" in sql}


class SubjectMethods:
    """Methods of `ports.Store` that are about somebody."""

    _writer: duckdb.DuckDBPyConnection
    _root: duckdb.DuckDBPyConnection
    _path: Path | None
    _config: StoreConfig
    _lock: threading.RLock
    _door: threading.Condition
    _readers: int
    _shut: bool
    _next_seq: int

    def subject(self, selection: Selection) -> Subject:
        """What is held about the selection; see `subjects.py`. Raises StoreError."""
        self.settle()
        with self._snapshot() as connection:
            mark(connection, selection)
            return describe(connection, selection)

    @contextmanager
    def subject_rows(self, selection: Selection) -> Iterator[SubjectRows]:
        """Every row about the selection, in every table; see `subjects.py`. Raises StoreError."""
        self.settle()
        with self._snapshot() as connection:
            mark(connection, selection)
            yield SubjectRows(connection, selection)

    def erase(
        self, selection: Selection, erasure_id: str, *, remember: Callable[[Footprint], None], files: Sequence[str] = ()
    ) -> Erased:
        """Delete the selection and settle what is left; see `subjects.py`. Raises StoreError."""
        if selection.is_empty:
            raise StoreError("nothing says whose data is to be erased", hint="this is a mistake in the program")
        self.settle()
        with self._transaction():
            told = erase(self._writer, selection, erasure_id, self._price_table, remember=remember, files=files)
            self._count_on()
        return told

    def forget_erasure(self, erasure_id: str) -> None:
        """The numbers of this erasure are in its receipt. Raises StoreError."""
        with self._transaction():
            forget_erasure(self._writer, erasure_id)

    def correct(
        self,
        selection: Selection,
        correction_id: str,
        attribute: str,
        value: str,
        before: str | None,
        *,
        remember: Callable[[Footprint], None],
    ) -> int:
        """Put a right value in the place of wrong ones; see `subjects.py`. Raises StoreError."""
        self.settle()
        with self._transaction():
            changed = correct(
                self._writer, selection, correction_id, attribute, value, before, self._price_table, remember=remember
            )
            self._count_on()
        return changed

    def withdraw_correction(self, correction_id: str) -> int:
        """Put back what was there before; how many events changed. Raises StoreError."""
        self.settle()
        with self._transaction():
            changed = withdraw(self._writer, correction_id, self._price_table)
            self._count_on()
        return changed

    def find_values(self, values: Sequence[str]) -> list[str]:
        """The columns that still hold one of these texts, as "table.column". Raises StoreError."""
        with self._snapshot() as connection:
            columns = connection.execute(
                """select table_name, column_name from duckdb_columns()
                where schema_name = 'main' and database_name = current_database() and data_type = 'VARCHAR'
                    and table_name in (select table_name from duckdb_tables() where not temporary) order by all"""
            ).fetchall()
            sought = [value for value in values if value]
            found = []
            for table, column in columns:
                ((count,),) = connection.execute(
                    f"""select count(*) from {table}
                    where exists (from (select unnest($1::varchar[]) as v) where contains({column}, v))""",  # noqa: S608
                    [sought],
                ).fetchall()
                if count:
                    found.append(f"{table}.{column}")
            return found

    def compact(self) -> int:
        """Rewrite the file, so that what was deleted is in none of its bytes; see `subjects.py`. Raises StoreError."""
        with self._lock:
            self._check_open()
            if self._path is None:
                return 0
            fresh = fresh_path(self._path)
            try:
                with self._reading() as source:
                    copied = copy_into(source, fresh, self._config)
                self._exchange(self._path, fresh)
                forget_due(self._path)
            except (duckdb.Error, OSError) as error:
                with suppress(OSError):
                    remove_leftovers(self._path)
                raise StoreError(
                    f"the store could not be rewritten ({getattr(error, 'strerror', '') or type(error).__name__})",
                    hint="what was deleted is still in bytes of its file; see whether the disk has room, and try again",
                ) from error
            return copied

    def compact_if_due(self) -> int:
        """Rewrite the file if something was deleted since it was; see `subjects.py`. Raises StoreError."""
        with self._lock:
            return self.compact() if self._path is not None and is_due(self._path) else 0

    def _note_deletion(self) -> None:
        """Called before what is deleted is gone for good, where `compact_if_due` follows. Raises StoreError."""
        if self._path is not None:
            note_due(self._path)

    def _exchange(self, path: Path, fresh: Path) -> None:
        """Let the fresh file take the old one's place. Queries that are under way end first; others wait."""
        with self._door:
            self._shut = True
            try:
                if not self._door.wait_for(lambda: self._readers == 0, timeout=_QUERIES_S):
                    raise StoreError("queries are still under way", hint="try again")
                self._writer.execute("checkpoint")  # earlier it would fail beside whoever reads
                self._root.close()
                self._writer.close()
                try:
                    with held_old_file(path):
                        if path.with_name(path.name + ".wal").exists():
                            raise StoreError("the store has a log that could not be folded in", hint="try again")
                        fresh.replace(path)
                        remove_spilled(path)
                        sync_folder(path.parent)
                finally:
                    self._reopen()
            finally:
                self._shut = False
                self._door.notify_all()

    def _reopen(self) -> None:
        for _ in range(REOPEN_TRIES):
            try:
                return self._open()
            except StoreBusy:  # a command looked in for a moment
                threading.Event().wait(0.1)
        return self._open()

    @contextmanager
    def _snapshot(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor within a transaction that changes nothing but temporary tables."""
        with self._reading() as connection:
            connection.execute("begin transaction")
            try:
                yield connection
            except duckdb.Error as error:
                raise StoreError(f"the store could not be read: {type(error).__name__}") from error
            finally:
                connection.execute("rollback")
                unmark(connection)

    def _count_on(self) -> None:
        """New events come after those that were given new numbers, and the numbering is another one."""
        self._writer.execute("update numbering set mark = left(replace(uuid()::varchar, '-', ''), 8)")
        ((last,),) = self._writer.execute(
            """select greatest((select seq from settled), coalesce((select max(seq) from events), 0),
                coalesce((select max(seq) from event_copies), 0))"""
        ).fetchall()
        self._next_seq = max(self._next_seq, last + 1)

    # --- of the store itself ---------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Bring the derived tables up to date."""
        raise NotImplementedError

    def _open(self) -> None:
        raise NotImplementedError

    def _check_open(self) -> None:
        raise NotImplementedError

    def _price_table(self) -> Prices:
        raise NotImplementedError

    def _transaction(self) -> AbstractContextManager[None]:
        raise NotImplementedError

    def _reading(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        raise NotImplementedError
