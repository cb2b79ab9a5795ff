"""`tachograph config show`: each setting, its value, and where it came from."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph_sdk.errors import ConfigError

__all__ = ["config"]


@click.command("config")
@click.argument("action", default="show")
@shared_options
@click.pass_context
def config(
    context: click.Context,
    action: str,
    home: Path | None,
    as_json: bool,
) -> None:
    """Print each setting, its value, and where it came from.

    Example: tachograph config show
    """
    if action != "show":
        raise ConfigError(f"unknown action {action!r}", hint="use: tachograph config show")
    from tachograph.cli.table import print_table
    from tachograph.config import explain

    rows = explain(resolve_home(context, home))
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps([{"key": r.key, "value": r.value, "origin": r.origin} for r in rows]))
    else:
        print_table(["setting", "value", "from"], [[r.key, str(r.value), r.origin] for r in rows])
