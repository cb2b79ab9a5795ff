"""Options that every command takes, before or after its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from tachograph.home import Home

__all__ = ["PORT", "Shared", "resolve_home", "resolve_zone", "shared_options", "tz_option", "wants_json"]

PORT = click.IntRange(0, 65535)


@dataclass(slots=True)
class Shared:
    """What was given before the command's name."""

    home: Path | None = None
    as_json: bool = False


def shared_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --home and --json to a command."""
    home = "Where everything lies (default: TACHOGRAPH_HOME, else the user data directory)."
    with_json = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")(function)
    return click.option("--home", type=click.Path(path_type=Path), metavar="DIR", help=home)(with_json)


def resolve_home(context: click.Context, home: Path | None) -> Home:
    """The home given after the command's name, before it, or by the environment."""
    from tachograph.config import home_from

    shared = context.find_root().obj
    return home_from(home or (shared.home if isinstance(shared, Shared) else None))


def wants_json(context: click.Context, as_json: bool) -> bool:
    """True if --json was given anywhere."""
    shared = context.find_root().obj
    return as_json or (isinstance(shared, Shared) and shared.as_json)


def tz_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --tz to a command."""
    text = "Time zone that counts days and hours, such as Europe/Berlin (default: this machine's)."
    return click.option("--tz", metavar="ZONE", help=text)(function)


def resolve_zone(tz: str | None) -> str:
    """The zone that was named, else this machine's, also where a server on another one answers."""
    if tz is not None:
        return tz
    from tachograph.config import machine_zone

    return machine_zone()[0]
