"""`tachograph files init`: the kit's folder, with its scripts."""

from __future__ import annotations

import json as jsonlib
import os
import shutil
import sys
from pathlib import Path

import click

from tachograph.cli.options import shared_options, wants_json

__all__ = ["init"]


@click.command("init")
@click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder to make (default: ~/.claude-code-telemetry).",
)
@click.option("--team", metavar="NAME", help="Your team, as it is named in what you share.")
@click.option("--project", metavar="NAME", help="Your project, likewise.")
@click.option("--force", is_flag=True, help="Replace also what you changed in the scripts, without asking.")
@shared_options
@click.pass_context
def init(
    context: click.Context,
    directory: Path | None,
    team: str | None,
    project: str | None,
    force: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Make the folder for session logs: logs/, data/, env.sh, claude-with-telemetry.sh, shell-integration.txt.

    Only you can read it. The text of prompts is not logged. Running it again changes nothing; what you changed in a script
    is kept unless you say otherwise.

    Example: tachograph files init --team platform --project search
    """
    from tachograph.file_kit.labels import Labels, check_label
    from tachograph.file_kit.setup import logs_prompts, set_up
    from tachograph.wiring.file_kit import kit_folder

    folder = kit_folder(directory)
    labels = Labels(team=check_label("--team", team), project=check_label("--project", project))
    quiet = wants_json(context, as_json)

    def may_replace(path: Path) -> bool:
        if force:
            return True
        if quiet or not sys.stdin.isatty():
            return False
        return click.confirm(f"{path} was changed by hand. Replace it?", default=False, err=True)

    made = set_up(folder, labels=labels, tachograph=_this_command(), may_replace=may_replace)
    if quiet:
        told = [{"path": str(one.path), "status": one.status, "help": one.help} for one in made]
        click.echo(jsonlib.dumps({"dir": str(folder.root), "made": told}))
    else:
        width = max(len(str(one.path)) for one in made)
        for one in made:
            click.echo(f"{one.path!s:<{width}}  {one.status:<9}  {one.help}")
    if any(one.status == "kept" for one in made):
        click.echo("Kept is what was changed by hand; --force replaces it.", err=True)
    if logs_prompts(folder.environment):
        hint = "take out its line OTEL_LOG_USER_PROMPTS=…: to Claude Code 1 any value is a yes"
        click.echo(f"{folder.environment} has the text of prompts logged; {hint}", err=True)
    if not quiet:
        click.echo(f"\nRecord a session:  {folder.wrapper}\nParse what is there:  tachograph files parse")


def _this_command() -> Path | None:
    """The command that runs now, for a wrapper that is run with another search path."""
    beside = Path(sys.executable).with_name("tachograph")
    named = shutil.which(sys.argv[0])
    for path in (Path(named) if named else beside, beside):
        if path.name.startswith("tachograph") and os.access(path, os.X_OK):
            return path.absolute()
    return None
