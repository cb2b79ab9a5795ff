"""The quick answer to "is there anything new?", without opening the store.

Opening the database costs more than stat'ing a thousand files. So after each import the files' sizes, times and inodes
are also written to a small file beside the store, and an import that finds all of them unchanged ends there. The
store's own `files` table stays the truth: this file only says that nothing needs to be asked. It is bound to the
store by the store file's inode and a hash of its first block, which holds a random id that the database made for it, so
that a deleted, restored or exchanged store makes it worthless. Names are pseudonyms, as in the store; mode 0600.

Standard library only: loading this must stay cheap.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tachograph.inputs.agents.histories import BY_ID
from tachograph.inputs.histories.find import Found, FoundFile
from tachograph.inputs.histories.report import ImportReport

__all__ = ["ImportCache", "Stamp", "report_on", "stamp_of"]

_VERSION = 2
_HEADER_BYTES = 4096

Stamp = tuple[int, int, int]
"""Size in bytes, modification time in nanoseconds, inode."""


class ImportCache:
    """The file beside the store.

    Args:
        path: where it is kept.
        store_path: the store's file; None for a store without one, which has no cache.
    """

    def __init__(self, path: Path, store_path: Path | None) -> None:
        self._path = path
        self._store_path = store_path
        self._descriptor: tuple[int, int, int] | None = (
            None  # device and inode of the store's file, and open for reading
        )

    def load(self) -> dict[str, Stamp] | None:
        """What was read by the last imports, by file id; None if that cannot be relied on."""
        remembered = self.load_with_kinds()
        return None if remembered is None else remembered[0]

    def load_with_kinds(self) -> tuple[dict[str, Stamp], dict[str, str]] | None:
        """The same, and what each file is that is no transcript."""
        identity = self._identity()
        if identity is None:
            return None
        try:
            told = json.loads(self._path.read_bytes())
            if told["version"] != _VERSION or told["store"] != identity:
                return None
            stamps = {file_id: (size, mtime, inode) for file_id, (size, mtime, inode) in told["files"].items()}
            return stamps, dict(told["kinds"].items())
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def save(self, stamps: Mapping[str, Stamp], heads: Mapping[str, str] | None = None) -> None:
        """Replace what is remembered; call it after the store has committed. A failure only makes the next import ask.

        Args:
            stamps: by file id.
            heads: by file id, `FileState.head`; what stands before a colon says what the file is.
        """
        identity = self._identity()
        if identity is None:
            return
        kinds = {file_id: head.partition(":")[0] for file_id, head in (heads or {}).items() if ":" in head}
        told = {"version": _VERSION, "store": identity, "files": stamps, "kinds": kinds}
        body = json.dumps(told, separators=(",", ":"))
        try:
            handle, name = tempfile.mkstemp(prefix=".imports-", dir=self._path.parent)  # made with mode 0600
            try:
                with os.fdopen(handle, "w") as file:
                    file.write(body)
                os.replace(name, self._path)
            except BaseException:
                os.unlink(name)
                raise
        except OSError:
            return

    def _identity(self) -> str | None:
        if self._store_path is None:
            return None
        try:
            status = os.stat(self._store_path)
            header = os.pread(self._opened(self._store_path, status), _HEADER_BYTES, 0)
        except OSError:
            return None
        if len(header) < _HEADER_BYTES:
            return None
        # The inode as well: a copy put back from a backup has the same header, and may know less.
        place = f"{status.st_dev}:{status.st_ino}".encode()
        return hashlib.blake2b(header + place, digest_size=16).hexdigest()

    def _opened(self, path: Path, status: os.stat_result) -> int:
        """A descriptor that stays open: closing any would let go of the lock that the database in this process holds."""
        if self._descriptor is None or self._descriptor[:2] != (status.st_dev, status.st_ino):
            if self._descriptor is not None:
                os.close(self._descriptor[2])  # of a file that was exchanged since
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
            self._descriptor = (status.st_dev, status.st_ino, descriptor)
        return self._descriptor[2]


def stamp_of(file: FoundFile) -> Stamp:
    """What tells whether a file has changed."""
    return (file.size_bytes, file.mtime_ns, file.inode)


def report_on(found: Found, *, seconds: float = 0.0) -> ImportReport:
    """A report that says what was found, and nothing read."""
    report = ImportReport(files=len(found.files), symlinks=found.symlinks, failed=dict(found.failed), seconds=seconds)
    for history, files in Counter(file.history for file in found.files).items():
        if history in BY_ID:
            report.of(BY_ID[history].agent).files += files
    return report
