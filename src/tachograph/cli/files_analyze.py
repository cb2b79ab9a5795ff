"""`tachograph files analyze`: what the parsed sessions of a folder add up to, and what to do about it."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tachograph.cli.options import resolve_home, resolve_zone, shared_options, tz_option, wants_json
from tachograph_sdk.errors import ConfigError

if TYPE_CHECKING:
    from tachograph.analytics.file_kit.analyze import Analysis

__all__ = ["analyze"]


@click.command("analyze")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder with `data/` (default: ~/.claude-code-telemetry).",
)
@click.option("--since", help="First day or time; without an offset in the zone --tz.")
@click.option("--until", help="End, excluded; likewise.")
@click.option("--errors", type=click.IntRange(1), default=3, show_default=True, help="Errors that ask for a review.")
@click.option(
    "--tool-failures", type=click.IntRange(1), default=5, show_default=True, help="Tool failures that ask for one."
)
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), metavar="FILE", help="Also write a row a session.")
@click.option("--markdown", type=click.Path(path_type=Path), metavar="FILE", help="Also write the report as Markdown.")
@tz_option
@shared_options
@click.pass_context
def analyze(
    context: click.Context,
    folder: Path | None,
    since: str | None,
    until: str | None,
    errors: int,
    tool_failures: int,
    csv_file: Path | None,
    markdown: Path | None,
    tz: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Print what the parsed sessions add up to, and write it to latest-report.json in the folder.

    Costs, failures by kind, sessions to review, and what to do about them with what it would save.

    Example: tachograph files analyze --since 2026-11-01 --csv sessions.csv
    """
    from tachograph.analytics.file_kit.analyze import analyze_files
    from tachograph.analytics.file_kit.parsed import find_parsed
    from tachograph.analytics.file_kit.review import Thresholds
    from tachograph.analytics.query import parse_window
    from tachograph.analytics.zones import find_zone
    from tachograph.clock import SystemClock
    from tachograph.wiring.file_kit import kit_folder

    kit = kit_folder(folder)
    clock = SystemClock()
    window = parse_window(now_us=clock.now_us(), since=since, until=until, zone=find_zone(resolve_zone(tz)))
    try:
        paths = find_parsed(kit.root)
    except OSError as error:
        hint = "name the folder with --dir; `tachograph files init` makes one, `tachograph files parse` fills it"
        raise ConfigError(f"{kit.root} cannot be read ({error.strerror})", hint=hint) from None
    if not paths:
        click.echo("There is nothing to analyze yet: run `tachograph files parse` first.", err=True)
    analysis = analyze_files(paths, window=window)
    thresholds = Thresholds(errors=errors, tool_failures=tool_failures)
    document = _document(analysis, thresholds, clock.now_us(), resolve_home(context, home).prices)
    files = {kit.report: jsonlib.dumps(document, indent=2) + "\n"}
    if csv_file is not None:
        from tachograph.analytics.file_kit.table import csv_text

        files[csv_file] = "".join(csv_text(analysis.sessions))
    if markdown is not None:
        from tachograph.analytics.file_kit.table import markdown_text

        files[markdown] = markdown_text(document)
    troubles = [trouble for path, text in files.items() if (trouble := _write(path, text)) is not None]
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(document))
    else:
        _print(document)
    if troubles:  # the report itself can be read all the same: of a folder that is only to be read, for one
        raise troubles[0]


def _document(analysis: Analysis, thresholds: Any, now_us: int, own_prices: Path) -> dict[str, Any]:
    from datetime import UTC, datetime

    from tachograph.analytics.file_kit.document import build_document
    from tachograph.analytics.file_kit.rates import borne_out
    from tachograph.analytics.file_kit.recommend import Material, recommend
    from tachograph.pricing.price import PriceTable

    rates = borne_out(analysis.sessions, PriceTable.load(own=own_prices))
    found = recommend(Material(analysis=analysis, thresholds=thresholds, rates=rates))
    at = datetime.fromtimestamp(now_us / 1_000_000, UTC)
    return build_document(
        analysis, generated_at=f"{at:%Y-%m-%dT%H:%M:%SZ}", thresholds=thresholds, recommendations=found
    )


def _print(document: dict[str, Any]) -> None:
    from tachograph.cli.files_report import report_lines

    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        "▁█".encode(encoding)
        plain = False
    except (UnicodeEncodeError, LookupError):
        plain = True
    for line in report_lines(document, plain=plain):
        click.echo(line)


def _write(path: Path, text: str) -> ConfigError | None:
    """Write a file that its owner alone can read, whole or not at all; why it could not be."""
    from tachograph_sdk.private_files import replace_file

    try:
        replace_file(path, text.encode("utf-8"))
    except OSError as error:
        return ConfigError(f"{path.name} cannot be written ({error.strerror})", hint="name another folder or file")
    return None
