"""The ledger of consent: every decision a line, each with the hash of the one before; read by anyone, written under a lock.

Damage means that nothing is granted. The damaged ledger is set aside under another name when the person decides the next
time, and a new one begins; nothing is ever overwritten.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from tachograph_sdk.errors import ConsentError
from tachograph_sdk.privacy.consent.entry import GENESIS, Entry, Wrong, read_entry
from tachograph_sdk.privacy.consent.reading import Reading, anchor_line, marks_of, open_private, read_ledger
from tachograph_sdk.private_files import append_line, lock_file, replace_file, sync_folder

__all__ = ["Ledger"]

LOCK_S = 10.0  # how long a decision waits for another process to write its own
TRIES = 25  # of a reader that sees what a writer is in the middle of
PAUSE_S = 0.004
YOUNG_NS = 100_000_000  # a file changed this recently may change again without its times showing it


class Ledger:
    """The ledger in one folder. Several threads and processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "ledger.jsonl"
        self.anchor = folder / "anchor.json"
        self.lock = folder / "ledger.lock"
        self._seen: tuple[object, Reading] | None = None

    def read(self) -> Reading:
        """What stands there now. Cheap where nothing changed since the last call; never raises OSError."""
        seen, marks = self._seen, self._marks()
        if seen is not None and seen[0] == marks:
            return seen[1]
        reading = Reading()
        for _ in range(TRIES):
            marks = self._marks()
            reading = read_ledger(self.path, self.anchor)
            if reading.damage is None or marks == self._marks():
                break
            time.sleep(PAUSE_S)  # another process was in the middle of writing
        self._seen = (marks, reading) if marks == self._marks() and not _is_young(marks) else None
        return reading

    def decide(self, make: Callable[[tuple[Entry, ...]], Entry | None]) -> Entry | None:
        """Add the entry that `make` builds from the valid entries so far (None: nothing is to be added); durable on return.

        `make` is called under the lock, so that no other process decides in between. `n` and `previous` are put in here.

        Raises:
            ConsentError: it could not be written; then nothing was added.
        """
        known = self.read()
        _raise_if_hopeless(known)
        if known.damage is None and make(known.entries) is None:
            return None  # no lock, no folder, no write where nothing is to be said
        try:
            with self._locked():
                reading = read_ledger(self.path, self.anchor)
                _raise_if_hopeless(reading)
                entry = make(reading.valid)
                if entry is None:
                    return None
                before = reading.valid[-1].hash if reading.valid else GENESIS
                if reading.damage is not None:
                    before = self._set_aside()
                entry = _checked(replace(entry, n=len(reading.valid) + 1, previous=before))
                self._append(entry, reading)
                return entry
        except OSError as error:
            raise self._not_written(error) from None
        finally:
            self._seen = None

    def set_aside(self) -> bool:
        """Put the ledger out of force under another name, whatever it holds: nothing is granted then. False if that failed."""
        try:
            self._set_aside()
        except OSError:
            return False
        finally:
            self._seen = None
        return True

    def delete(self) -> None:
        """Remove the ledger, its anchor, and what was set aside of both.

        Raises:
            ConsentError: something could not be removed.
        """
        try:
            if not os.path.lexists(self.folder):
                return
            _raise_if_hopeless(self.read())
            with self._locked():
                for name in sorted(os.listdir(self.folder)):  # the anchor first: a ledger without one grants nothing
                    if name.startswith(("anchor.", ".anchor.", "ledger.")) and name != self.lock.name:
                        (self.folder / name).unlink(missing_ok=True)
                sync_folder(self.folder)
        except OSError as error:
            raise self._not_written(error) from None
        finally:
            self._seen = None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        give_up_s = time.monotonic() + LOCK_S
        with ExitStack() as held:
            while True:
                try:
                    held.enter_context(lock_file(self.lock, wait=False))
                    break
                except BlockingIOError:
                    if time.monotonic() > give_up_s:
                        hint = "another process has held it for ten seconds; try again when that has ended"
                        raise ConsentError("the ledger of consent is locked", hint=hint) from None
                    time.sleep(PAUSE_S)
            yield

    def _append(self, entry: Entry, reading: Reading) -> None:
        known = len(reading.valid)
        if known == 0:  # so that a ledger without an anchor is never the trace of a crash
            replace_file(self.anchor, anchor_line(0, GENESIS))
        elif reading.anchored < known:  # the last entry was written and its anchor was not
            replace_file(self.anchor, anchor_line(known, reading.valid[-1].hash))
        size = self.path.stat().st_size if os.path.lexists(self.path) else 0
        try:
            append_line(self.path, entry.line())
        except OSError:
            if os.path.lexists(self.path):
                os.truncate(self.path, size)  # half a line would be damage
            raise
        os.chmod(self.path, 0o600)
        sync_folder(self.folder)
        try:
            replace_file(self.anchor, anchor_line(entry.n, entry.hash))
        except OSError:
            pass  # the entry is durable; an anchor that is one behind is taken, and the next entry moves it on first

    def _set_aside(self) -> str:
        """Rename ledger and anchor; returns the hash of what the ledger held, which the new ledger begins with."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        held = _hash_of(self.path)
        for path in (self.path, self.anchor):
            if not os.path.lexists(path):
                continue
            names = (path.with_name(f"{path.stem}.broken-{stamp}-{n}{path.suffix}") for n in range(1, 1000))
            free = next((name for name in names if not os.path.lexists(name)), None)
            if free is None:
                raise OSError(errno.EEXIST, "too many ledgers were set aside in one second")
            path.rename(free)
        sync_folder(self.folder)
        return held

    def _marks(self) -> tuple[object, ...]:
        return marks_of(self.folder, self.path, self.anchor)

    def _not_written(self, error: OSError) -> ConsentError:
        return ConsentError(
            f"the decision could not be recorded ({error.strerror or type(error).__name__})",
            hint=f"make {self.folder} a folder that you can write to, or set TACHOGRAPH_HOME to one",
        )


def _raise_if_hopeless(reading: Reading) -> None:
    if reading.damage is not None and not reading.damage.can_be_set_aside:
        raise ConsentError(reading.damage.problem, hint=reading.damage.hint)


def _checked(entry: Entry) -> Entry:
    """The entry, if it can be read again: one that cannot would put the whole ledger out of force."""
    try:
        if read_entry(entry.line()) == entry:
            return entry
    except (Wrong, TypeError):
        pass
    raise ConsentError("this decision is not one that the ledger knows", hint="see the guide for how it can be given")


def _is_young(marks: tuple[object, ...]) -> bool:
    now_ns = time.time_ns()
    return any(isinstance(mark, tuple) and len(mark) == 6 and now_ns - mark[5] < YOUNG_NS for mark in marks)


def _hash_of(path: Path) -> str:
    """SHA-256 of the file, or the hash of nothing where it cannot be read."""
    try:
        descriptor = open_private(path)
    except OSError:
        return GENESIS
    with os.fdopen(descriptor, "rb") as file:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        return hashlib.file_digest(file, "sha256").hexdigest() if is_file else GENESIS
