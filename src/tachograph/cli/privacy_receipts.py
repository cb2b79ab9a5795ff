"""`tachograph privacy receipts`: what was erased and corrected, and whether the receipts are as they were written."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.cli.privacy_selection import ask
from tachograph.cli.wording import counted, moment

__all__ = ["receipts"]


@click.command("receipts")
@click.argument("what", type=click.Choice(["list", "verify"]), default="list")
@shared_options
@click.pass_context
def receipts(context: click.Context, what: str, home: Path | None, as_json: bool) -> None:
    """List the receipts of erasures and corrections, or verify that none was changed or taken away.

    Example: tachograph privacy receipts verify
    """
    answer = ask(resolve_home(context, home), "receipts", "receipts")
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(answer))
    elif what == "list":
        for one in answer["receipts"]:
            rows = sum(one["tables"].values()) if "tables" in one else one.get("events", 0)
            note = "" if one.get("complete", True) else "  NOT COMPLETE"
            click.echo(f"{one['number']:>6}  {moment(one['at'])}  {one['kind']}  {counted(rows, 'row')}{note}")
        if not answer["receipts"]:
            click.echo("There are no receipts.")
    elif answer["whole"]:
        count = len(answer["receipts"])
        click.echo(
            f"{counted(count, 'receipt')}, as written: none was changed or taken away."
            if count
            else "There are no receipts."
        )
    if what == "verify" and not answer["whole"]:
        for line in answer["wrong"]:
            click.echo(f"tachograph: {line}", err=True)
        context.exit(1)
