"""`tachograph eval baseline` and `change`: notes that comparisons refer to."""

from __future__ import annotations

import json as jsonlib
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from tachograph.cli.eval_options import filters_in_words, named_window, read_filters, sessions_of, times, where_option
from tachograph.cli.options import resolve_home, resolve_zone, shared_options, tz_option, wants_json
from tachograph.cli.wording import counted, moment
from tachograph_sdk.errors import ConfigError, StoreError

__all__ = ["baseline", "change", "span_of"]

DEFAULT_LAST = "30d"
KINDS = ("claude-md", "model", "template", "prompt", "tool", "other")


@click.command("baseline")
@click.argument("name")
@times
@click.option("--last", help=f"Instead: the last 7d, 30d, 12w, … until now (default: {DEFAULT_LAST}).")
@where_option
@click.option("--replace", is_flag=True, help="Where there is a baseline of this name.")
@tz_option
@shared_options
@click.pass_context
def baseline(
    context: click.Context,
    name: str,
    since: str | None,
    until: str | None,
    last: str | None,
    conditions: tuple[str, ...],
    replace: bool,
    tz: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Mark sessions of a time, and of a filter, as what later ones are held against.

    The times are fixed now: `--last 30d` stays the 30 days before this moment.

    Example: tachograph eval baseline october --since 2026-10-01
    """
    from tachograph.analytics.eval.notebook import Baseline, Notebook, iso, valid_name
    from tachograph.analytics.eval.sides import Side
    from tachograph.cli.backend import open_backend

    place = resolve_home(context, home)
    if last is None and since is None and until is None:
        last = DEFAULT_LAST
    window = named_window(since, until, last, resolve_zone(tz))
    place.create()
    filters = read_filters(place, conditions)
    note = Baseline(
        name=valid_name(name),
        since=iso(window.start),
        until=iso(window.end),
        filters=filters,
        made_at=_now(),
    )
    Notebook.add(place.evals, note, replace=replace)
    found: int | None
    try:
        with open_backend(place) as backend:
            found = len(sessions_of(backend, Side(name=name, window=window, filters=filters)))
    except StoreError:
        found = None  # somebody else has the store; the note stands
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps({"baseline": asdict(note), "sessions": found}))
        return
    held = "" if found is None else f"; {counted(found, 'session')} so far"
    click.echo(f"Baseline {name}: {_span(note.since, note.until)}{filters_in_words(filters)}{held}.")


@click.command("change")
@click.argument("name")
@click.option("--at", help="When it was made (default: now); without an offset in the zone --tz.")
@click.option("--kind", type=click.Choice(KINDS), default="other", show_default=True, help="What was changed.")
@click.option("--note", default="", help="In your own words; they stay in a private file of the home folder.")
@click.option(
    "--file", "file", type=click.Path(path_type=Path), help="What was changed: its SHA-256 is noted, not its text."
)
@click.option("--replace", is_flag=True, help="Where there is a change of this name.")
@tz_option
@shared_options
@click.pass_context
def change(
    context: click.Context,
    name: str,
    at: str | None,
    kind: str,
    note: str,
    file: Path | None,
    replace: bool,
    tz: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Note that something was changed: a new CLAUDE.md, model, template, prompt or tool.

    Example: tachograph eval change cut --kind claude-md --file CLAUDE.md
    """
    from tachograph.analytics.eval.notebook import LONGEST_NOTE, Change, Notebook, fingerprint, iso, valid_name

    place = resolve_home(context, home)
    if len(note) > LONGEST_NOTE:
        raise ConfigError(f"a note has at most {LONGEST_NOTE:,} characters", hint="shorten it")
    when = _now() if at is None else iso(named_window(at, None, None, resolve_zone(tz)).start)
    assert when is not None
    made = Change(
        name=valid_name(name),
        at=when,
        kind=kind,
        note=note,
        file_sha256=None if file is None else fingerprint(file),
        made_at=_now(),
    )
    place.create()
    Notebook.add(place.evals, made, replace=replace)
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps({"change": asdict(made)}))
        return
    click.echo(f"Change {name} ({kind}): {moment(made.at)}.")
    click.echo(f"Once there are sessions since then: tachograph eval compare {name}")


def _now() -> str:
    seconds = time.time_ns() // 1_000_000_000
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _span(since: str | None, until: str | None) -> str:
    return f"{moment(since) if since else 'the beginning'} to {moment(until) if until else 'now'}"


def span_of(note: Any) -> str:
    """The window of a baseline for people."""
    return _span(note.since, note.until)
