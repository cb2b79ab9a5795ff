"""Rows as a Parquet file. The store's own engine can write no file but its own, so another one does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from tachograph.store.compact import EngineRows

__all__ = ["write_parquet"]


def write_parquet(
    source: duckdb.DuckDBPyConnection, sql: str, bound: Mapping[str, Any], columns: Mapping[str, str], path: Path
) -> int:
    """Write what a question answers to `path`, mode 0600; how many rows.

    Args:
        source: who answers; nobody else uses it meanwhile.
        sql, bound: the question.
        columns: names and types of its answer.
        path: a new file.
    """
    typed = ", ".join(f"{name}::{kind} as {name}" for name, kind in columns.items())
    old = os.umask(0o077)
    try:
        beside = (
            f"{path}.tmp"  # what does not fit into memory goes where the export goes, not where somebody happens to be
        )
        with duckdb.connect(":memory:", config={"threads": 1, "temp_directory": beside}) as target:
            target.execute("set TimeZone = 'UTC'")
            target.register("incoming", EngineRows(source.sql(sql, params=dict(bound))))
            target.execute(f"create table written as select {typed} from incoming")  # noqa: S608 - names of ours
            quoted = str(path).replace("'", "''")
            ((count,),) = target.execute(f"copy written to '{quoted}' (format parquet)").fetchall()
            return int(count)
    finally:
        os.umask(old)
