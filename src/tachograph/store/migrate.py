"""Numbered SQL files, each applied once, by name, in a transaction of its own."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import duckdb

from tachograph_sdk.errors import MigrationFailed

__all__ = ["applied", "available", "migrate"]


def available() -> dict[str, str]:
    """The migrations this version knows, name to SQL text, in order."""
    folder = files("tachograph.store") / "migrations"
    found = {
        entry.name.removesuffix(".sql"): entry.read_text() for entry in folder.iterdir() if entry.name.endswith(".sql")
    }
    return dict(sorted(found.items()))


def applied(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The migrations the database has had, in order."""
    connection.execute("create table if not exists migrations (name varchar not null, applied_at timestamp not null)")
    rows: list[tuple[Any, ...]] = connection.execute("select name from migrations order by name").fetchall()
    return [row[0] for row in rows]


def migrate(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Bring the schema up to date and return the names of what was applied.

    Raises:
        MigrationFailed: one could not be applied, and it left nothing behind; or the database was written by a
            newer version, and nothing was changed.
    """
    known = available()
    have = applied(connection)
    unknown = [name for name in have if name not in known]
    if unknown:
        raise MigrationFailed(
            f"the store was written by a newer version of tachograph (it has {', '.join(unknown)})",
            hint="upgrade tachograph, or start with another --home; an older version must not touch this store",
        )
    new = [name for name in known if name not in have]
    for name in new:
        connection.execute("begin transaction")
        try:
            connection.execute(known[name])
            connection.execute("insert into migrations values ($1, now()::timestamp)", [name])
            connection.execute("commit")
        except duckdb.Error as error:
            connection.execute("rollback")
            raise MigrationFailed(
                f"migration {name} failed: {error}",
                hint="the store is as it was before; free some disk space or report this with the message above",
            ) from error
    return new
