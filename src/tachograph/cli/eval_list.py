"""`tachograph eval list` and `remove`: which baselines and changes are noted."""

from __future__ import annotations

import json as jsonlib
from dataclasses import asdict
from pathlib import Path

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json

__all__ = ["list_", "remove"]


@click.command("list")
@shared_options
@click.pass_context
def list_(context: click.Context, home: Path | None, as_json: bool) -> None:
    """Baselines and changes that are noted.

    Example: tachograph eval list
    """
    from tachograph.analytics.eval.notebook import Notebook
    from tachograph.cli.eval_notes import span_of
    from tachograph.cli.eval_options import filters_in_words
    from tachograph.cli.wording import harmless, moment

    book = Notebook.read(resolve_home(context, home).evals)
    baselines = sorted(book.baselines.values(), key=lambda one: (one.since or "", one.name))
    changes = book.in_order()
    if wants_json(context, as_json):
        click.echo(
            jsonlib.dumps({"baselines": [asdict(b) for b in baselines], "changes": [asdict(c) for c in changes]})
        )
        return
    if not baselines and not changes:
        click.echo("Nothing is noted yet: tachograph eval change NAME, or tachograph eval baseline NAME.")
    for one in baselines:
        click.echo(f"baseline  {one.name}")
        click.echo(f"          {span_of(one)}{filters_in_words(one.filters)}")
    for change in changes:
        click.echo(f"change    {change.name}")
        hashed = f", file {change.file_sha256[:12]}" if change.file_sha256 else ""
        click.echo(f"          {moment(change.at)}, {harmless(change.kind)}{hashed}")
        if change.note:
            click.echo(click.wrap_text(harmless(change.note), 78, initial_indent=" " * 10, subsequent_indent=" " * 10))


@click.command("remove")
@click.argument("name")
@shared_options
@click.pass_context
def remove(context: click.Context, name: str, home: Path | None, as_json: bool) -> None:
    """Forget a baseline or a change. Sessions stay as they are.

    Example: tachograph eval remove shorter-claude-md
    """
    from tachograph.analytics.eval.notebook import Notebook

    place = resolve_home(context, home)
    if not place.evals.exists():
        raise Notebook().unknown(name)
    what = Notebook.remove(place.evals, name)
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps({"removed": {what: name}}))
    else:
        click.echo(f"The {what} {name} is removed.")
