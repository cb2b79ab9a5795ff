"""`tachograph open`: the page of the running server, with a key that lets it change a few things."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json

if TYPE_CHECKING:
    from tachograph.cli.client import RunningServer
    from tachograph.home import Home

__all__ = ["open_", "open_page"]


@click.command("open")
@click.option("--print", "only_print", is_flag=True, help="Print the address with its key, instead of opening it.")
@shared_options
@click.pass_context
def open_(context: click.Context, only_print: bool, home: Path | None, as_json: bool) -> None:
    """Open the page of the running server in the browser.

    The address has a key behind its #, good for one page and for a minute: with it the page may wire Claude Code and take
    your decisions about consent. Without one it only shows.

    Example: tachograph open
    """
    from tachograph.cli.client import find_server
    from tachograph_sdk.errors import TachographError

    where = resolve_home(context, home)
    server = find_server(where)
    if server is None:
        raise TachographError(f"no server runs on {where.root}", hint="start it with `tachograph serve --open`")
    opened = False if only_print else _show(server)
    address = server.url if opened else _with_key(server)
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps({"address": address, "opened": opened}))
    elif opened:
        click.echo(f"Opened {server.url}", err=True)
    else:
        click.echo(address)
        click.echo("Good for one page, within a minute. Do not pass it on.", err=True)


def open_page(home: Home) -> None:
    """Open the page of the server that runs on this home in the user's browser, where there is a display."""
    from tachograph.cli.client import find_server

    server = find_server(home)
    if server is not None:
        _show(server)


def _show(server: RunningServer) -> bool:
    """Open the page with a key. False where there is no browser to open it in."""
    from tachograph.config import has_display

    if not has_display():
        return False
    import webbrowser

    return webbrowser.open(_with_key(server))


def _with_key(server: RunningServer) -> str:
    """The page's address with a new key behind its #, which browsers neither send nor log."""
    made = server.post("/api/v1/page-keys", {})
    return f"{server.url}/#/?key={made['key']}"
