"""`tachograph files merge`: the parsed sessions of several people in one folder, under new names."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json

if TYPE_CHECKING:
    from tachograph.file_kit.merge import MergeReport

__all__ = ["merge"]


@click.command("merge")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR...")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Where the merge is kept.")
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The merge's key (default: one of its own in the home folder).",
)
@click.option("--replace", is_flag=True, help="Forget what --out holds and these folders do not.")
@shared_options
@click.pass_context
def merge(
    context: click.Context,
    folders: tuple[Path, ...],
    out: Path,
    key_file: Path | None,
    replace: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Join the parsed sessions of several people, each once, under pseudonyms of the merge's own.

    What --out holds from an earlier merge stays, so that folders can be added one by one. The key of the pseudonyms
    never lies in --out: that folder can be passed on. Analyze it with `tachograph files analyze --dir`.

    Example: tachograph files merge from-ada from-grace --out team
    """
    from tachograph.file_kit.merge import load_key, merge_folders
    from tachograph.wiring.file_kit import kit_folder

    place = resolve_home(context, home)
    place.create()
    kit = kit_folder(out)
    inputs = [folder.expanduser().absolute() for folder in folders]
    merge_id, secret = load_key(kit, place.merge_keys, key_file.expanduser() if key_file is not None else None)
    report = merge_folders(inputs, kit, merge_id=merge_id, secret=secret, replace=replace)
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(report.as_dict()))
    else:
        _print(report)


def _print(report: MergeReport) -> None:
    for what, counts in (("file", report.bad_files), ("record", report.bad_records)):
        for reason, count in sorted(counts.items()):
            click.echo(f"{_several(count, what)} set aside: {reason.replace('_', ' ')}", err=True)
    sessions, members = _several(report.sessions, "session"), _several(report.members, "member")
    click.echo(f"{sessions} of {members}, from {_several(report.files, 'file')}")
    told = f"{_several(report.events, 'event')}, {_several(report.metrics, 'metric')}"
    click.echo(f"{told}; {report.duplicates:,} told twice, counted once")
    for reason, count in sorted(report.conflicts.items()):
        click.echo(f"{_several(count, 'conflict')}: {reason.replace('_', ' ')}")
    if report.sessions_without_member:
        click.echo(f"Whose they are is not said: {_several(report.sessions_without_member, 'session')}")
    click.echo(
        f"{_several(report.written, 'file')} written, {report.unchanged:,} unchanged, {report.removed:,} removed"
    )


def _several(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
