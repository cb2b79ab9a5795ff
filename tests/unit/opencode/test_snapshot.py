"""A person's database is read in whatever state it is found, and is byte for byte, file for file, what it was."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tachograph.inputs.agents.opencode.snapshot import Snapshot

WRITER = """
import os, sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("pragma journal_mode = wal")
c.execute("create table if not exists t (a)")
n = 0
while True:
    c.execute("begin immediate")
    for _ in range(10):
        c.execute("insert into t values (zeroblob(1000))")
    c.execute("commit")
    n += 10
    print(n, flush=True)
    command = sys.stdin.readline().strip()
    if command == "die":
        os._exit(9)
    if command == "close":
        c.close()
        sys.exit()
    if command == "move":
        c.execute("pragma wal_checkpoint(truncate)")
"""


class Writer:
    """Another process that writes to the database, step by step."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.rows = self._answer()

    def tell(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        if command in ("die", "close"):
            self._process.wait(10)
        else:
            self.rows = self._answer()

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def _answer(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests that run at the same time leave things in the usual one."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    folder = tmp_path / "share"
    folder.mkdir()
    return folder / "opencode.db"


@pytest.fixture
def writer(database: Path) -> Iterator[Writer]:
    process = Writer(database)
    yield process
    process.stop()


def count(path: Path) -> int:
    """The rows that a snapshot sees; nothing around the file may have changed by that, nor anything be left behind."""
    before, left = state(path.parent), temporary()
    snapshot = Snapshot(str(path))
    try:
        (rows,) = snapshot.ask(lambda c: c.execute("select count(*) from t").fetchone())
    finally:
        snapshot.close()
    assert state(path.parent) == before
    assert temporary() == left
    return int(rows)


def state(folder: Path) -> dict[str, tuple[int, int, int, str]]:
    found = {}
    for path in sorted(folder.iterdir()):
        status = path.stat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        found[path.name] = (status.st_mtime_ns, status.st_size, status.st_mode, digest)
    return found


def temporary() -> set[str]:
    return set(os.listdir(tempfile.gettempdir()))


def endings(database: Path) -> set[str]:
    return {path.name.removeprefix("opencode.db") for path in database.parent.iterdir()}


def test_while_another_process_has_it_open(database: Path, writer: Writer) -> None:
    assert endings(database) == {"", "-wal", "-shm"}
    assert count(database) == 10


def test_news_are_seen_at_once(database: Path, writer: Writer) -> None:
    for _ in range(3):
        writer.tell("more")
        assert count(database) == writer.rows


def test_after_its_writer_was_killed(database: Path, writer: Writer) -> None:
    writer.tell("die")
    assert endings(database) == {"", "-wal", "-shm"}
    assert count(database) == 10


def test_after_its_writer_ended_well(database: Path, writer: Writer) -> None:
    writer.tell("close")
    assert endings(database) == {""}
    assert count(database) == 10


def test_with_an_empty_wal(database: Path, writer: Writer) -> None:
    writer.tell("move")
    writer.tell("die")
    (database.parent / "opencode.db-wal").write_bytes(b"")
    assert count(database) == 10  # what was not moved over is gone with its -wal


def test_a_copy_without_its_shm(database: Path, writer: Writer) -> None:
    writer.tell("die")
    (database.parent / "opencode.db-shm").unlink()
    assert count(database) == 10
    assert endings(database) == {"", "-wal"}


@pytest.mark.parametrize("ending", ["", "-shm"])
def test_in_a_folder_and_a_file_that_cannot_be_written(database: Path, writer: Writer, ending: str) -> None:
    writer.tell("die")
    if ending:
        (database.parent / f"opencode.db{ending}").unlink()
    for path in database.parent.iterdir():
        path.chmod(0o400)
    database.parent.chmod(0o500)
    try:
        assert count(database) == 10
    finally:
        database.parent.chmod(0o700)


def test_writing_goes_on_while_it_is_read(database: Path, writer: Writer) -> None:
    """One answer is of one state, and the writer is kept from nothing, not even from tidying up."""

    def twice(connection: sqlite3.Connection) -> tuple[int, int]:
        first = connection.execute("select count(*) from t").fetchone()[0]
        writer.tell("more")
        return first, connection.execute("select count(*) from t").fetchone()[0]

    snapshot = Snapshot(str(database))
    assert snapshot.ask(twice) == (10, 10)
    assert writer.rows == 20
    writer.tell("move")
    assert snapshot.ask(lambda c: c.execute("select count(*) from t").fetchone()[0]) == writer.rows
    writer.tell("close")
    assert endings(database) == {""}
    assert snapshot.ask(lambda c: c.execute("select count(*) from t").fetchone()[0]) == writer.rows


def test_a_file_that_changes_under_an_immutable_reading_is_read_again(database: Path, writer: Writer) -> None:
    writer.tell("close")
    asked = []

    def work(connection: sqlite3.Connection) -> int:
        asked.append(connection.execute("select count(*) from t").fetchone()[0])
        if len(asked) == 1:
            other = Writer(database)
            other.tell("close")
            other.stop()
        return int(asked[-1])

    assert Snapshot(str(database)).ask(work) == 20


def test_one_that_never_stands_still_is_given_up(database: Path, writer: Writer) -> None:
    writer.tell("close")

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("select count(*) from t").fetchone()
        os.utime(database)

    with pytest.raises(OSError, match="changes faster"):
        Snapshot(str(database)).ask(work)


def test_what_is_no_database_is_an_os_error_that_says_nothing_of_it(database: Path) -> None:
    database.write_bytes(b"SQLite format 3\x00" + b"secret-content" * 400)
    with pytest.raises(OSError, match=r"^the database cannot be read: \w+$"):
        Snapshot(str(database)).ask(lambda c: c.execute("select * from t").fetchall())
    with pytest.raises(OSError, match="cannot be read"):
        Snapshot(str(database.parent / "none.db")).ask(lambda c: c.execute("select 1").fetchall())
    assert endings(database) == {""}


def test_a_private_copy_is_unlinked_before_it_is_read(
    database: Path, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever kills this process, no copy of somebody's prompts is left; while it lies there only they can read it."""
    writer.tell("die")
    (database.parent / "opencode.db-shm").unlink()
    modes = []
    remove = shutil.rmtree

    def note(folder: str, ignore_errors: bool = False) -> None:
        if os.path.isdir(folder):
            modes.append(os.stat(folder).st_mode & 0o777)
        remove(folder, ignore_errors=ignore_errors)

    monkeypatch.setattr(shutil, "rmtree", note)
    before = temporary()
    snapshot = Snapshot(str(database))
    assert snapshot.ask(lambda c: (temporary(), c.execute("select count(*) from t").fetchone()[0])) == (before, 10)
    snapshot.close()
    assert modes == [0o700]


@pytest.mark.parametrize("ending", ["die", "close"])
def test_a_path_with_signs_that_mean_something_in_an_address(tmp_path: Path, ending: str) -> None:
    folder = tmp_path / "50% a?b#c;mode=rwc&ü"
    folder.mkdir()
    process = Writer(folder / "opencode.db")
    try:
        process.tell(ending)
        assert count(folder / "opencode.db") == 10
    finally:
        process.stop()
