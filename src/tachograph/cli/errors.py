"""`tachograph errors`: what failed, what repeats, and which sessions to look at."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path

import click

from tachograph.cli.options import resolve_home, resolve_zone, shared_options, tz_option, wants_json

__all__ = ["errors"]


@click.command("errors")
@click.option("--since", help="First day or time; without an offset in the zone --tz.")
@click.option("--until", help="End, excluded; likewise.")
@click.option("--range", "range_", help="1h, 24h, 7d, 30d, 90d, all (default: 7d).")
@click.option(
    "--where", multiple=True, metavar="NAME=VALUE", help="Only agent=…, project=…, session=…; may be repeated."
)
@click.option("--sessions", type=click.IntRange(1, 500), help="Sessions to review that are listed (default: 10).")
@tz_option
@shared_options
@click.pass_context
def errors(
    context: click.Context,
    since: str | None,
    until: str | None,
    range_: str | None,
    where: tuple[str, ...],
    sessions: int | None,
    tz: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Print what failed, what repeats, and sessions to review.

    Classes of errors with their rates, retry loops, calls that were not allowed, rate limits by the hour of the day, files
    on which the same fails again and again; then sessions that somebody should look at, with the reasons.

    Example: tachograph errors --range 30d --where agent=claude_code
    """
    from tachograph.cli.backend import open_backend

    if range_ is None and since is None and until is None:
        range_ = "7d"
    named = {"since": since, "until": until, "range": range_, "tz": resolve_zone(tz)}
    asked = {name: text for name, text in named.items() if text is not None}
    for pair in where:
        name, equals, value = pair.partition("=")
        if not equals or not name or name in named:
            raise click.UsageError(f"--where takes NAME=VALUE, such as agent=codex, not {pair!r}")
        asked[name] = value
    with open_backend(resolve_home(context, home)) as backend:
        told = {"errors": backend.ask("errors", asked)}
        told["review"] = backend.ask("review", {**asked, "limit": str(sessions or 10)})
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(told))
        return
    from tachograph.cli.errors_print import print_errors

    print_errors(told)
