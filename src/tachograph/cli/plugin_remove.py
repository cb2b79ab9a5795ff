"""`tachograph plugin remove`: nothing of the plugin stays, and the settings are as they were."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.cli.plugin_install import ask_first, places_here, show_changes
from tachograph.cli.wording import counted

if TYPE_CHECKING:
    from tachograph.wiring.claude_code.remove import Removal

__all__ = ["remove"]


@click.command("remove")
@click.option("--keep-data", is_flag=True, help="Keep the plugin's data folder: consent, key, and what waits.")
@click.option("--claude", "program", metavar="PATH", help="The `claude` to use (default: the one on PATH).")
@click.option("--yes", is_flag=True, help="Without a question.")
@shared_options
@click.pass_context
def remove(
    context: click.Context, keep_data: bool, program: str | None, yes: bool, home: Path | None, as_json: bool
) -> None:
    """Take the plugin out of Claude Code, however it came in: settings, copies, key, data.

    Example: tachograph plugin remove --keep-data
    """
    from tachograph.wiring.claude_code.program import find_program
    from tachograph.wiring.claude_code.remove import plan_removal
    from tachograph.wiring.claude_code.remove import remove as make

    where = resolve_home(context, home)
    records = where.plugin_record
    removal = plan_removal(
        places_here(), where.root, records=records, program=find_program(program), keep_data=keep_data
    )
    as_json = wants_json(context, as_json)
    if not removal.is_change:
        click.echo("The plugin is not in this Claude Code: there is nothing to remove.", err=True)
        if as_json:
            click.echo(jsonlib.dumps({"removed": False, "settings": [], "folders": [], "key_forgotten": False}))
        return
    _show(removal)
    ask_first(yes)
    done = make(removal, keys=where.hook_keys, records=records)
    for command in done.refused:
        click.echo(f"`{command}` failed; what it does was done without it.", err=True)
    click.echo("The plugin is out. Sessions that are open keep it until they end.", err=True)
    if as_json:
        report = {
            "removed": True,
            "settings": [str(path) for path in done.settings],
            "folders": [str(path) for path in done.folders],
            "key_forgotten": done.key_forgotten,
        }
        click.echo(jsonlib.dumps(report))


def _show(removal: Removal) -> None:
    deeds = [f"deletes  {path}" for path in (*removal.folders, *removal.copies)]
    waiting = _waiting(removal.places.data) if removal.places.data in removal.folders else 0
    if waiting:
        deeds.append(f"         with {counted(waiting, 'record')} not sent yet (--keep-data keeps them)")
    show_changes(removal.changes, removal.commands, deeds)


def _waiting(data: Path) -> int:
    from tachograph.wiring.claude_code.traces import count_waiting

    return count_waiting(data)
