"""`tachograph concurrency`: how many sessions were active at the same time."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tachograph.cli.options import resolve_home, resolve_zone, shared_options, tz_option, wants_json

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["concurrency", "print_concurrency"]

MOST: Final = 40  # pieces that are printed, the latest; --json has all
SESSIONS: Final = 10


@click.command("concurrency")
@click.option("--since", help="First day or time; without an offset in the zone --tz.")
@click.option("--until", help="End, excluded; likewise.")
@click.option("--range", "range_", help="1h, 24h, 7d, 30d, 90d, all (default: 7d).")
@click.option(
    "--grain", type=click.Choice(["auto", "hour", "day", "week", "month"]), help="How long a piece of time is."
)
@click.option("--idle-minutes", type=int, help="The longest pause of a session that is active (default: 30).")
@click.option("--at", help="Whose sessions are told: those active at this time (default: at the highest peak).")
@tz_option
@shared_options
@click.pass_context
def concurrency(
    context: click.Context,
    since: str | None,
    until: str | None,
    range_: str | None,
    grain: str | None,
    idle_minutes: int | None,
    at: str | None,
    tz: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Print how many sessions were active at the same time.

    For each piece of time the most at one moment, and the mean while any was active; then the sessions of the highest peak.

    Example: tachograph concurrency --range 30d
    """
    from tachograph.cli.backend import open_backend

    if range_ is None and since is None and until is None:
        range_ = "7d"
    named = {
        "since": since, "until": until, "range": range_, "tz": resolve_zone(tz), "grain": grain, "at": at,
        "idle_minutes": None if idle_minutes is None else str(idle_minutes),
    }  # fmt: skip
    with open_backend(resolve_home(context, home)) as backend:
        told = backend.ask("concurrency", {name: text for name, text in named.items() if text is not None})
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(told))
        return
    print_concurrency(told)


def print_concurrency(told: Mapping[str, Any], console: Console | None = None) -> None:
    """Pieces of time and the sessions of one moment; on standard output unless a console is given."""
    from rich.table import Table
    from rich.text import Text

    from tachograph.cli.amounts import duration, moment
    from tachograph.cli.terminal import make_console, name_in

    console = console or make_console()
    window, whole, at = told["window"], told["whole"], told["at"]
    if told.get("demo"):
        console.print(Text("Made-up data: this is a demonstration.", style="reverse"))
    span = f"{moment(window['since'], 'the beginning')} to {moment(window['until'], 'now')}, {window['tz']}"
    console.print(Text(span, style="dim"))
    if not whole["peak"]:
        console.print(Text(f"{told['reason']}.".capitalize()))
    else:
        mean = f", {whole['mean']:.2f} on average while any was active" if whole["mean"] is not None else ""
        console.print(Text(f"at most {whole['peak']:,} at the same time{mean}"))
        table = Table(box=None, pad_edge=False)
        for name in (told["grain"], "most", "first at", "mean", "any active", "two or more"):
            table.add_column(name, justify="left" if name in (told["grain"], "first at") else "right")
        for one in told["pieces"][-MOST:]:
            table.add_row(
                one["piece"][:16].replace("T", " "), f"{one['peak']:,}", moment(one["peak_at"], "-"),
                "-" if one["mean"] is None else f"{one['mean']:.2f}", duration(one["busy_seconds"]),
                duration(one["shared_seconds"]),
            )  # fmt: skip
        console.print(table)
    if at is not None:
        console.print(Text(f"active on {moment(at['moment'], '')}: {at['count']:,}"))
        for one in at["sessions"][:SESSIONS]:
            console.print(Text(f"  {one['session']}  {one['agent']}  {name_in(one['project'], 28)}"))
        if at["count"] > SESSIONS:
            console.print(Text(f"  and {at['count'] - SESSIONS:,} more"))
    untold = told["unplaced"]
    if untold["reported_sessions"] or untold["unnamed_requests"]:
        console.print(
            Text(
                f"not counted: {untold['reported_sessions']:,} sessions of which only the end was reported, "
                f"{untold['unnamed_requests']:,} requests that name no session"
            )
        )
