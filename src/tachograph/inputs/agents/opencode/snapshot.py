"""Opens another program's database without touching it: not a byte, not a file beside it, also while it is written to.

An SQLite database in WAL mode is two files: what was committed lately is only in `-wal`. Seen with SQLite 3.40
(tests/unit/opencode/test_snapshot.py repeats it):

* `mode=ro` sees everything, but creates `-shm` where it is missing, and writes into it where it is not;
* `immutable=1` touches nothing, but does not look at `-wal`: a database whose news have not been moved over is empty;
* `mode=ro&readonly_shm=1` sees everything and touches nothing, but needs an `-shm` that is there already. If its writer
  runs, the two go by SQLite's own locks, so that what is read is one consistent state; if not, SQLite works out
  what `-shm` would say in its own memory.

So: no `-wal`, or an empty one: immutable, and afterwards a look whether the file is still the same. `-wal` and `-shm`:
the third way, without a copy. `-wal` without `-shm` (a backup, a folder that was copied): nobody can be writing in that
state, and the two files are copied to a private folder (0700) and read there; the copy is unlinked before it is read.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

__all__ = ["Snapshot"]

_T = TypeVar("_T")
_Stamp = tuple[int, int, int]

_WAIT_S = 5.0  # for a writer that is just moving news over
_TRIES = 5


class Snapshot:
    """Answers questions to a database file; each `ask` sees one consistent state, later ones maybe a newer one.

    Nothing is held open between two questions, so that a slow reader keeps no writer from tidying up.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._copy: sqlite3.Connection | None = None
        self._folder = ""

    def ask(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """What `work` returns, which may only read; it may be called again if the file changed meanwhile.

        Raises:
            OSError: the file cannot be read, is no database, or changes faster than it can be read.
        """
        try:
            if self._copy is not None:
                return work(self._copy)
            for _ in range(_TRIES):
                before = self._stamps()
                done, answer = self._try(work, before)
                if done:
                    return answer  # type: ignore[return-value]
        except sqlite3.Error as error:
            raise OSError(f"the database cannot be read: {type(error).__name__}") from None
        raise OSError("the database changes faster than it can be read")

    def is_cut(self) -> bool:
        """Whether the file is shorter than its own header says. Raises OSError."""
        with open(self._path, "rb") as file:
            header = file.read(100)
            size = os.fstat(file.fileno()).st_size
        page = int.from_bytes(header[16:18], "big")  # 1 means 65,536
        pages = int.from_bytes(header[28:32], "big")
        return len(header) < 100 or size < (65_536 if page == 1 else page) * pages

    def close(self) -> None:
        """Let go of a private copy, if there is one."""
        if self._copy is not None:
            self._copy.close()
            self._copy = None
            shutil.rmtree(self._folder, ignore_errors=True)  # where open files cannot be unlinked

    def _try(
        self, work: Callable[[sqlite3.Connection], _T], before: tuple[_Stamp | None, ...]
    ) -> tuple[bool, _T | None]:
        _, wal, shm, journal = before
        if not _has_bytes(wal) and not _has_bytes(journal):
            answer = _with(_connect(self._path, "mode=ro&immutable=1"), work)
            return self._stamps() == before, answer
        if _has_bytes(wal) and shm is not None:
            try:
                connection = _connect(self._path, "mode=ro&readonly_shm=1")
                connection.execute("select 1 from sqlite_master").fetchone()
            except sqlite3.OperationalError:
                pass  # a file system without shared memory or locks: copied like one without -shm
            else:
                return True, _with(connection, work)
        connection = self._make_copy()
        if self._stamps() != before:
            connection.close()
            return False, None
        self._copy = connection
        return True, work(connection)

    def _stamps(self) -> tuple[_Stamp | None, ...]:
        return tuple(_stamp(self._path + ending) for ending in ("", "-wal", "-shm", "-journal"))

    def _make_copy(self) -> sqlite3.Connection:
        folder = self._folder = tempfile.mkdtemp(prefix="tachograph-copy-")  # mode 0700
        try:
            target = os.path.join(folder, "copy.db")
            for ending in ("", "-wal", "-journal"):
                try:
                    shutil.copyfile(self._path + ending, target + ending)
                except FileNotFoundError:
                    if not ending:
                        raise
            os.chmod(target, 0o600)
            connection = sqlite3.connect(target, isolation_level=None, check_same_thread=False)
            connection.execute("select 1 from sqlite_master").fetchone()  # all files are open from here on
            return connection
        finally:
            # Unlinked while open: nothing is left behind, however this process ends.
            shutil.rmtree(folder, ignore_errors=True)


def _connect(path: str, how: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{Path(path).absolute().as_uri()}?{how}",
        uri=True,
        timeout=_WAIT_S,
        isolation_level=None,
        check_same_thread=False,
    )


def _with(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], _T]) -> _T:
    try:
        connection.execute("begin")  # all that `work` asks is answered from one state
        return work(connection)
    finally:
        connection.close()


def _stamp(path: str) -> _Stamp | None:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _has_bytes(stamp: _Stamp | None) -> bool:
    return stamp is not None and stamp[1] > 0
