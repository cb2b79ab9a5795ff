"""Small files of the data folder: private, written whole or not at all, made once."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from typing import Any, BinaryIO

__all__ = ["create_once", "read_json", "read_text", "remove", "replace", "size_of", "sweep", "try_lock"]

MAX_READ_BYTES = 16 * 1024 * 1024


def read_text(path: str, limit: int = MAX_READ_BYTES) -> str | None:
    """A regular file's text of at most `limit` bytes; None if there is no such file."""
    # Not opened through a link or a pipe: the folder is ours, what stands in it may not be.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError):
        return None
    return data.decode("utf-8", "replace") if len(data) <= limit else None


def read_json(path: str) -> dict[str, Any] | None:
    """A file's JSON object; None if it holds none."""
    text = read_text(path)
    try:
        value = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _temporary(path: str, text: str, is_synced: bool = True) -> str:
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=os.path.dirname(path))  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8"))
            if is_synced:
                file.flush()
                os.fsync(file.fileno())
    except OSError:
        remove(name)
        raise
    return name


def replace(path: str, text: str, *, is_synced: bool = True) -> None:
    """Write a file whole: whoever reads it sees the old text or the new.

    Args:
        path, text: of the file.
        is_synced: whether it must be there after a power cut too.

    Raises:
        OSError: it could not be written; what was there still is.
    """
    name = _temporary(path, text, is_synced)
    try:
        os.replace(name, path)
    except OSError:
        remove(name)
        raise


def create_once(path: str, text: str) -> bool:
    """Write a file only if there is none yet; True if it was written. Of several at once one wins. Raises OSError."""
    name = _temporary(path, text)
    try:
        if sys.platform == "win32":
            os.rename(name, path)  # refuses to replace, there
        else:
            os.link(name, path)
            remove(name)
    except FileExistsError:
        remove(name)
        return False
    except OSError:
        remove(name)
        raise
    return True


def remove(path: str) -> None:
    """Delete a file, if it is there and can be."""
    try:
        os.unlink(path)
    except OSError:
        pass


def sweep(folder: str, older_than_s: float) -> None:
    """Delete what writers that were killed left behind."""
    try:
        names = [name for name in os.listdir(folder) if name.startswith(".") and name.endswith(".tmp")]
    except OSError:
        return
    for name in names:
        path = os.path.join(folder, name)
        try:
            if os.stat(path).st_mtime <= time.time() - older_than_s:
                os.unlink(path)
        except OSError:
            continue


def size_of(path: str) -> int:
    """Bytes of a file, 0 if it is not there."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def try_lock(path: str) -> BinaryIO | None:
    """Take the lock that this file stands for; None if another process has it. Hold what is returned, then close it.

    The system frees it when the process ends, however it ends. Raises OSError.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    file = os.fdopen(os.open(path, flags, 0o600), "r+b")
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
