"""Files that only their owner may read: made once, replaced whole, appended to durably, locked between processes.

All raise OSError; who calls says what that means for the user.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

__all__ = [
    "append_line",
    "create_once",
    "lock_file",
    "mark_of",
    "remove",
    "replace_file",
    "replacing",
    "sweep",
    "sync_folder",
    "try_lock",
]

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_TEMPORARY = re.compile(r"\..+\.([0-9]{1,10})-[0-9]{1,20}")


def create_once(path: Path, data: bytes) -> bytes:
    """Make the file if it is not there; what it holds then. Of several processes one makes it, and all get the same."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(name, path)  # fails if another process was first: then its file is the one
        except FileExistsError:
            pass
    finally:
        os.unlink(name)
    sync_folder(path.parent)
    return path.read_bytes()


def replace_file(path: Path, data: bytes) -> None:
    """Replace the file by one with this content, in one step; nobody else can read it, before or after."""
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that takes the place of `path` in one step at the end; after an exception nothing has changed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")  # so `sweep` finds what is left
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def mark_of(path: Path) -> tuple[int, int, int] | None:
    """What changes whenever the file does: time of change in nanoseconds, size, inode. None if it cannot be looked at."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def append_line(path: Path, line: bytes) -> None:
    """Add a line, durably, in one write: lines of several processes never mix, also after one that was cut short."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _NOFOLLOW, 0o600)
    try:
        _lock(descriptor, wait=True)  # what another process is writing just now would look like half a line
        data = line.rstrip(b"\n") + b"\n"
        size = os.fstat(descriptor).st_size
        if size and _byte_at(descriptor, size - 1) != b"\n":
            data = b"\n" + data
        if os.write(descriptor, data) != len(data):
            raise OSError("the disk is full: a line was not written whole")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path) -> None:
    """Delete what processes that ended in the middle of `replace_file` left in this folder: it may hold anything."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        match = _TEMPORARY.fullmatch(name)
        if match is not None and not _is_running(int(match.group(1))):
            (folder / name).unlink(missing_ok=True)


def _is_running(process_id: int) -> bool:
    """Whether there is such a process; yes where nobody can say."""
    if os.name != "posix":
        return process_id == os.getpid()
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True


def remove(path: Path) -> bool:
    """Delete the file, durably. False if there was none."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    sync_folder(path.parent)
    return True


@contextmanager
def lock_file(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock of this name; the system lets go of it when the process ends, however it ends.

    Raises:
        BlockingIOError: another process holds it, and `wait` is false.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _NOFOLLOW, 0o600)
    try:
        _lock(descriptor, wait=wait)
        yield
    finally:
        os.close(descriptor)


def try_lock(descriptor: int) -> bool:
    """Lock an open file until its descriptor is closed. False if somebody else holds it, also in this process."""
    try:
        _lock(descriptor, wait=False)
    except BlockingIOError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Make names in this folder durable, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _byte_at(descriptor: int, place: int) -> bytes:
    os.lseek(descriptor, place, os.SEEK_SET)
    return os.read(descriptor, 1)


if os.name == "posix":
    import fcntl

    def _lock(descriptor: int, *, wait: bool) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))

else:  # pragma: no cover - other systems
    import msvcrt

    def _lock(descriptor: int, *, wait: bool) -> None:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError as error:
            raise BlockingIOError(str(error)) from None
