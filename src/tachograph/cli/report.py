"""`tachograph report`: totals and breakdowns of a time range."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tachograph.cli.options import resolve_home, resolve_zone, shared_options, tz_option, wants_json

if TYPE_CHECKING:
    from tachograph.server.services import Answers

__all__ = ["ask_report", "report"]


@click.command("report")
@click.option("--since", help="First day or time; without an offset in the zone --tz.")
@click.option("--until", help="End, excluded; likewise.")
@click.option("--range", "range_", help="1h, 24h, 7d, 30d, 90d, all (default: all).")
@click.option("--by", help="Dimensions, separated by commas: day, model, …")
@tz_option
@shared_options
@click.pass_context
def report(
    context: click.Context,
    since: str | None,
    until: str | None,
    range_: str | None,
    by: str | None,
    tz: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Print what the agents did and what it cost.

    With how that changed against the window before, and how much of it was seen by which source.

    Example: tachograph report --range 7d --by model,day
    """
    from tachograph.cli.backend import open_backend
    from tachograph.cli.report_print import print_report

    named = {"since": since, "until": until, "range": range_, "by": by, "tz": resolve_zone(tz)}
    with open_backend(resolve_home(context, home)) as backend:
        answer = ask_report(backend, {k: v for k, v in named.items() if v is not None})
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(answer))
    else:
        print_report(answer)


def ask_report(backend: Answers, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The report with its highlights. Raises TachographError."""
    window = {name: text for name, text in parameters.items() if name != "by"}
    return {**backend.report(parameters), "highlights": backend.ask("highlights", window)}
