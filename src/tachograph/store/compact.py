"""Rewriting the database into a new file: what was deleted is then in no byte of it.

A deletion leaves the old rows in the file until something else happens to be written there. So every row that is left is
copied into a new file, whose schema comes from the migrations, and the new file takes the old one's name in one step. The
database that is copied can reach no file but its own, and stays that way: rows travel from one engine to the other.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from tachograph.store.config import StoreConfig
from tachograph.store.migrate import migrate
from tachograph_sdk.errors import StoreBusy, StoreError
from tachograph_sdk.private_files import remove, replace_file, sync_folder

__all__ = [
    "EngineRows",
    "copy_into",
    "forget_due",
    "fresh_path",
    "held_old_file",
    "is_due",
    "note_due",
    "remove_leftovers",
    "remove_spilled",
]

ROWS_AT_ONCE = 200_000  # that travel at a time: what is held in memory

_ENDINGS = ("", ".wal", ".tmp")


def fresh_path(path: Path) -> Path:
    """Where the new file is written, beside the old one."""
    return path.with_name(path.name + ".fresh")


def note_due(path: Path) -> None:
    """Note, durably, that the file has to be rewritten: before the deletion, since that cannot be seen afterwards.

    Raises:
        StoreError: it cannot be noted; so nothing should be deleted.
    """
    try:
        replace_file(_due_path(path), b"")
    except OSError as error:
        raise StoreError(
            f"nothing was deleted: the folder of the store cannot be written ({error.strerror})", hint="try again"
        ) from error


def is_due(path: Path) -> bool:
    """Whether something was deleted since the file was rewritten."""
    return _due_path(path).exists()


def forget_due(path: Path) -> None:
    """It was rewritten."""
    remove(_due_path(path))


def _due_path(path: Path) -> Path:
    return path.with_name(path.name + ".rewrite")


def remove_leftovers(path: Path | None) -> None:
    """Delete what a copying that was cut short left, and what the database spilled to disk. Whoever calls has the store."""
    if path is not None:
        _remove_all(fresh_path(path))


def remove_spilled(path: Path) -> None:
    """Delete temporary files of the database. Nothing may have it open."""
    _remove(path.with_name(path.name + ".tmp"))


def copy_into(source: duckdb.DuckDBPyConnection, path: Path, config: StoreConfig) -> int:
    """Copy every row into a new database at `path`; how many. `source` is a cursor nobody else uses.

    Raises:
        StoreError: the schema is not what this version makes, or the copy is not whole. Nothing else was changed.
    """
    _remove_all(path)
    old = os.umask(0o077)
    try:
        settings: dict[str, Any] = {"memory_limit": config.memory_limit, "threads": config.threads}
        settings |= {"enable_external_access": False, "temp_directory": f"{path}.tmp"}
        target = duckdb.connect(str(path), config=settings)
    finally:
        os.umask(old)
    try:
        target.execute("set TimeZone = 'UTC'")
        migrate(target)
        source.execute("begin transaction read only")
        total = sum(_copy_table(source, target, table) for table in _tables(source))
        source.execute("commit")
        target.execute("checkpoint")
    finally:
        target.close()
    _sync(path)
    return total


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        """select table_name from duckdb_tables()
        where database_name = current_database() and schema_name = 'main' and not temporary order by 1"""
    ).fetchall()
    return [name for (name,) in rows]


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    rows = connection.execute(
        """select column_name, data_type from duckdb_columns()
        where table_name = $1 and database_name = current_database() and schema_name = 'main' order by column_index""",
        [table],
    ).fetchall()
    return dict(rows)


class EngineRows:
    """What a question answers, for another engine to read."""

    def __init__(self, relation: duckdb.DuckDBPyRelation) -> None:
        self._relation = relation

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._relation.__arrow_c_stream__(requested_schema)


def _copy_table(source: duckdb.DuckDBPyConnection, target: duckdb.DuckDBPyConnection, table: str) -> int:
    columns = _columns(source, table)
    if columns != _columns(target, table):
        raise StoreError(f"table {table} is not as this version makes it", hint="upgrade tachograph")
    names = ", ".join(columns)
    typed = ", ".join(f"{name}::{kind} as {name}" for name, kind in columns.items())
    target.execute(f"delete from {table}")  # noqa: S608 - names of ours: what a migration put there
    ((last, there),) = source.execute(f"select max(rowid), count(*) from {table}").fetchall()  # noqa: S608
    for first in range(0, (last or 0) + 1 if there else 0, ROWS_AT_ONCE):
        piece = f"select {names} from {table} where rowid between {first} and {first + ROWS_AT_ONCE - 1} order by rowid"  # noqa: S608
        target.register("incoming", EngineRows(source.sql(piece)))
        target.execute(f"insert into {table} ({names}) select {typed} from incoming")  # noqa: S608
        target.unregister("incoming")
    ((copied,),) = target.execute(f"select count(*) from {table}").fetchall()  # noqa: S608
    if copied != there:
        raise StoreError(f"table {table} was not copied whole", hint="the store is as it was; try again")
    return int(copied)


@contextmanager
def held_old_file(path: Path) -> Iterator[None]:
    """Keep every other process from opening the database at `path` while the file is exchanged.

    The engine locks a file when it opens it; this is the same lock, on the file that is about to go.

    Raises:
        StoreBusy: another process opened it in this moment.
    """
    descriptor = os.open(path, os.O_RDWR)
    try:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreBusy("another process opened the store just now", hint="try again") from error
        yield
    finally:
        os.close(descriptor)


def _remove_all(path: Path) -> None:
    for ending in _ENDINGS:
        _remove(path.with_name(path.name + ending))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for inside in path.iterdir():
            inside.unlink(missing_ok=True)
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(path.parent)
