"""`tachograph privacy export`: everything that is held about somebody, as files."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Any

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.cli.privacy_selection import ask, selection_options, selection_order
from tachograph.cli.wording import counted

__all__ = ["export"]


@click.command("export")
@click.option("--to", required=True, type=click.Path(path_type=Path), help="A new folder, or a new file.zip.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "csv", "parquet"]),
    default="json",
    help="One JSON document, or one CSV or Parquet file per table.",
)
@selection_options
@shared_options
@click.pass_context
def export(context: click.Context, /, to: Path, form: str, home: Path | None, as_json: bool, **given: Any) -> None:
    """Write everything that is held about somebody to files.

    The files are for you only, and noted: an erasure deletes them too.

    Example: tachograph privacy export --person jane@example.org --to jane.zip
    """
    order = {**selection_order(given), "to": str(to.expanduser().absolute()), "form": form}
    answer = ask(resolve_home(context, home), "export", "export", order, streams=True)
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(answer))
        return
    total, tables = sum(answer["rows"].values()), sum(1 for count in answer["rows"].values() if count)
    if total:
        click.echo(f"{counted(total, 'row')} of {counted(tables, 'table')} written to {answer['to']}.")
    else:
        click.echo(f"No record is held about this; {answer['to']} says so, with consents and objections.")
