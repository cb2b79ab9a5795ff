"""What a token costs and a cached one saves, by model and day: table `rates`, from the price table and not from events.

A model is asked for when its first request is settled, all of them again when the price table is another one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import duckdb

from tachograph.ports import Prices

__all__ = ["forget_rates", "refresh_rates"]

_ALL = "select distinct model from requests where model is not null"
_INSERT = """
insert into rates (
    model, from_at, until_at, cache_read_saved_femtousd, cache_write_5m_extra_femtousd, cache_write_1h_extra_femtousd,
    input_femtousd, output_femtousd
) values ($1, $2, $3, $4, $5, $6, $7, $8)"""


def refresh_rates(
    connection: duckdb.DuckDBPyConnection, prices: Callable[[], Prices], *, among: str | None = None
) -> None:
    """Put in the rates of models that are new. Call inside a transaction.

    Args:
        connection: the writer's.
        prices: the table to ask; its version is looked at each time, and another one makes all rates anew.
        among: a statement that gives the models that may be new; by default all of the ledger.
    """
    table = prices()
    version = table.version
    ((is_other,),) = connection.execute("select exists (from rated where price_version <> $1)", [version]).fetchall()
    if is_other:
        connection.execute("delete from rates; delete from rated")
    models = _ALL if is_other or among is None else among
    new = connection.execute(f"select model from ({models}) where model not in (select model from rated)").fetchall()  # noqa: S608 - ours
    for (model,) in new:
        connection.execute("insert into rated values ($1, $2)", [model, version])
        for period in table.periods(model):
            connection.execute(
                _INSERT,
                [
                    model,
                    _midnight(period.from_day),
                    _midnight(period.until_day),
                    period.input - period.cache_read,
                    period.cache_write_5m - period.input,
                    period.cache_write_1h - period.input,
                    period.input,
                    period.output,
                ],
            )


def forget_rates(connection: duckdb.DuckDBPyConnection) -> None:
    """Delete what is kept of models that no request is left of: a name may be somebody's own."""
    for table in ("rates", "rated"):
        connection.execute(f"delete from {table} where model not in ({_ALL})")  # noqa: S608 - names of ours


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day)  # noqa: DTZ001 - UTC without a zone, as stored
