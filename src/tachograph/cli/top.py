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

__all__ = ["top"]

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

    place, zone = resolve_home(context, home), resolve_zone(tz)
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(_ask(place, zone)[0]))
        return
    console = make_console()
    if once or not console.is_terminal:
        told, note = _ask(place, zone)
        console.print(_frame(told, console, note, fit=False))
        return
    _show(console, place, zone, interval)


def _ask(home: Home, zone: str) -> tuple[dict[str, Any], str]:
    """The answer, and where it is from. Raises TachographError."""
    from tachograph.cli.client import find_server

    server = find_server(home)
    if server is not None:
        told: dict[str, Any] = server.get("/api/v1/now", {"tz": zone})
        return told, "live"
    from tachograph.wiring.local import open_answers

    with open_answers(home) as answers:
        return answers.ask("now", {"tz": zone}), "no server runs: the store is read again and again"


def _frame(told: dict[str, Any], console: Console, note: str, *, fit: bool) -> Any:
    from tachograph.cli.terminal import is_plain
    from tachograph.cli.top_frame import draw_frame

    return draw_frame(
        told,
        width=console.width,
        height=console.height if fit else None,
        plain=is_plain(console),
        note=note if fit or note != "live" else "",
        keys=KEYS if fit else "",
    )


def _show(console: Console, home: Home, zone: str, interval_s: float) -> None:
    """Draw until a key or a signal ends it."""
    from rich.live import Live

    from tachograph.cli.client import find_server
    from tachograph.cli.live import Listening

    told, note = _ask(home, zone)  # what is wrong from the beginning is said on the ordinary screen
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the screen comes back then, too
    changed = threading.Event()
    server = find_server(home)
    listening = Listening(server, changed.set) if server is not None else None
    if listening is not None:
        listening.start()
    try:
        with (
            _keys(sys.stdin) as pressed,
            Live(
                console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
            ) as live,
        ):
            while True:
                live.update(_frame(told, console, note, fit=True), refresh=True)
                if _wait(pressed, changed, interval_s):
                    return
                changed.clear()
                try:
                    told, note = _ask(home, zone)
                except StoreBusy:
                    note = "the store is busy; these figures are older"
                except TachographError as error:
                    note = f"{error.message}; these figures are older"
                if listening is not None and note == "live" and not listening.is_connected:
                    note = "the server does not stream; asked again and again"
    except KeyboardInterrupt:
        return  # the usual way to end it
    finally:
        if listening is not None:
            listening.stop()


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
