"""`tachograph demo`: sixty days of made-up data in a home of its own, marked as such on every page."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from tachograph.cli.options import PORT, resolve_home, shared_options, wants_json
from tachograph.home import Home

__all__ = ["demo", "fill_demo_home"]

MONTH_USD = 180


@click.command("demo")
@click.option("--port", type=PORT, default=0, help="Port of API and page; 0 picks one.")
@click.option("--serve/--no-serve", default=True, help="Serve it until stopped, or only make it.")
@shared_options
@click.pass_context
def demo(
    context: click.Context,
    port: int,
    serve: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Make sixty days of made-up sessions of three agents and show them. Your own data is not touched.

    Example: tachograph demo
    """
    from tachograph.cli.import_ import print_import
    from tachograph.cli.serve import print_addresses, print_json, run_server

    demo_home = Home(resolve_home(context, home).root / "demo")
    answer = fill_demo_home(demo_home)
    quiet = wants_json(context, as_json)
    if not quiet:
        click.echo(f"Made-up data in {demo_home.root}")
        print_import(answer)
    elif not serve:
        print_json(answer)
    if serve:
        overrides = {"server.port": port, "otlp.http_port": 0, "otlp.grpc_port": 0, "imports.watch": False}
        run_server(demo_home, overrides, announce=print_json if quiet else print_addresses)


def fill_demo_home(home: Home, *, days: int | None = None) -> dict[str, Any]:
    """Write made-up histories, telemetry and readings of a plan's limits below `home`, and import them the usual way.

    The readings lie where status lines leave them: whoever opens the store next takes them in.

    Args:
        home: it becomes a home of made-up data; an older demonstration in it goes away.
        days: how many, up to today; None is as many as every panel needs.

    Returns:
        The import's report.
    """
    from tachograph.cli.client import find_server
    from tachograph.cli.import_ import run_import
    from tachograph.inputs.agents.claude_code.sample import make_weeks
    from tachograph.inputs.agents.codex.sample import make_rollouts
    from tachograph.inputs.agents.gemini_cli.sample import make_chats
    from tachograph.inputs.agents.kit.made_up import DAYS

    if home.demo_marker.exists() and find_server(home) is None:
        shutil.rmtree(home.root)  # an older demonstration: its days would mix with these
    home.create()
    home.demo_marker.write_text("This home holds made-up data only.\n", encoding="utf-8")
    if not home.config.exists():
        home.config.write_text(f"[budget]\nmonth_usd = {MONTH_USD}  # made up, too\n", encoding="utf-8")
    now = datetime.now(UTC)
    days = DAYS if days is None else days
    for make, folder in ((make_weeks, ""), (make_rollouts, "codex/sessions"), (make_chats, "gemini/tmp")):
        for name, data in make(last_day=now.date(), days=days, until=now):
            path = home.root / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    folders = [home.root / name for name in ("projects", "telemetry", "codex/sessions", "gemini/tmp")]
    return run_import(home, [folder for folder in folders if folder.exists()], show_progress=False)
