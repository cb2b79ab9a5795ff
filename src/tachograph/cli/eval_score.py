"""`tachograph eval score`: sessions held against criteria of the owner's."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Any

import click

from tachograph.cli.eval_options import named_window, read_filters, sessions_of, times, where_option
from tachograph.cli.options import resolve_home, resolve_zone, shared_options, tz_option, wants_json
from tachograph.cli.wording import counted, harmless, moment
from tachograph_sdk.errors import ConfigError

__all__ = ["score"]

SHOWN = 20  # sessions that did not pass, for people


@click.command("score")
@click.option("--criteria", type=click.Path(path_type=Path), help="TOML file with what a good session is.")
@click.option("--example", is_flag=True, help="Print such a file, and do nothing else.")
@times
@click.option("--last", help="Instead: the last 7d, 30d, 12w, … until now.")
@where_option
@tz_option
@shared_options
@click.pass_context
def score(
    context: click.Context,
    criteria: Path | None,
    example: bool,
    since: str | None,
    until: str | None,
    last: str | None,
    conditions: tuple[str, ...],
    tz: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Score sessions against criteria: pass, fail, or unknown, each with its reasons.

    Example: tachograph eval score --criteria good-session.toml --last 7d
    """
    from tachograph.analytics.eval.criteria import EXAMPLE, read_criteria, score_sessions
    from tachograph.analytics.eval.sides import Side
    from tachograph.cli.backend import open_backend

    if example:
        click.echo(EXAMPLE, nl=False)
        return
    if criteria is None:
        raise ConfigError(
            "--criteria names the file with what a good session is",
            hint="`tachograph eval score --example` prints one to begin with",
        )
    wanted = read_criteria(criteria)
    place = resolve_home(context, home)
    side = Side(
        name="scored",
        window=named_window(since, until, last, resolve_zone(tz)),
        filters=read_filters(place, conditions),
    )
    with open_backend(place) as backend:
        told = score_sessions(wanted, sessions_of(backend, side))
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(told))
    else:
        _print(told)


def _print(told: dict[str, Any]) -> None:
    totals = told["totals"]
    if not totals["sessions"]:
        click.echo("No session began in this time.")
        return
    share = "" if totals["pass_ratio"] is None else f", {totals['pass_ratio'] * 100:.0f} % of those that can be decided"
    click.echo(f"{totals['pass']} of {counted(totals['sessions'], 'session')} pass{share}.")
    click.echo(f"{totals['fail']} fail, {totals['unknown']} cannot be decided: something about them is not known.")
    click.echo("")
    for item in told["criteria"]:
        weight = "required" if item["required"] else f"weight {item['weight']:g}"
        unknown = f", unknown {item['unknown']}" if item["unknown"] else ""
        click.echo(f"  {harmless(item['name'])} ({weight})")
        click.echo(f"      met {item['met']}, not met {item['not_met']}{unknown}")
    rest = [row for row in told["sessions"] if row["result"] != "pass"]
    if rest:
        click.echo("")
    for row in rest[-SHOWN:]:
        head = f"{row['result']:<8}{row['session']}  {moment(row['started_at'])}"
        click.echo(head)
        click.echo(
            click.wrap_text(harmless("; ".join(row["reasons"])), 78, initial_indent=" " * 8, subsequent_indent=" " * 8)
        )
    if len(rest) > SHOWN:
        click.echo(f"and {len(rest) - SHOWN:,} earlier ones: --json has all")
