"""`tachograph files parse`: session logs to the JSON documents that are analysed and shared."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph_sdk.errors import ConfigError

if TYPE_CHECKING:
    from tachograph.file_kit.parse import Parsed, ParseReport

__all__ = ["parse"]


@click.command("parse")
@click.argument("logs", nargs=-1, type=click.Path(path_type=Path), metavar="[FILES]...")
@click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The kit's folder (default: ~/.claude-code-telemetry).",
)
@click.option("--team", metavar="NAME", help="Team in the documents (default: what env.sh says).")
@click.option("--project", metavar="NAME", help="Project in the documents (default: what env.sh says).")
@shared_options
@click.pass_context
def parse(
    context: click.Context,
    logs: tuple[Path, ...],
    directory: Path | None,
    team: str | None,
    project: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Parse what is new in logs/session-*.log, or in the files named, into data/NAME.json.

    Read are OTLP/JSON lines as `files run` writes them, what Claude Code's console exporters print, the text of the
    Collector's debug exporter, and one-line events and metrics. What cannot be read is counted and set aside, and stops
    nothing. The documents hold only what may be shared: no text, no path, ids as pseudonyms; and the log's own name.

    Exits 1 if a file cannot be read; the rest is parsed all the same.

    Example: tachograph files parse
    """
    from tachograph.file_kit.labels import Labels, check_label, labels_in
    from tachograph.wiring.file_kit import build_kit_parser, kit_folder

    for path in logs:
        if not path.expanduser().exists():
            raise ConfigError(f"there is no file {path}", hint="name logs that exist, or none for all of the folder")
    folder = kit_folder(directory)
    said = labels_in(folder.environment)
    labels = Labels(
        team=check_label("--team", team) or said.team, project=check_label("--project", project) or said.project
    )
    parser = build_kit_parser(resolve_home(context, home), folder, labels)
    report = parser.run([path.expanduser() for path in logs])
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(report.as_dict()))
    else:
        _print(report)
    if report.count("failed"):
        context.exit(1)


def _print(report: ParseReport) -> None:
    for log in report.logs:
        if log.status == "failed":
            click.echo(f"{log.file}: cannot be read: {log.reason}", err=True)
        elif log.status == "skipped":
            click.echo(f"{log.file}: {log.reason}", err=True)
        elif log.status != "unchanged":
            click.echo(_line(log))
    if not report.logs:
        click.echo("No session-*.log yet. `tachograph files run -- claude` records one.", err=True)
        return
    unchanged = report.count("unchanged")
    click.echo(f"{len(report.logs):,} logs, {unchanged:,} of them unchanged, in {report.data}", file=sys.stdout)


def _line(log: Parsed) -> str:
    text = f"{log.file}: {log.events:,} events, {log.metrics:,} metrics"
    if log.status == "grown":
        text += f", {log.new:,} of them new"
    if log.format is None:
        text += "; no telemetry in it"
    for reason, count in sorted(log.quarantined.items()):
        text += f"; {count:,} set aside: {reason}"
    if log.torn:
        text += "; ends in half a record"
    return text
