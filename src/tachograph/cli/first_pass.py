"""Follows a server's first reading of the local histories in the terminal, and then says what the week was."""

from __future__ import annotations

import atexit
import sys
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from tachograph.cli.options import resolve_zone
from tachograph.cli.wording import counted
from tachograph.home import Home
from tachograph_sdk.errors import TachographError

if TYPE_CHECKING:
    from tachograph.cli.client import RunningServer

__all__ = ["follow_first_pass", "say_week"]

_PERIOD_S = 0.25
_END_S = 2.0


def follow_first_pass(home: Home, *, then: Callable[[RunningServer], None]) -> None:
    """Show on standard error how far it is while the server goes on; `then` is called when all is read.

    In a thread of its own, which ends with the process. Nothing where there is no terminal to show it on.
    """
    if not (sys.stderr.isatty() and sys.stdout.isatty()):
        return
    stop = threading.Event()
    thread = threading.Thread(target=_follow, args=(home, then, stop), name="first-pass", daemon=True)

    def end() -> None:
        stop.set()
        thread.join(_END_S)  # it gives the terminal its cursor back

    thread.start()
    atexit.register(end)


def say_week(server: RunningServer) -> None:
    """Three sentences about the last seven days."""
    from tachograph.cli.sentences_print import print_sentences
    from tachograph.cli.terminal import make_console

    asked = {"range": "7d", "tz": resolve_zone(None)}
    told = server.get("/api/v1/highlights", asked)
    print_sentences(make_console(), told["sentences"], page=server.url, asked={"range": "7d"})


def _follow(home: Home, then: Callable[[RunningServer], None], stop: threading.Event) -> None:
    from tachograph.cli.client import find_server

    try:
        server = find_server(home)
        if server is None:
            return
        told = _watch(server, stop)
        if told["state"] == "done" and not stop.is_set():
            _say_what_was_read(told)
            then(server)
    except TachographError:
        return  # it is being stopped; whoever asks next is told


def _watch(server: RunningServer, stop: threading.Event) -> Mapping[str, Any]:
    """Show how far it is until it is done or is not to be; the last answer."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    told: Mapping[str, Any] = server.get("/api/v1/imports")
    if told["state"] != "running":
        return told
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("looking for local histories", total=None)
        while told["state"] == "running" and not stop.is_set():
            if told["months"]:
                bar.update(
                    task, description=_where(told), completed=told["bytes_done"], total=max(1, told["bytes_total"])
                )
            stop.wait(_PERIOD_S)
            told = server.get("/api/v1/imports")
    return told


def _where(told: Mapping[str, Any]) -> str:
    """Which month is read, newest first, and how many are done."""
    months = told["months"]
    running = next((month for month in months if month["state"] == "running"), months[-1])
    done = sum(1 for month in months if month["state"] == "done")
    files = f"{running['files_done']:,} of {counted(running['files_total'], 'file')}"
    return f"reading {running['month']} ({files}); {done:,} of {counted(len(months), 'month')} done"


def _say_what_was_read(told: Mapping[str, Any]) -> None:
    months = told["months"]
    if not months:
        click.echo("Found no local history of an agent; `tachograph doctor` says where it looks.")
    elif told["events_new"]:
        first, last = months[-1]["month"], months[0]["month"]
        of = first if first == last else f"{first} to {last}"
        read = counted(told["files_total"], "file")
        click.echo(f"Read local histories of {of}, {read}: {counted(told['events_new'], 'event')} new.")
    for reason, count in told["failed"].items():
        click.echo(f"{count:,} could not be read: {reason}", err=True)
