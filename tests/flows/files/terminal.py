"""A program under a terminal of its own, as a person has it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

__all__ = ["Terminal"]


class Terminal:
    """Runs a program with this terminal as its own; `see` waits for what it shows, `keys` types."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self.shown = ""
        self.status: int | None = None  # as of waitpid
        self.pid, self._master = pty.fork()
        if self.pid == 0:  # pragma: no cover - another process
            os.closerange(3, 256)  # what whoever started these tests left open is none of the program's
            os.execvpe(arguments[0], list(arguments), dict(environment))
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 101, 0, 0))

    def keys(self, text: str) -> None:
        """Type."""
        os.write(self._master, text.encode())

    def see(self, pattern: str, seconds: float = 20.0) -> re.Match[str]:
        """Wait until the pattern is shown after what was seen before."""
        deadline = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.shown)
            if found is not None:
                self.shown = self.shown[found.end() :]
                return found
            if time.monotonic() > deadline or not self._read(0.05):
                raise AssertionError(f"not shown: {pattern!r}; last: {self.shown[-400:]!r}")

    def hang_up(self) -> None:
        """Take the terminal away."""
        os.close(self._master)
        self._master = -1

    def wait(self, seconds: float = 20.0) -> int:
        """Wait for the program's end: its exit status, or minus the signal that ended it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._master >= 0:
                self._read(0.02)
            else:
                time.sleep(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
                while self._master >= 0 and self._read(0.05):
                    pass
                return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
        raise AssertionError(f"still running; last: {self.shown[-400:]!r}")

    def _read(self, seconds: float) -> bool:
        """Read for so long; False once there is nothing more to come."""
        if not select.select([self._master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:  # the other end is closed
            return False
        self.shown += data.decode("utf-8", "replace")
        return bool(data)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._master >= 0:
            os.close(self._master)
        if self.status is None:
            with contextlib.suppress(OSError):
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
