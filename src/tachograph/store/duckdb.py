"""The embedded store: one DuckDB file, one writer, a cursor of its own for every query."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from tachograph.ports import (
    Batch,
    Drops,
    EventColumns,
    Expiry,
    FileState,
    Position,
    Prices,
    Quarantined,
    Repricing,
    Result,
    Retained,
    Statement,
    StreamState,
    WriteResult,
)
from tachograph.store.bounded import bounded
from tachograph.store.columns import pack
from tachograph.store.compact import remove_leftovers
from tachograph.store.config import RetentionConfig, StoreConfig
from tachograph.store.contents import PurgesChosen
from tachograph.store.correct import correct_new
from tachograph.store.identities import insert_identities
from tachograph.store.insert import insert_events
from tachograph.store.migrate import migrate
from tachograph.store.opening import connect, first_line, load_macros, load_views
from tachograph.store.reprice import Wanted, reprice
from tachograph.store.retention import carry_out, is_anything_due, plan_retention
from tachograph.store.settle import rebuild, settle
from tachograph.store.subject_methods import SubjectMethods
from tachograph_sdk.errors import QueryError, QueryTooLarge, StoreError
from tachograph_sdk.model.event import DropReason
from tachograph_sdk.model.subject import Correction

__all__ = ["DuckDBStore", "StoreConfig", "load_macros"]

_CLOSING_S = 2.0
_WRITTEN = "you wrote"
_TABLES = "`show tables` lists the tables, `describe requests` the columns of one"


class DuckDBStore(SubjectMethods, PurgesChosen):
    """Implements `ports.Store` on one file. Any thread may call it; only one process may have it open."""

    def __init__(
        self,
        path: Path | str,
        config: StoreConfig | None = None,
        *,
        prices: Prices | None = None,
        retention: RetentionConfig | None = None,
        corrections: Callable[[], Sequence[Correction]] = tuple,
    ) -> None:
        """Open or create the store at `path` (":memory:" for one that is not kept).

        Args:
            path, config, retention: where, what it may use, and how long it keeps what.
            prices: what usage costs that only counters saw, where they count no cost; by default the packaged table.
            corrections: those in force, asked with each batch: what is written is corrected before anybody sees it.

        Raises:
            StoreBusy: another process has it.
            MigrationFailed: it is newer than this version, or could not be brought up to date.
        """
        self._config = config or StoreConfig()
        self._prices = prices
        self._retention = retention or RetentionConfig()
        self._path = None if str(path) == ":memory:" else Path(os.path.realpath(path))  # a link stays one
        self._lock = threading.RLock()  # one writes
        self._door = threading.Condition()  # of `_readers` and `_shut`
        self._readers = 0
        self._shut = False  # while the file is exchanged
        self._closed = False
        self._corrections = corrections
        self._open()
        remove_leftovers(self._path)

    def _open(self) -> None:
        self._writer = connect(self._path, self._config)
        try:
            migrate(self._writer)
            self._writer.execute(load_macros("duckdb"))
            self._writer.execute("".join(load_views().values()))
            (last,) = self._one("select greatest(coalesce((select max(seq) from events), 0), seq) from settled")
            self._next_seq = last + 1  # the last events may have been deleted
            self._warm_up()
            self._root = self._writer.cursor()  # makes the cursors of queries, and nothing else
        except BaseException:
            self._writer.close()
            raise

    # --- writing ---------------------------------------------------------------------------------------------------

    def write(self, batch: Batch) -> WriteResult:
        """Write all of the batch or nothing. Writing the same events again changes nothing. Raises StoreError."""
        with self._transaction():
            drops: Counter[tuple[str, str]] = Counter()
            for (reason, name), quantity in batch.drops.items():
                drops[reason.value, name] += quantity
            parts = [*([pack(batch.events)] if batch.events else []), *batch.columns]
            total = sum(part.rows for part in parts)
            new = self._insert_events(parts, drops) if total else 0
            insert_identities(self._writer, batch.identities)
            self._add_drops(drops)
            self._set_aside(batch.quarantined)
            self._put_streams(batch.streams)
            self._put_files(batch.files)
            if batch.position is not None:
                place = [batch.position.segment, batch.position.offset]
                self._writer.execute("update journal_position set segment = $1, read_offset = $2", place)
        return WriteResult(new=new, duplicate=total - new)

    def _price_table(self) -> Prices:
        if self._prices is None:
            from tachograph.pricing.price import PriceTable

            self._prices = PriceTable.load()
        return self._prices

    def settle(self) -> None:
        """Bring ledger, sessions and days up to date with the events written since the last time.

        After an upgrade that makes everything again, a large store is done part by part, each in a transaction of its own:
        until then totals are of a part, as they are while old events are still coming in. Cut short, it goes on from there.
        """
        more = True
        while more:
            with self._transaction():
                more = settle(self._writer, self._price_table, in_parts=True)
            self._fold_log_when_large()

    def rebuild(self) -> None:
        """Make ledger, sessions and days anew from the events alone; a large store part by part, as `settle` does."""
        with self._transaction():
            more = rebuild(self._writer, self._price_table, in_parts=True)
        if more:
            self.settle()

    def reprice(
        self,
        prices: Prices,
        *,
        start_us: int | None = None,
        end_us: int | None = None,
        is_wanted: Callable[[str], bool] | None = None,
        dry_run: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> Repricing:
        """Price again what `prices` may price, and settle again what changed; see `ports.Store`. Raises StoreError."""

        def wanted(connection: duckdb.DuckDBPyConnection) -> Wanted:
            models = None
            if is_wanted is not None:
                rows = connection.execute("select distinct model from events where kind = 'api.request'").fetchall()
                meant = [model for (model,) in rows if model is not None and is_wanted(model)]
                models = frozenset([*meant, *(model.replace("[1m]", "") for model in meant)])  # as the ledger has it
            return Wanted(start_us=start_us, end_us=end_us, models=models)

        self.settle()
        told = reprice(self._writer, self._transaction, prices, wanted, dry_run=dry_run, progress=progress)
        self._fold_log_when_large()
        return told

    def expiries(self, now: datetime) -> Sequence[Expiry]:
        """What deleting by age would delete now, tier by tier; `now` in UTC without a zone."""
        self.settle()
        with self._transaction():
            settle(self._writer, self._price_table)
            return plan_retention(self._writer, self._retention, now=now)

    def retain(self, now: datetime, *, confirmed: bool = False) -> Retained:
        """Delete what has had its time; see `ports.Store`. Raises StoreError."""
        self.settle()
        with self._transaction():
            if not is_anything_due(self._writer, self._retention, now=now):
                return Retained(at=now, deleted={}, waiting=())
            settle(self._writer, self._price_table)
            told = carry_out(self._writer, self._retention, now=now, confirmed=confirmed)
            if any(told.deleted.values()):
                self._note_deletion()
            return told

    def _insert_events(self, parts: Sequence[EventColumns], drops: Counter[tuple[str, str]]) -> int:
        for part in parts:
            for name, quantity in part.rejected.items():
                drops[DropReason.BAD_NUMBER.value, name] += quantity
        first = self._next_seq
        new, self._next_seq = insert_events(self._writer, parts, first)
        if new and (corrections := self._corrections()):
            correct_new(self._writer, corrections, first)
        return new

    def _add_drops(self, drops: Mapping[tuple[str, str], int]) -> None:
        for (reason, name), quantity in drops.items():
            found = self._one(
                "update drops set quantity = quantity + $3 where reason = $1 and name = $2", [reason, name, quantity]
            )
            if not found[0]:
                self._writer.execute("insert into drops values ($1, $2, $3)", [reason, name, quantity])

    def _set_aside(self, quarantined: Sequence[Quarantined]) -> None:
        for item in quarantined:
            values = [item.origin, item.place, item.reason.value, item.detail, item.size_bytes]
            self._writer.execute(
                """insert into quarantine select $1, $2, $3, $4, $5, now()::timestamp
                where not exists (select 1 from quarantine where origin = $1 and place = $2 and reason = $3)""",
                values,
            )

    def _put_streams(self, streams: Mapping[str, StreamState]) -> None:
        if not streams:
            return
        columns = [list(streams), *zip(*[(s.start_ns, s.at_ns, s.value) for s in streams.values()], strict=True)]
        self._writer.execute("delete from streams where stream_id in (select unnest($1))", [columns[0]])
        self._writer.execute(
            "insert into streams select unnest($1), unnest($2), unnest($3), unnest($4)", [list(c) for c in columns]
        )

    def _put_files(self, states: Sequence[FileState]) -> None:
        if not states:
            return
        last = {s.file_id: s for s in states}.values()
        rows = [(s.file_id, s.inode, s.size_bytes, s.mtime_ns, s.offset, s.lines, s.head) for s in last]
        columns = [list(c) for c in zip(*rows, strict=True)]
        self._writer.execute("delete from files where file_id in (select unnest($1))", [columns[0]])
        values = ", ".join(f"unnest(${i})" for i in range(1, 8))
        self._writer.execute(f"insert into files select {values}", columns)

    # --- reading ---------------------------------------------------------------------------------------------------

    def query(self, statement: Statement, *, timeout_s: float | None = None, max_rows: int | None = None) -> Result:
        """Answer from the last settled state.

        Raises:
            QueryError: the statement cannot be run.
            QueryTooLarge: it took longer than `timeout_s` or has more than `max_rows` rows.
            QueryCancelled: whoever asked went; see `tachograph.cancellation`.
        """
        timeout_s = self._config.query_timeout_s if timeout_s is None else timeout_s
        max_rows = self._config.query_max_rows if max_rows is None else max_rows
        with self._reading() as cursor, bounded(cursor, statement.name, timeout_s):
            try:
                cursor.execute("begin transaction read only")
                cursor.execute(f"-- {statement.name}\n{statement.sql}", dict(statement.parameters))
                columns = [d[0] for d in cursor.description or ()]
                rows = cursor.fetchmany(max_rows + 1)
            except duckdb.InterruptException:
                raise
            except duckdb.Error as error:
                hint = _TABLES if statement.name == _WRITTEN else ""
                raise QueryError(f"the query {statement.name} cannot be run: {first_line(error)}", hint=hint) from error
        if len(rows) > max_rows:
            raise QueryTooLarge(
                f"the query {statement.name} has more than {max_rows:,} rows",
                hint="narrow the time range, use fewer dimensions, or add a limit",
            )
        return Result(columns=columns, rows=rows)

    def query_sql(self, sql: str, *, timeout_s: float | None = None, max_rows: int | None = None) -> Result:
        """Run one statement a person wrote. It can read this store, and nothing else.

        Raises:
            QueryError: it is not exactly one reading statement, or is wrong.
            QueryTooLarge: over the time or row limit.
        """
        try:
            statements = duckdb.extract_statements(sql)
        except duckdb.Error as error:
            raise QueryError(f"this is not SQL: {first_line(error)}", hint=_TABLES) from error
        allowed = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
        if len(statements) != 1 or statements[0].type not in allowed:
            raise QueryError(
                "only one SELECT is answered", hint="start with SELECT, WITH, FROM, SHOW TABLES or DESCRIBE"
            )
        return self.query(Statement(name=_WRITTEN, sql=statements[0].query), timeout_s=timeout_s, max_rows=max_rows)

    def position(self) -> Position:
        """How far the journal has been written to the store."""
        segment, offset = self._read("select segment, read_offset from journal_position")[0]
        return Position(segment, offset)

    def streams(self) -> dict[str, StreamState]:
        """All cumulative streams known, by stream id."""
        rows = self._read("select stream_id, start_ns, at_ns, value from streams")
        return {stream: StreamState(start_ns=start, at_ns=at, value=value) for stream, start, at, value in rows}

    def files(self) -> dict[str, FileState]:
        """All files read so far, by file id."""
        rows = self._read("select file_id, inode, size_bytes, mtime_ns, read_offset, lines, head from files")
        return {
            file_id: FileState(
                file_id=file_id, inode=inode, size_bytes=size, mtime_ns=mtime, offset=offset, lines=lines, head=head
            )
            for file_id, inode, size, mtime, offset, lines, head in rows
        }

    def drops(self) -> Drops:
        """How many were dropped since the store was made, by reason and name."""
        rows = self._read("select reason, name, quantity from drops")
        return {(DropReason(reason), name): quantity for reason, name, quantity in rows}

    # --- life ------------------------------------------------------------------------------------------------------

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the file."""
        with self._lock:
            self._writer.execute("checkpoint")

    def close(self) -> None:
        """Checkpoint and let go of the files. Safe to call twice."""
        with self._lock:
            if not self._closed:
                self._closed = True
                with self._door:  # whoever still reads has a moment to end
                    self._door.wait_for(lambda: not self._readers, _CLOSING_S)
                    self._root.close()
                self._writer.close()

    def _fold_log_when_large(self) -> None:
        if self._path is None:
            return
        log = self._path.with_name(self._path.name + ".wal")
        try:
            if log.stat().st_size > self._config.idle_checkpoint_bytes * 8:
                self.checkpoint()
        except (OSError, duckdb.Error):  # no log, or a query is in the way: the next one will do
            return

    def _warm_up(self) -> None:
        """Take the first insert's one-time costs now, and leave nothing behind."""
        self._writer.execute("begin transaction")
        insert_events(self._writer, [], self._next_seq)
        self._writer.execute("rollback")

    # --- inside ----------------------------------------------------------------------------------------------------

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            self._check_open()
            next_seq = self._next_seq
            try:
                self._writer.execute("begin transaction")
                yield
                self._writer.execute("commit")
            except BaseException as error:
                self._next_seq = next_seq
                try:
                    self._writer.execute("rollback")
                except duckdb.Error:
                    pass  # the failure itself ended the transaction
                if isinstance(error, duckdb.Error):
                    raise StoreError(f"the store could not be written: {first_line(error)}") from error
                raise

    def _one(self, sql: str, parameters: object = None) -> tuple[Any, ...]:
        (row,) = self._writer.execute(sql, parameters).fetchall()
        return tuple(row)

    @contextmanager
    def _reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of one's own, closed at the end. It does not wait for whoever writes, only while the file is exchanged."""
        with self._door:
            self._door.wait_for(lambda: not self._shut)
            self._check_open()
            cursor = self._root.cursor()
            self._readers += 1
        try:
            yield cursor
        finally:
            cursor.close()
            with self._door:
                self._readers -= 1
                self._door.notify_all()

    def _read(self, sql: str) -> list[Any]:
        with self._reading() as cursor:
            return list(cursor.execute(sql).fetchall())

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("the store is closed")
