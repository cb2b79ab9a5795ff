"""`tachograph import`: read the transcripts that lie on this machine, and whatever telemetry in files is named."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import Any

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.home import Home

__all__ = ["import_", "run_import"]


@click.command("import")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--agent", help="Only this agent's local history; OTLP files and console logs are read all the same.")
@shared_options
@click.pass_context
def import_(
    context: click.Context,
    paths: tuple[Path, ...],
    agent: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Read what is new in the agents' local histories, or in what is named. Running it again changes nothing.

    Transcripts and the like, OTLP files (.pb, .binpb, .json, .jsonl, also as .gz or .zst) and console logs are told apart by what is
    in them. Without a path, histories are read where agents keep them.

    Example: tachograph import ~/.claude/projects
    """
    quiet = wants_json(context, as_json)
    answer = run_import(resolve_home(context, home), list(paths), agent=agent, show_progress=not quiet)
    if quiet:
        click.echo(jsonlib.dumps(answer))
    else:
        print_import(answer)


def run_import(home: Home, paths: list[Path], *, agent: str | None = None, show_progress: bool) -> dict[str, Any]:
    """Import here, or through the running server of this home. Returns the report as JSON values."""
    from tachograph.cli.client import find_server

    server = find_server(home)
    absolute = [str(p.expanduser().absolute()) for p in paths]
    progress = _Progress(enabled=show_progress and sys.stderr.isatty())
    with progress:
        if server is not None:
            answer: dict[str, Any] = {}
            for line in server.stream("/api/v1/import", {"paths": absolute, "agent": agent}):
                if "report" in line:
                    answer = line["report"]
                else:
                    progress.show(line)
            return answer
        from tachograph.wiring.local import import_here

        return import_here(home, absolute, agent=agent, progress=progress.show)


def print_import(answer: dict[str, Any]) -> None:
    """The report of an import for people."""
    for source, counts in answer.get("sources", {}).items():
        if not counts["files"]:
            continue
        click.echo(
            f"{source}: {counts['files']:,} files, {counts['records']:,} records read; "
            f"{counts['new']:,} events new, {counts['duplicate']:,} known"
        )
        for reason, count in counts.get("quarantined", {}).items():
            click.echo(f"  {count:,} set aside: {reason}")
    for reason, count in answer.get("failed", {}).items():
        click.echo(f"{count:,} could not be read: {reason}", err=True)
    if answer.get("not_recognised"):
        click.echo(f"{answer['not_recognised']:,} files not recognised: no local history, no OTLP, no console log")
    if not any(c["files"] for c in answer.get("sources", {}).values()):
        click.echo("Found nothing to import. Looked in: " + ", ".join(answer.get("roots", [])) + ".", err=True)


class _Progress:
    """A progress bar on standard error, when that is a terminal."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, state: dict[str, Any]) -> None:
        """Show bytes done of bytes to do."""
        if not self._enabled:
            return
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("reading"),
                BarColumn(),
                DownloadColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._bar.start()
            self._task = self._bar.add_task("import", total=None)
        self._bar.update(self._task, completed=state["bytes_done"], total=state["bytes_total"])
