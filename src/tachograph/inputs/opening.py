"""How a file that somebody else writes is opened: only to read, never through a link, and never a pipe or a device."""

from __future__ import annotations

import os
import stat
from typing import Final

__all__ = ["BYTE_ORDER_MARK", "NotAFile", "open_file"]

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"  # some editors begin a file with it; JSON does not

_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


class NotAFile(OSError):
    """There is something else of that name."""


def open_file(path: str) -> tuple[int, os.stat_result]:
    """A descriptor, which the caller closes, and what the file is now.

    Raises:
        NotAFile: it is a folder, a pipe or a device.
        OSError: it cannot be opened, or is a link.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NotAFile("not a file")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, status
