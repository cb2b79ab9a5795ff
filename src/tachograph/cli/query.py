"""`tachograph query`: one read-only question, in SQL or by metric names."""

from __future__ import annotations

import json as jsonlib
from typing import Annotated, Any

import typer

from tachograph.cli.options import HomeOption, JsonOption, resolve_home, wants_json
from tachograph_sdk.errors import ConfigError

__all__ = ["query"]


def query(
    context: typer.Context,
    sql: Annotated[str | None, typer.Argument(help="One SELECT statement.")] = None,
    metrics: Annotated[str | None, typer.Option(help="Metric names, separated by commas.")] = None,
    by: Annotated[str | None, typer.Option(help="Dimensions, separated by commas.")] = None,
    since: Annotated[str | None, typer.Option(help="First day or time, UTC.")] = None,
    until: Annotated[str | None, typer.Option(help="End, excluded, UTC.")] = None,
    range_: Annotated[str | None, typer.Option("--range", help="1h, 24h, 7d, 30d, 90d, all.")] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Ask the store, without changing it.

    Example: tachograph query --metrics requests,cost_usd --by model --range 7d
    """
    if (sql is None) == (metrics is None):
        raise ConfigError("give either one SQL statement or --metrics", hint="see `tachograph query --help`")
    from tachograph.cli.backend import open_backend

    with open_backend(resolve_home(context, home)) as backend:
        if sql is not None:
            answer = backend.sql(sql)
        else:
            named = {"metrics": metrics, "by": by, "since": since, "until": until, "range": range_}
            answer = backend.query({k: v for k, v in named.items() if v is not None})
    if wants_json(context, json):
        typer.echo(jsonlib.dumps(answer))
    else:
        print_table(answer["columns"], answer["rows"])


def print_table(columns: list[str], rows: list[list[Any]]) -> None:
    """Rows as a table for people."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for index, column in enumerate(columns):
        numeric = any(isinstance(row[index], (int, float)) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if value is None else str(value)) for value in row))
    Console().print(table)
