"""`tachograph query`: one read-only question, in SQL or by metric names."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Any

import click

from tachograph.cli.options import resolve_home, resolve_zone, shared_options, tz_option, wants_json
from tachograph_sdk.errors import ConfigError

__all__ = ["query"]


@click.command("query")
@click.argument("sql", required=False)
@click.option("--metrics", help="Metric names, separated by commas.")
@click.option("--by", help="Dimensions, separated by commas.")
@click.option(
    "--where",
    "conditions",
    multiple=True,
    metavar="NAME=VALUE",
    help="Only rows with this value of a dimension, or one of several with commas; a person by address or pseudonym.",
)
@click.option("--since", help="First day or time; without an offset in the zone --tz.")
@click.option("--until", help="End, excluded; likewise.")
@click.option("--range", "range_", help="1h, 24h, 7d, 30d, 90d, all (default: all).")
@tz_option
@shared_options
@click.pass_context
def query(
    context: click.Context,
    sql: str | None,
    metrics: str | None,
    by: str | None,
    conditions: tuple[str, ...],
    since: str | None,
    until: str | None,
    range_: str | None,
    tz: str | None,
    home: Path | None,
    as_json: bool,
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
            named["tz"] = resolve_zone(tz)
            for condition in conditions:
                name, equals, values = condition.partition("=")
                if not equals or name in named:
                    hint = "write --where model=claude-opus-5,claude-sonnet-5, each dimension once"
                    raise ConfigError(f"{name!r} is not a condition", hint=hint)
                named[name] = values
            answer = backend.query({k: v for k, v in named.items() if v is not None})
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(answer))
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
        table.add_row(*(Text(_cell(value)) for value in row))
    Console().print(table)


def _cell(value: Any) -> str:
    """A value for people; small amounts without an exponent."""
    if isinstance(value, float) and 0 < abs(value) < 1e-3:
        return f"{value:.9f}".rstrip("0") if abs(value) >= 1e-9 else str(value)
    return "" if value is None else str(value)
