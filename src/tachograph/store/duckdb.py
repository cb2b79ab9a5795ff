"""The embedded store: one DuckDB file, one writer, a cursor of its own for every query."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
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
from tachograph.store.columns import pack
from tachograph.store.config import RetentionConfig, StoreConfig
from tachograph.store.contents import PurgesContents
from tachograph.store.insert import insert_events
from tachograph.store.migrate import migrate
from tachograph.store.reprice import Wanted, reprice
from tachograph.store.retention import carry_out, is_anything_due, plan_retention
from tachograph.store.settle import rebuild, settle
from tachograph_sdk.errors import QueryError, QueryTooLarge, StoreBusy, StoreError
from tachograph_sdk.model.event import DropReason

__all__ = ["DuckDBStore", "StoreConfig"]

_WRITTEN = "you wrote"
_TABLES = "`show tables` lists the tables, `describe requests` the columns of one"


class DuckDBStore(PurgesContents):
    """Implements `ports.Store` on one file. Any thread may call it; only one process may have it open."""

    def __init__(
        self,
        path: Path | str,
        config: StoreConfig | None = None,
        *,
        prices: Prices | None = None,
        retention: RetentionConfig | None = None,
    ) -> None:
        """Open or create the store at `path` (":memory:" for one that is not kept).

        `prices` say what usage costs that only counters saw, where they count no cost; by default the packaged table.

        Raises:
            StoreBusy: another process has it.
            MigrationFailed: it is newer than this version, or could not be brought up to date.
        """
        self._config = config or StoreConfig()
        self._prices = prices
        self._retention = retention or RetentionConfig()
        self._path = None if str(path) == ":memory:" else Path(path)
        self._lock = threading.RLock()
        self._closed = False
        self._writer = _connect(self._path, self._config)
        try:
            migrate(self._writer)
            self._writer.execute(load_macros("duckdb"))
            (last,) = self._one("select greatest(coalesce((select max(seq) from events), 0), seq) from settled")
            self._next_seq = last + 1  # the last events may have been deleted
            self._warm_up()
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
        """Bring ledger, sessions and days up to date with the events written since the last time."""
        with self._transaction():
            settle(self._writer, self._price_table)
        self._fold_log_when_large()

    def rebuild(self) -> None:
        """Make ledger, sessions and days anew from the events alone."""
        with self._transaction():
            rebuild(self._writer, self._price_table)

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

        told = reprice(self._writer, self._transaction, prices, wanted, dry_run=dry_run, progress=progress)
        self._fold_log_when_large()
        return told

    def expiries(self, now: datetime) -> Sequence[Expiry]:
        """What deleting by age would delete now, tier by tier; `now` in UTC without a zone."""
        with self._transaction():
            settle(self._writer, self._price_table)
            return plan_retention(self._writer, self._retention, now=now)

    def retain(self, now: datetime, *, confirmed: bool = False) -> Retained:
        """Delete what has had its time; see `ports.Store`. Raises StoreError."""
        with self._transaction():
            if not is_anything_due(self._writer, self._retention, now=now):
                return Retained(at=now, deleted={}, waiting=())
            settle(self._writer, self._price_table)
            return carry_out(self._writer, self._retention, now=now, confirmed=confirmed)

    def _insert_events(self, parts: Sequence[EventColumns], drops: Counter[tuple[str, str]]) -> int:
        for part in parts:
            for name, quantity in part.rejected.items():
                drops[DropReason.BAD_NUMBER.value, name] += quantity
        new, self._next_seq = insert_events(self._writer, parts, self._next_seq)
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
        """
        timeout_s = self._config.query_timeout_s if timeout_s is None else timeout_s
        max_rows = self._config.query_max_rows if max_rows is None else max_rows
        cursor = self._cursor()
        late = threading.Event()

        def stop() -> None:
            late.set()
            cursor.interrupt()

        timer = threading.Timer(timeout_s, stop)
        timer.daemon = True
        timer.start()
        try:
            cursor.execute("begin transaction read only")
            cursor.execute(f"-- {statement.name}\n{statement.sql}", dict(statement.parameters))
            columns = [d[0] for d in cursor.description or ()]
            rows = cursor.fetchmany(max_rows + 1)
        except duckdb.InterruptException as error:
            raise _too_slow(statement.name, timeout_s) from error
        except duckdb.Error as error:
            if late.is_set():
                raise _too_slow(statement.name, timeout_s) from error
            hint = _TABLES if statement.name == _WRITTEN else ""
            raise QueryError(f"the query {statement.name} cannot be run: {_first_line(error)}", hint=hint) from error
        finally:
            timer.cancel()
            cursor.close()
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
            raise QueryError(f"this is not SQL: {_first_line(error)}", hint=_TABLES) from error
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
                    raise StoreError(f"the store could not be written: {_first_line(error)}") from error
                raise

    def _one(self, sql: str, parameters: object = None) -> tuple[Any, ...]:
        (row,) = self._writer.execute(sql, parameters).fetchall()
        return tuple(row)

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            self._check_open()
            return self._writer.cursor()

    def _read(self, sql: str) -> list[Any]:
        cursor = self._cursor()
        try:
            return list(cursor.execute(sql).fetchall())
        finally:
            cursor.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("the store is closed")


def load_macros(engine: str) -> str:
    """The macros that give both engines the same few function names."""
    return (files("tachograph.store") / "macros" / f"{engine}.sql").read_text()


def _connect(path: Path | None, config: StoreConfig) -> duckdb.DuckDBPyConnection:
    settings: dict[str, Any] = {
        "memory_limit": config.memory_limit,
        "threads": config.threads,
        "checkpoint_threshold": config.checkpoint_threshold,
        "enable_external_access": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,
    }
    if path is None:
        return duckdb.connect(":memory:", config=settings)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # the log beside the file follows the caller's umask
    settings["temp_directory"] = str(path.with_name(path.name + ".tmp"))
    old = os.umask(0o077)
    try:
        connection = duckdb.connect(str(path), config=settings)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise StoreBusy(
                f"another process has the store {path.name} open",
                hint="ask the running server (tachograph does that by itself when it can reach it), or stop it first",
            ) from error
        raise _unusable(path, error) from error
    except duckdb.Error as error:
        raise _unusable(path, error) from error
    finally:
        os.umask(old)
    os.chmod(path, 0o600)
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set lock_configuration = true")
    return connection


def _too_slow(name: str, timeout_s: float) -> QueryTooLarge:
    return QueryTooLarge(
        f"the query {name} took longer than {timeout_s:g} s", hint="narrow the time range or use fewer dimensions"
    )


def _unusable(path: Path, error: Exception) -> StoreError:
    hint = f"move {path.name} elsewhere: the next command makes a new one, and imports what histories still have"
    return StoreError(f"the store {path} cannot be opened: {_first_line(error)}", hint=hint)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__


def utc(us: int) -> datetime:
    """Microseconds since 1970 as the stores keep times: UTC without a zone."""
    return datetime.fromtimestamp(us / 1e6, UTC).replace(tzinfo=None)
