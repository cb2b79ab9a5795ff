"""`tachograph eval compare`: sessions before a change against sessions since."""

from __future__ import annotations

import json as jsonlib
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from tachograph.cli.eval_options import named_window, read_filters, sessions_of, times, where_option
from tachograph.cli.options import resolve_home, resolve_zone, shared_options, tz_option, wants_json
from tachograph_sdk.errors import ConfigError

__all__ = ["compare"]


@click.command("compare")
@click.argument("names", nargs=-1, metavar="[BASELINE] [CHANGE]")
@click.option("--metrics", help="Measures, separated by commas (default: cost, duration, errors, retries).")
@click.option(
    "--alpha", type=float, default=0.05, show_default=True, help="How often to see a difference where there is none."
)
@click.option(
    "--correction",
    type=click.Choice(["holm", "none"]),
    default="holm",
    show_default=True,
    help="For looking at several measures at once.",
)
@times
@where_option
@tz_option
@shared_options
@click.pass_context
def compare(
    context: click.Context,
    names: tuple[str, ...],
    metrics: str | None,
    alpha: float,
    correction: str,
    since: str | None,
    until: str | None,
    conditions: tuple[str, ...],
    tz: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Compare the sessions before a change with those since.

    Name a change (before it: the baseline, if there is just one, else 30 days), a baseline (against all sessions after
    it), a baseline and a change, or two baselines. Without a name: the latest change.

    Example: tachograph eval compare cut --metrics cost_usd,had_error
    """
    from tachograph.analytics.eval.compare import compare_sessions
    from tachograph.analytics.eval.measures import DEFAULT_MEASURES, find_measures
    from tachograph.analytics.eval.notebook import Notebook
    from tachograph.analytics.eval.sides import find_sides
    from tachograph.cli.backend import open_backend

    if len(names) > 2:
        raise ConfigError("at most a baseline and a change can be named", hint="see `tachograph eval compare --help`")
    if not 0.0 < alpha < 0.5:
        raise ConfigError("--alpha is a chance between 0 and 0.5", hint="0.05 is common: one false alarm in twenty")
    asked = [name.strip() for name in (metrics or "").split(",") if name.strip()] or DEFAULT_MEASURES
    measures = find_measures(asked)
    place = resolve_home(context, home)
    now = datetime.fromtimestamp(time.time(), UTC).replace(tzinfo=None)
    bounds = named_window(since, until, None, resolve_zone(tz))
    sides = find_sides(
        Notebook.read(place.evals),
        names,
        now=now,
        since=bounds.start,
        until=bounds.end,
        filters=read_filters(place, conditions),
    )
    with open_backend(place) as backend:
        before, after = sessions_of(backend, sides.before), sessions_of(backend, sides.after)
    told = compare_sessions(
        sides,
        before,
        after,
        measures,
        alpha=alpha,
        correction="holm" if correction == "holm" else "none",
        now=now,
    )
    from tachograph.cli.eval_print import headline, print_comparison

    for metric in told["metrics"]:
        metric["sentence"] = headline(metric)
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(told))
    else:
        print_comparison(told)
