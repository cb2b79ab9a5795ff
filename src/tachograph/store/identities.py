"""The clear names behind pseudonyms, in a table of their own: only while the owner wants them shown."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

__all__ = ["insert_identities"]


def insert_identities(connection: duckdb.DuckDBPyConnection, identities: Mapping[str, str]) -> None:
    """Insert the names that are not there yet, by pseudonym; in the caller's transaction."""
    if identities:
        connection.execute(
            """insert into identities select i.pseudonym, i.clear_text
            from (select unnest($1) as pseudonym, unnest($2) as clear_text) i
            where i.pseudonym not in (select pseudonym from identities)""",
            [list(identities), list(identities.values())],
        )
