"""`tachograph top` in a terminal of its own, beside the real server: it shows what comes in, and leaves the screen as it was."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import uuid
from pathlib import Path

import pytest

from tests.flows.harness import otlp_logs, serve

ENTER, LEAVE, SHOW_CURSOR = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25h"


class Terminal:
    """80 columns, 24 lines, and the program that runs in it."""

    def __init__(self, home: Path, *options: str) -> None:
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(theirs)
        self.theirs = theirs
        self.seen = b""
        environment = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "LINES", "NO_COLOR"}}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tachograph", "--home", str(home), "top", *options],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**environment, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that Ctrl-C is a signal, as it is for people
        )

    def until(self, pattern: bytes, seconds: float = 20.0) -> None:
        """Read until something is on the screen."""
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.seen):
            assert time.monotonic() < deadline, self.seen[-2000:]
            assert self.process.poll() is None, self.seen
            self.read(0.1)

    def read(self, seconds: float) -> None:
        if select.select([self.ours], [], [], seconds)[0]:
            self.seen += os.read(self.ours, 65536)

    def end(self) -> int:
        """Wait for its end; the exit status."""
        deadline = time.monotonic() + 10
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(0.05)
        status = self.process.wait(1)
        self.read(0.0)
        assert termios.tcgetattr(self.theirs) == self.before
        os.close(self.ours)
        os.close(self.theirs)
        return status


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # a fork beside threads, which only sets a terminal
def test_it_shows_what_comes_in_and_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        terminal = Terminal(tmp_path, "--interval", "3600")  # only the stream says that there is something new
        terminal.until(b"No session had a record")
        server.post_otlp("logs", otlp_logs([f"req_{uuid.uuid4().hex}" for _ in range(7)]))
        terminal.until(rb"claude_code")
        terminal.until(rb"opus-5-5")
        os.write(terminal.ours, b"x")  # means nothing
        os.write(terminal.ours, b"q")
        assert terminal.end() == 0
        assert terminal.seen.count(ENTER) == terminal.seen.count(LEAVE) == 1
        assert terminal.seen.rindex(SHOW_CURSOR) > terminal.seen.index(ENTER)
        assert (
            b"\x1b[2J" not in terminal.seen.split(ENTER)[1].split(b"claude_code")[1]
        )  # drawn over, not wiped: no flicker

        for send in (b"\x03", signal.SIGTERM):
            terminal = Terminal(tmp_path)
            terminal.until(rb"claude_code")
            if isinstance(send, bytes):
                os.write(terminal.ours, send)
            else:
                terminal.process.send_signal(send)
            assert terminal.end() == 0
            assert terminal.seen.count(ENTER) == terminal.seen.count(LEAVE) == 1
            assert b"Traceback" not in terminal.seen
