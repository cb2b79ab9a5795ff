"""`metrics.log`: what went wrong, and with CLAUDE_METRICS_VERBOSE everything that was done. Never what was sent.

One line is `[<UTC time>] <message>`. At 1 MB the file becomes `metrics.log.1`, which replaces the one before.
"""

from __future__ import annotations

import os
import re
import time
from typing import Mapping

__all__ = ["Log", "is_verbose"]

NAME = "metrics.log"
MAX_BYTES = 1_000_000
_MAX_MESSAGE = 400
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")


def is_verbose(environ: Mapping[str, str]) -> bool:
    """Whether CLAUDE_METRICS_VERBOSE says so: 1, true or yes."""
    return environ.get("CLAUDE_METRICS_VERBOSE", "").strip().lower() in ("1", "true", "yes")


class Log:
    """Appends to the log of a data folder; whatever goes wrong with it is nobody's business.

    Args:
        folder: the data folder; nothing is written while it does not exist.
        environ: the environment.
    """

    def __init__(self, folder: str, environ: Mapping[str, str]) -> None:
        self._path = os.path.join(folder, NAME)
        self._verbose = is_verbose(environ)

    def trouble(self, message: str) -> None:
        """Something went wrong."""
        self._append(message)

    def say(self, message: str) -> None:
        """Something was done; only noted when asked for."""
        if self._verbose:
            self._append(message)

    def _append(self, message: str) -> None:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
        text = _UNPRINTABLE.sub(" ", message)[:_MAX_MESSAGE]
        line = f"[{stamp}] {text}\n"
        try:
            if os.path.getsize(self._path) + len(line) > MAX_BYTES:
                os.replace(self._path, self._path + ".1")
        except OSError:
            pass  # not there yet
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
            descriptor = os.open(self._path, flags, 0o600)
            try:
                os.write(descriptor, line.encode("ascii", "replace"))
            finally:
                os.close(descriptor)
        except OSError:
            pass
