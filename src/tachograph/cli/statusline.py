"""`tachograph statusline`: one line for Claude Code's status line."""

from __future__ import annotations

import json as jsonlib
import shutil
import sys
from pathlib import Path

import click

from tachograph.cli.options import Shared, shared_options, wants_json

__all__ = ["settings_for", "statusline"]


@click.command("statusline")
@click.option("--print-settings", is_flag=True, help="Print what to put into Claude Code's settings.json, and stop.")
@shared_options
@click.pass_context
def statusline(context: click.Context, print_settings: bool, home: Path | None, as_json: bool) -> None:
    """Print one line on this session, today, the plan's limits and the budget. Claude Code gives the session on stdin.

    Example: tachograph statusline --print-settings
    """
    shared = context.find_root().obj
    chosen = home or (shared.home if isinstance(shared, Shared) else None)
    if print_settings:
        click.echo(jsonlib.dumps(settings_for(chosen), indent=2))
        if not wants_json(context, as_json):
            click.echo("Put this into ~/.claude/settings.json, beside what is there.", err=True)
        return
    from tachograph.statusline.run import run

    context.exit(run(home=None if chosen is None else str(chosen), as_json=wants_json(context, as_json)))


def settings_for(home: Path | None) -> dict[str, object]:
    """The piece of Claude Code's settings.json that shows the line.

    Args:
        home: the home folder, where it is not the usual one.
    """
    import shlex

    command = shutil.which("tachograph") or str(Path(sys.executable).with_name("tachograph"))
    words = [command, "statusline", *(["--home", str(home.expanduser().absolute())] if home is not None else [])]
    return {"statusLine": {"type": "command", "command": shlex.join(words), "padding": 0}}
