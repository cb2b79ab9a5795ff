"""`tachograph` alone: the first time serve, and import meanwhile; later the week in a screen."""

from __future__ import annotations

import sys
from typing import Any

import click

from tachograph.cli.options import resolve_home, resolve_zone, wants_json
from tachograph.home import Home

__all__ = ["first_run"]


def first_run(context: click.Context) -> None:
    """Import what is there, then show the week; the first time, in a terminal, serve and open the page at once."""
    from tachograph.cli.client import find_server
    from tachograph.cli.import_ import print_import, run_import

    home = resolve_home(context, None)
    is_first = not home.store.exists() and find_server(home) is None
    if is_first and sys.stdout.isatty() and not wants_json(context, False):
        _serve(home)
        return
    answer = run_import(home, [], show_progress=not wants_json(context, False))
    if wants_json(context, False):
        import json

        click.echo(json.dumps(_week(home)))
        return
    if is_first:
        print_import(answer)
    _show_week(home)
    if find_server(home) is None:
        click.echo("Start the page and the receiver with: tachograph serve", err=True)


def _serve(home: Home) -> None:
    """Serve and open the page at once; the histories are read meanwhile, and then the week is shown here too."""
    from tachograph.cli.first_pass import follow_first_pass
    from tachograph.cli.open_ import open_page
    from tachograph.cli.serve import print_addresses, run_server

    def announce(addresses: dict[str, Any]) -> None:
        print_addresses(addresses)
        follow_first_pass(home, then=lambda _: _show_week(home))
        open_page(home)

    run_server(home, {}, announce=announce)


def _week(home: Home) -> dict[str, Any]:
    from tachograph.cli.backend import open_backend
    from tachograph.cli.report import ask_report

    with open_backend(home) as backend:
        return ask_report(backend, {"range": "7d", "by": "day,model", "tz": resolve_zone(None)})


def _show_week(home: Home) -> None:
    from tachograph.cli.client import find_server
    from tachograph.cli.report_print import print_report

    server = find_server(home)
    print_report(_week(home), page="" if server is None else server.url, range_="7d")
