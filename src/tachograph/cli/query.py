"""`tachograph query`: one read-only question, in SQL or by metric names."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Any

import click

from tachograph.cli.options import resolve_home, resolve_zone, shared_options, tz_option, wants_json
from tachograph_sdk.errors import ConfigError

__all__ = ["query"]

_OF_METRICS = ("by", "grain", "compare", "order", "limit", "offset", "since", "until", "range")


@click.command("query")
@click.argument("sql", required=False)
@click.option("--metrics", help="Metric names, separated by commas; docs/reference/metrics.md lists them.")
@click.option("--by", help="Dimensions, separated by commas.")
@click.option(
    "--where",
    "conditions",
    multiple=True,
    metavar="NAME=VALUE",
    help="Only rows with this value of a dimension, or one of several with commas; a person by address or pseudonym.",
)
@click.option("--grain", help="hour, day, week, month or auto: a row for each, also for those without records.")
@click.option(
    "--compare",
    help="previous: beside each row, what it was in the window before; of one that is not over, in as much of it.",
)
@click.option("--order", help="Columns to order by, separated by commas; with a minus in front the largest first.")
@click.option("--limit", help="At most so many rows.")
@click.option("--offset", help="Leave out so many rows first.")
@click.option("--since", help="First day or time; without an offset in the zone --tz.")
@click.option("--until", help="End, excluded; likewise.")
@click.option("--range", "range_", help="1h, 24h, 7d, 30d, 90d, all (default: all).")
@tz_option
@shared_options
@click.pass_context
def query(
    context: click.Context,
    /,
    sql: str | None,
    metrics: str | None,
    conditions: tuple[str, ...],
    tz: str | None,
    range_: str | None,
    home: Path | None,
    as_json: bool,
    **options: str | None,
) -> None:
    """Ask the store, without changing it.

    Example: tachograph query --metrics requests,cost_usd --by model --range 7d
    """
    given = {"range": range_, **options}
    if (sql is None) == (metrics is None):
        raise ConfigError("give either one SQL statement or --metrics", hint="see `tachograph query --help`")
    if sql is not None and (conditions or any(given.values())):
        raise ConfigError("an SQL statement takes no other options", hint="put it all into the statement")
    from tachograph.cli.backend import open_backend
    from tachograph.cli.table import print_table

    with open_backend(resolve_home(context, home)) as backend:
        if sql is not None:
            answer = backend.sql(sql)
        else:
            named = {"metrics": metrics, "tz": resolve_zone(tz), **{name: given[name] for name in _OF_METRICS}}
            for condition in conditions:
                name, equals, values = condition.partition("=")
                name = "plan_limit" if name == "limit" else name
                if not equals or name in named:
                    hint = "write --where model=claude-opus-5,claude-sonnet-5, each dimension once"
                    raise ConfigError(f"{name!r} is not a condition", hint=hint)
                named[name] = values
            answer = backend.query({k: v for k, v in named.items() if v is not None})
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(answer))
        return
    columns, rows = _beside_each_other(answer)
    print_table(columns, rows)
    _print_notes(answer)


def _beside_each_other(answer: dict[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """The table, with what was in the window before in columns of its own."""
    columns, previous = answer["columns"], answer.get("previous")
    rows = _named(answer) if "about" in answer else answer["rows"]
    if previous is None:
        return columns, rows
    metrics = [column["name"] for column in answer["about"] if column["kind"] == "metric"]
    wide = [[*row, *(before or [None] * len(metrics))] for row, before in zip(rows, previous["rows"], strict=True)]
    return [*columns, *(f"{name}_before" for name in metrics)], wide


def _named(answer: dict[str, Any]) -> list[list[Any]]:
    """The rows; what no source told of a dimension is called unknown, as reports do: an empty cell is an unknown figure."""
    told = [column["kind"] == "metric" for column in answer["about"]]
    return [
        ["unknown" if cell is None and not is_metric else cell for cell, is_metric in zip(row, told, strict=True)]
        for row in answer["rows"]
    ]


def _print_notes(answer: dict[str, Any]) -> None:
    """Why cells are empty, what was compared, and whether there is more; nothing of it is part of the table."""
    if previous := answer.get("previous"):
        from tachograph.cli.amounts import moment

        window = previous["window"]
        click.echo(f"before: {moment(window['since'], '')} to {moment(window['until'], '')}", err=True)
    if answer.get("next_offset") is not None:
        click.echo(
            f"{len(answer['rows']):,} of {answer['total_rows']:,} rows; the next: --offset {answer['next_offset']}",
            err=True,
        )
    for name, reason in answer.get("reasons", {}).items():
        click.echo(f"{name} is empty where {reason}" if reason else f"{name} is empty", err=True)
