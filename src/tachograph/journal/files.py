# ruff: noqa: D102 - what a method does is said once, in FileSystem
"""Every call the journal makes on the file system goes through here, so that tests can make each of them fail."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from typing import Protocol

from tachograph.journal.segment import Buffer

__all__ = ["FileSystem", "RealFiles"]


class FileSystem(Protocol):
    """What the journal needs of a file system. Every method may raise OSError."""

    def make_directory(self, path: str) -> None:
        """Create a directory (0700) and its parents; nothing happens if it exists."""

    def lock(self, path: str) -> int:
        """Take the lock file for this process and return its descriptor. BlockingIOError: another one has it."""

    def create(self, path: str) -> int:
        """A new file (0600) to write to; FileExistsError if there is one."""

    def open(self, path: str) -> int:
        """An existing file to read from."""

    def write(self, fd: int, buffers: Sequence[Buffer]) -> int:
        """Write after the last byte; returns how many bytes were taken, possibly fewer than given."""

    def fdatasync(self, fd: int) -> None:
        """Return once what was written, and the size, would survive a power cut."""

    def truncate(self, fd: int, size: int) -> None:
        """Cut a file that is open for writing."""

    def read(self, fd: int, size: int, offset: int) -> bytes:
        """At most `size` bytes from `offset`; fewer at the end of the file."""

    def size(self, path: str) -> int:
        """The size of a file by name, bytes."""

    def modified_s(self, path: str) -> float:
        """When a file was last written to, seconds since 1970."""

    def close(self, fd: int) -> None:
        """Let go of a descriptor."""

    def names(self, directory: str) -> list[str]:
        """The names in a directory, in no order."""

    def unlink(self, path: str) -> None:
        """Remove a file."""

    def sync_directory(self, path: str) -> None:
        """Return once the names in a directory would survive a power cut."""

    def space(self, path: str) -> tuple[int, int]:
        """Bytes free to us, and bytes altogether, of the file system that holds `path`."""


class RealFiles:
    """The operating system's files."""

    def make_directory(self, path: str) -> None:
        os.makedirs(path, mode=0o700, exist_ok=True)

    def lock(self, path: str) -> int:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            raise
        return fd

    def create(self, path: str) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        return os.open(path, flags, 0o600)

    def open(self, path: str) -> int:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)

    def write(self, fd: int, buffers: Sequence[Buffer]) -> int:
        return os.writev(fd, buffers)

    def fdatasync(self, fd: int) -> None:
        # macOS has no fdatasync, and its fsync stops at the drive's cache.
        if hasattr(fcntl, "F_FULLFSYNC"):
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
        else:
            os.fdatasync(fd)

    def truncate(self, fd: int, size: int) -> None:
        os.ftruncate(fd, size)

    def read(self, fd: int, size: int, offset: int) -> bytes:
        return os.pread(fd, size, offset)

    def size(self, path: str) -> int:
        return os.stat(path, follow_symlinks=False).st_size

    def modified_s(self, path: str) -> float:
        return os.stat(path, follow_symlinks=False).st_mtime

    def close(self, fd: int) -> None:
        os.close(fd)

    def names(self, directory: str) -> list[str]:
        return os.listdir(directory)

    def unlink(self, path: str) -> None:
        os.unlink(path)

    def sync_directory(self, path: str) -> None:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def space(self, path: str) -> tuple[int, int]:
        found = os.statvfs(path)
        return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
