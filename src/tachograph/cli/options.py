"""Options that every command takes, before or after its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from tachograph.home import Home

__all__ = ["HomeOption", "JsonOption", "Shared", "resolve_home", "wants_json"]

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Where everything lies (default: TACHOGRAPH_HOME, else the user data directory)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


@dataclass(slots=True)
class Shared:
    """What was given before the command's name."""

    home: Path | None = None
    json: bool = False


def resolve_home(context: typer.Context, home: Path | None) -> Home:
    """The home given after the command's name, before it, or by the environment."""
    from tachograph.config import home_from

    shared = context.find_root().obj
    return home_from(home or (shared.home if isinstance(shared, Shared) else None))


def wants_json(context: typer.Context, json: bool) -> bool:
    """True if --json was given anywhere."""
    shared = context.find_root().obj
    return json or (isinstance(shared, Shared) and shared.json)
