"""`tachograph config show`: each setting, its value, and where it came from."""

from __future__ import annotations

import json as jsonlib
from typing import Annotated

import typer

from tachograph.cli.options import HomeOption, JsonOption, resolve_home, wants_json
from tachograph_sdk.errors import ConfigError

__all__ = ["config"]


def config(
    context: typer.Context,
    action: Annotated[str, typer.Argument(help="show")] = "show",
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Print each setting, its value, and where it came from.

    Example: tachograph config show
    """
    if action != "show":
        raise ConfigError(f"unknown action {action!r}", hint="use: tachograph config show")
    from tachograph.cli.query import print_table
    from tachograph.config import explain

    rows = explain(resolve_home(context, home))
    if wants_json(context, json):
        typer.echo(jsonlib.dumps([{"key": r.key, "value": r.value, "origin": r.origin} for r in rows]))
    else:
        print_table(["setting", "value", "from"], [[r.key, str(r.value), r.origin] for r in rows])
