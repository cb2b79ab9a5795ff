"""Bringing the derived tables up to date: rollups/*.sql in order, for what was touched, in the caller's transaction."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import duckdb

__all__ = ["DERIVED", "rebuild", "settle"]

DERIVED = ("requests", "tool_calls", "prompts", "outcomes", "session_days", "sessions")
"""Tables that are made per bucket: each has a column `bucket`."""

_WITH_TIME = {
    "requests": "occurred_at",
    "tool_calls": "occurred_at",
    "prompts": "occurred_at",
    "outcomes": "occurred_at",
}
_WORKING = (
    "fresh", "fresh_ids", "links", "touched", "work", "places", "owners", "messages", "sightings", "loose", "known",
    "pairs", "paired", "paired_loosely", "alone", "new_residuals", "touched_days", "faces", "gone", "come",
    *(f"new_{table}" for table in DERIVED),
)  # fmt: skip

REBUILD_STEP = 400_000  # events settled at a time: what the working tables of one step must hold


def settle(connection: duckdb.DuckDBPyConnection) -> bool:
    """Make the rows again that events since the last time could have changed. False if there were none.

    The work is that of the touched sessions, not of the store. Call inside a transaction.
    """
    settled, upto = _numbers(
        connection,
        """select (select seq from settled), greatest(
            coalesce((select max(seq) from events), 0), coalesce((select max(seq) from event_copies), 0))""",
    )
    if upto <= settled:
        return False
    _settle_between(connection, settled, upto)
    return True


def rebuild(connection: duckdb.DuckDBPyConnection) -> None:
    """Empty the derived tables and settle everything, some events at a time. Call inside a transaction."""
    for table in (*DERIVED, "days", "buckets", "kin"):
        connection.execute(f"delete from {table}")  # noqa: S608 - a name of ours
    connection.execute("update settled set seq = 0")
    (upto,) = _numbers(
        connection,
        "select greatest(coalesce((select max(seq) from events), 0), coalesce((select max(seq) from event_copies), 0))",
    )
    settled = 0
    while settled < upto:
        step = min(upto, settled + REBUILD_STEP)
        _settle_between(connection, settled, step)
        settled = step


def _settle_between(connection: duckdb.DuckDBPyConnection, settled: int, upto: int) -> None:
    connection.execute(f"set variable settled = {int(settled)}")
    connection.execute(f"set variable upto = {int(upto)}")
    for name in ("10_touched", "20_work", "30_identity"):
        connection.execute(_rollup(name))
    (without_id,) = _numbers(connection, "select count(*) from keyed where row_key is null")
    if without_id:
        connection.execute(_rollup("31_pairing"))
    for name in ("40_requests", "45_residuals", "50_tool_calls", "60_prompts", "70_outcomes", "80_sessions"):
        connection.execute(_rollup(name))
    connection.execute("create or replace temp table touched_days (day timestamp)")
    for table in DERIVED:
        _replace(connection, table)
    (sessionless,) = _numbers(connection, "select count(*) from buckets where starts_with(bucket, '~')")
    if sessionless:
        connection.execute(
            """insert into touched_days
            select distinct date_trunc('day', occurred_at) from work where kind = 'usage.counter' and starts_with(bucket, '~')
            union select day + interval 1 day from touched_days  -- counters of late requests come after midnight"""
        )
        connection.execute(_rollup("85_residuals"))
    connection.execute(_rollup("90_days"))
    connection.execute("update settled set seq = $1", [upto])
    connection.execute("drop view if exists temp.keyed")
    for name in _WORKING:
        connection.execute(f"drop table if exists temp.{name}")


def _replace(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Put the new rows of the touched buckets in place of the old; rows that are the same are left alone."""
    listed = ", ".join(_columns(connection, table))
    time = _WITH_TIME.get(table, "null::timestamp")
    touched = f"{table} where bucket in (select bucket from touched)"
    (there,) = _numbers(connection, f"select count(*) from (from {touched} limit 1)")  # noqa: S608 - names of ours
    if not there:
        connection.execute(f"insert into {table} ({listed}) select {listed} from new_{table}")  # noqa: S608
        if table == "requests":
            connection.execute(
                "insert into touched_days select distinct date_trunc('day', occurred_at) from new_requests"
            )
        return
    for name, source in (("gone", touched), ("come", f"new_{table}")):
        connection.execute(
            f"""create or replace temp table {name} as
            select rowid as id, bucket, {time} as at_, hash({listed}) as whole from {source}"""  # noqa: S608
        )
    connection.execute(
        f"""delete from {touched} and rowid in (
            select id from gone where (bucket, whole) not in (select bucket, whole from come))"""  # noqa: S608
    )
    connection.execute(
        f"""insert into {table} ({listed}) select {listed} from new_{table} where rowid in (
            select id from come where (bucket, whole) not in (select bucket, whole from gone))"""  # noqa: S608
    )
    if table == "requests":
        connection.execute(
            """insert into touched_days select distinct date_trunc('day', at_) from (
                select at_ from gone where (bucket, whole) not in (select bucket, whole from come)
                union all
                select at_ from come where (bucket, whole) not in (select bucket, whole from gone)
            )"""
        )


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    rows = connection.execute(
        "select column_name from duckdb_columns() where table_name = $1 and not internal and database_name = current_database() "
        "order by column_index",
        [table],
    ).fetchall()
    return [row[0] for row in rows]


def _numbers(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    (row,) = connection.execute(sql).fetchall()
    return tuple(row)


@cache
def _rollup(name: str) -> str:
    return (files("tachograph.store") / "rollups" / f"{name}.sql").read_text()
