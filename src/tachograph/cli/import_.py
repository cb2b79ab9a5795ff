"""`tachograph import`: read the transcripts that lie on this machine, and whatever telemetry in files is named."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import Any

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.home import Home
from tachograph_sdk.errors import ConfigError

__all__ = ["import_", "run_import"]

FAILED = {
    "vanished": "gone while it was looked for",
    "permission denied": "permission denied: `tachograph doctor` says where histories lie; read them as their owner",
    "unreadable": "damaged, or not what its name or its first bytes say",
    "reader died": "the process that read it died: run it again, and report it if it happens again",
}
"""Reasons why files and folders could not be read, for people."""

REFUSED = {
    "objected": "somebody objected to that (`tachograph privacy object --list`)",
    "erased": "that was erased before, and does not come back",
}
"""Reasons why events that could be read were not stored, for people."""


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

    Exits 1 if something of what is named cannot be read; the rest is read all the same.

    Example: tachograph import ~/.claude/projects
    """
    for path in paths:
        if not path.expanduser().exists():
            hint = "name files or folders that exist; without a path, histories are read where agents keep them"
            raise ConfigError(f"there is no file or folder {path}", hint=hint)
    quiet = wants_json(context, as_json)
    answer = run_import(resolve_home(context, home), list(paths), agent=agent, show_progress=not quiet)
    if quiet:
        click.echo(jsonlib.dumps(answer))
    else:
        print_import(answer)
    if paths and any(answer.get("failed", {}).values()):
        context.exit(1)


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
            f"{source}: {_several(counts['files'], 'file')}, {_several(counts['records'], 'record')} read; "
            f"{counts['new']:,} events new, {counts['duplicate']:,} known"
        )
        for reason, count in counts.get("refused", {}).items():
            click.echo(f"  {_several(count, 'event')} not kept: {REFUSED.get(reason, reason)}")
        for reason, count in counts.get("quarantined", {}).items():
            click.echo(f"  {count:,} set aside: {reason}")
    for reason, count in answer.get("failed", {}).items():
        click.echo(f"{count:,} could not be read: {FAILED.get(reason, reason)}", err=True)
    if answer.get("not_recognised"):
        files = _several(answer["not_recognised"], "file")
        click.echo(f"{files} not recognised: no local history, no OTLP, no console log")
    if not any(c["files"] for c in answer.get("sources", {}).values()):
        click.echo("Found nothing to import. Looked in: " + ", ".join(answer.get("roots", [])) + ".", err=True)


def _several(count: int, name: str) -> str:
    return f"{count:,} {name}" if count == 1 else f"{count:,} {name}s"


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
