"""`tachograph top`: what goes on, live in the terminal."""

from __future__ import annotations

import json as jsonlib
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from tachograph.cli.options import resolve_home, resolve_zone, shared_options, tz_option, wants_json
from tachograph.home import Home
from tachograph_sdk.errors import StoreBusy, TachographError

if TYPE_CHECKING:
    from rich.console import Console

    from tachograph.cli.client import RunningServer
    from tachograph.cli.live import Listening

__all__ = ["top"]

UNSERVED_S = 5.0  # the store is opened at most so often: others want it, too
OFTEN_S = 0.5  # answers are asked for at most so often, however much comes in
KEYS = "q or Ctrl-C ends it"
_LEAVE = {b"q", b"Q", b"\x03", b"\x04"}  # Ctrl-C and Ctrl-D, where the terminal hands them on


@click.command("top")
@click.option("--once", is_flag=True, help="Print one frame and end.")
@click.option(
    "--interval",
    type=click.FloatRange(0.5, 3600),
    default=2.0,
    show_default=True,
    help="Seconds between frames when nothing new comes in.",
)
@tz_option
@shared_options
@click.pass_context
def top(context: click.Context, once: bool, interval: float, tz: str | None, home: Path | None, as_json: bool) -> None:
    """Show what the agents do right now.

    Sessions that run, today's cost against your budget, requests a minute, tools and errors. It listens to the running
    server; without one it reads the store again and again. Where the output is no terminal it prints one frame.

    Example: tachograph top --once
    """
    from tachograph.cli.terminal import make_console

    source = _Source(resolve_home(context, home), resolve_zone(tz))
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(source.ask()))
        return
    console = make_console()
    if once or not console.is_terminal:
        told = source.ask()
        console.print(_frame(told, console, "" if source.is_live else "no server runs: read from the store", fit=False))
        return
    _show(console, source, interval)


class _Source:
    """Answers of the running server, to whose stream it listens; of the store where no server runs."""

    def __init__(self, home: Home, zone: str) -> None:
        self.changed = threading.Event()  # set when another answer may be had
        self.note = ""
        self.is_live = False
        self._home = home
        self._zone = zone
        self._listening: Listening | None = None

    def ask(self, *, listen: bool = False) -> dict[str, Any]:
        """What goes on. Raises TachographError."""
        from tachograph.cli.client import find_server

        server = find_server(self._home)
        self.is_live = server is not None
        if server is not None:
            told: dict[str, Any] = server.get("/api/v1/now", {"tz": self._zone})
            if listen:
                self._listen(server)
            self.note = "live" if self._listening is None or self._listening.is_connected else "asked again and again"
            return told
        from tachograph.wiring.local import open_answers

        self.stop()
        with open_answers(self._home) as answers:
            self.note = "no server runs: the store is read again and again"
            answer: dict[str, Any] = answers.ask("now", {"tz": self._zone})
            return answer

    def stop(self) -> None:
        """Listen no longer."""
        if self._listening is not None:
            self._listening.stop()
            self._listening = None

    def _listen(self, server: RunningServer) -> None:
        """To this server: it may be another one than a moment ago."""
        from tachograph.cli.live import Listening

        if self._listening is None or self._listening.url != server.url:
            self.stop()
            self._listening = Listening(server, self.changed.set)
            self._listening.start()


def _frame(told: dict[str, Any], console: Console, note: str, *, fit: bool) -> Any:
    from tachograph.cli.terminal import is_plain
    from tachograph.cli.top_frame import draw_frame

    return draw_frame(
        told,
        width=console.width,
        height=console.height if fit else None,
        plain=is_plain(console),
        note=note,
        keys=KEYS if fit else "",
    )


def _show(console: Console, source: _Source, interval_s: float) -> None:
    """Draw until a key or a signal ends it."""
    from rich.live import Live

    told = source.ask(listen=True)  # what is wrong from the beginning is said on the ordinary screen
    for number in (signal.SIGINT, signal.SIGTERM):  # so that the screen comes back then, too, whoever had them ignored
        signal.signal(number, signal.default_int_handler)
    try:
        with (
            _keys(sys.stdin) as pressed,
            Live(
                console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
            ) as live,
        ):
            while True:
                live.update(_frame(told, console, source.note, fit=True), refresh=True)
                if _wait(pressed, source.changed, interval_s if source.is_live else max(interval_s, UNSERVED_S)):
                    return
                source.changed.clear()
                try:
                    told = source.ask(listen=True)
                except StoreBusy:
                    source.note = "the store is busy; these figures are older"
                except TachographError as error:
                    source.note = f"{error.message}; these figures are older"
    except KeyboardInterrupt:
        return  # the usual way to end it
    finally:
        source.stop()


def _wait(pressed: _Pressed, changed: threading.Event, interval_s: float) -> bool:
    """Wait for something new, or for the time. True if somebody wants to leave."""
    start_s = time.monotonic()
    while (waited_s := time.monotonic() - start_s) < interval_s:
        if changed.is_set() and waited_s >= OFTEN_S:
            return False
        if pressed.wants_to_leave(0.1):
            return True
    return False


class _Pressed:
    """Keys that were pressed, read one by one."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def wants_to_leave(self, timeout_s: float) -> bool:
        """Wait so long for a key; true for one that ends it."""
        if self._descriptor is None:
            time.sleep(timeout_s)
            return False
        ready, _, _ = select.select([self._descriptor], [], [], timeout_s)
        if not ready:
            return False
        key = os.read(self._descriptor, 1)
        if not key:
            self._descriptor = None  # nobody is at the keys any more
        return key in _LEAVE


@contextmanager
def _keys(stdin: IO[str]) -> Iterator[_Pressed]:
    """Read keys as they are pressed and do not echo them, where there is a keyboard; the terminal as it was, at the end."""
    try:
        import termios
        import tty
    except ImportError:  # there is no such thing on this system
        yield _Pressed(None)
        return
    try:
        descriptor = stdin.fileno()
        before = termios.tcgetattr(descriptor)
    except (OSError, ValueError, termios.error):  # not a terminal
        yield _Pressed(None)
        return
    try:
        tty.setcbreak(descriptor)
        yield _Pressed(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
