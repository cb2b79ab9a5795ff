"""`tachograph trends`: how days went, what the month will come to, what stands out."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path

import click

from tachograph.cli.options import resolve_home, resolve_zone, shared_options, tz_option, wants_json

__all__ = ["trends"]


@click.command("trends")
@click.option("--metric", help="Metrics, separated by commas: cost_microusd, commits, … (default: the usual ones).")
@click.option("--since", help="First day; without an offset in the zone --tz.")
@click.option("--until", help="End, excluded: as if it had been asked then.")
@click.option("--range", "range_", help="28d, 90d, 52w, … (default: 90 days).")
@tz_option
@shared_options
@click.pass_context
def trends(
    context: click.Context,
    metric: str | None,
    since: str | None,
    until: str | None,
    range_: str | None,
    tz: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Print how days went: directions, changes, the month's end.

    Directions and changes of level by stated tests, the month's end with an 80 % interval and how such forecasts did on
    your own history, days that stand out, and how far the budget goes.

    Example: tachograph trends --metric cost_microusd,commits --range 26w
    """
    from tachograph.analytics.metrics import METRICS, adds_up
    from tachograph.analytics.parameters import names_in
    from tachograph.cli.backend import open_backend

    named = {"since": since, "until": until, "range": range_, "tz": resolve_zone(tz)}
    window = {name: text for name, text in named.items() if text is not None}
    of = {"metric": metric} if metric else {}
    # A mean or a share has no sum of a month; a name that does not exist is told by the first question.
    sums = [name for name in names_in(metric or "") if name in METRICS and adds_up(METRICS[name])]
    with open_backend(resolve_home(context, home)) as backend:
        told = {"trends": backend.ask("trends", {**window, **of})}
        if sums or not metric:
            told["forecast"] = backend.ask("forecast", {**window, **({"metric": ",".join(sums)} if sums else {})})
        told["anomalies"] = backend.ask("anomalies", {**window, **of})
        if not metric or "cost_microusd" in sums:
            told["budget"] = backend.ask("budget", window)
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(told))
        return
    from tachograph.cli.trends_print import print_trends

    print_trends(told)
