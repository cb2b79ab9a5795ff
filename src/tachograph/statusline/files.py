"""Small files of the home, read and written without waiting for anything.

Beside `tachograph_sdk.private_files`, which makes durable what must not be lost: what a status line remembers may be, and
a redraw must not wait for a disk.
"""

from __future__ import annotations

import os

__all__ = ["FOLDER", "NOFOLLOW", "read_small", "write_new"]

FOLDER = "statusline"  # in the home
NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)


def read_small(path: str, most: int) -> bytes:
    """A file of at most so many bytes, no link. Raises OSError, ValueError."""
    descriptor = os.open(path, os.O_RDONLY | NOFOLLOW | getattr(os, "O_NONBLOCK", 0))
    try:
        data = os.read(descriptor, most + 1)
    finally:
        os.close(descriptor)
    if len(data) > most:
        raise ValueError("too large")
    return data


def write_new(path: str, data: bytes) -> None:
    """Make the file, or empty it first; only its owner may read it. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | NOFOLLOW, 0o600)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)
