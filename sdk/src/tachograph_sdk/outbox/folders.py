"""The files of the outbox: a folder for each state, an envelope moves by being renamed.

    waiting/   put in; leaves when approved, by countdown, or at once, as the mode says
    approved/  a person said that it may leave
    sending/   on its way; what is found here and locked by nobody was left by a process that ended
    aside/     refused for good; the reason is in the name
    damaged/   not whole; never sent

The name is the time it was made and its id. Whoever moves, approves or deletes holds `outbox.lock`; whoever sends an
envelope holds a lock on its very file while it is on its way, so that who deletes it can wait until it is not.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tachograph_sdk.errors import DecodeError
from tachograph_sdk.outbox.envelope import Envelope, decode_envelope, encode_envelope, unseal
from tachograph_sdk.private_files import lock_file, sync_folder

__all__ = ["Folders", "Place", "State"]

_NAME = re.compile(r"([0-9]{16})-([0-9a-f]{32})(?:\.([a-z0-9-]{1,40}))?\.envelope")
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
LARGEST = 1 << 30  # bytes of a file that is still read


class State(StrEnum):
    """Where an envelope is."""

    WAITING = "waiting"
    APPROVED = "approved"
    SENDING = "sending"
    ASIDE = "aside"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One file, as its name tells."""

    created_us: int
    id: str
    state: State
    size_bytes: int  # of the file
    path: Path
    reason: str  # why it is set aside; "" elsewhere


class Folders:
    """The files, without any rule about what may happen to them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._generation = root / "generation"

    def create(self) -> None:
        """Make the folders, for their owner only. Raises OSError."""
        for folder in (self.root, *(self.root / state.value for state in State)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) != 0o700:
                folder.chmod(0o700)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nothing is moved, put in or deleted meanwhile by anybody else."""
        with lock_file(self.root / "outbox.lock"):
            yield

    @contextmanager
    def sender_lock(self) -> Iterator[None]:
        """One sender at a time, over all processes. Raises BlockingIOError."""
        with lock_file(self.root / "sender.lock", wait=False):
            yield

    def generation(self) -> int:
        """Grows with every deletion."""
        try:
            return int(self._generation.read_bytes())
        except (FileNotFoundError, ValueError):
            return 0

    def next_generation(self) -> None:
        """Whoever made something of what is stored before now has to look again. Under the lock."""
        with os.fdopen(os.open(self._generation, os.O_WRONLY | os.O_CREAT | _NOFOLLOW, 0o600), "wb") as file:
            file.write(b"%d\n" % (self.generation() + 1))

    def places(self, *states: State) -> list[Place]:
        """All files in these states, oldest first; all states by default."""
        found = []
        for state in states or tuple(State):
            try:
                names = os.listdir(self.root / state.value)
            except FileNotFoundError:
                continue
            for name in names:
                match = _NAME.fullmatch(name)
                path = self.root / state.value / name
                try:
                    about = path.lstat()
                except FileNotFoundError:
                    continue
                if match is None or not stat.S_ISREG(about.st_mode):
                    continue
                created, envelope_id, reason = match.groups()
                found.append(Place(int(created), envelope_id, state, about.st_size, path, reason or ""))
        return sorted(found)

    def put(self, envelope: Envelope, state: State) -> Place:
        """A new file, whole and durable under its name or not there at all. Under the lock. Raises OSError."""
        name = f"{envelope.created_us:016d}-{envelope.id}.envelope"
        path = self.root / state.value / name
        temporary = self.root / f".{name}.{os.getpid()}"
        data = encode_envelope(envelope)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _NOFOLLOW, 0o600)
        try:
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(descriptor, view) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.rename(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
        return Place(envelope.created_us, envelope.id, state, len(data), path, "")

    def move(self, place: Place, state: State, reason: str = "", *, durably: bool = True) -> Place:
        """Rename it into another state. Under the lock. Raises OSError.

        Not `durably`: a power cut may undo it, where being sent once more is all that follows.
        """
        name = f"{place.created_us:016d}-{place.id}{'.' + reason if reason else ''}.envelope"
        path = self.root / state.value / name
        os.rename(place.path, path)
        if durably:
            sync_folder(path.parent)
            sync_folder(place.path.parent)
        return Place(place.created_us, place.id, state, place.size_bytes, path, reason)

    def delete(self, *places: Place, durably: bool = True) -> None:
        """Delete these, if they are still there. Under the lock. Raises OSError."""
        for place in places:
            place.path.unlink(missing_ok=True)
        for folder in {place.path.parent for place in places} if durably else ():
            sync_folder(folder)

    def sweep(self) -> None:
        """Delete what writers that ended halfway left behind. Under the lock, which every writer holds."""
        for path in self.root.glob(".*.envelope.*"):
            path.unlink(missing_ok=True)

    def read(self, place: Place) -> Envelope:
        """The envelope in a file. Raises DecodeError, OSError."""
        return self.decode(self.read_bytes(place), place)

    def peek(self, place: Place) -> str:
        """Which destination it is for, without reading the body. Raises DecodeError, OSError."""
        with os.fdopen(os.open(place.path, os.O_RDONLY | _NOFOLLOW), "rb") as file:
            return str(unseal(file.readline(LARGEST).rstrip(b"\n")).get("sink"))

    def decode(self, data: bytes, place: Place) -> Envelope:
        """The envelope in what was read from a file. Raises DecodeError."""
        envelope = decode_envelope(data)
        if envelope.id != place.id or envelope.created_us != place.created_us:
            raise DecodeError("an envelope is damaged: its file has another's name")
        return envelope

    def read_bytes(self, place: Place) -> bytes:
        """What the file holds. Raises OSError."""
        with os.fdopen(os.open(place.path, os.O_RDONLY | _NOFOLLOW), "rb") as file:
            return file.read(LARGEST)
