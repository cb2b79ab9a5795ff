"""A folder that events are written to: a file for each envelope, whole or not there."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from tachograph_sdk.errors import TransientDelivery
from tachograph_sdk.model.consent import ConsentPurpose
from tachograph_sdk.net import Flight
from tachograph_sdk.outbox.envelope import Envelope
from tachograph_sdk.outbox.fields import JSON_LINES
from tachograph_sdk.private_files import sync_folder

__all__ = ["FileSink"]


class FileSink:
    """Writes each envelope's body to a file of its own, named by time and id: written again, it is the same file."""

    id = "file_sink"
    content_type = JSON_LINES

    def __init__(self, folder: Path, *, purposes: frozenset[ConsentPurpose]) -> None:
        self._folder = folder
        self.purposes = purposes

    @property
    def address(self) -> str:
        """Where it is, for people: only the folder's own name, because a path can name a person."""
        return f"file:…/{self._folder.name}"

    @property
    def fingerprint(self) -> str:
        """Of the whole path."""
        return hashlib.sha256(os.fsencode(self._folder.absolute())).hexdigest()[:16]

    def shown_headers(self, envelope: Envelope) -> dict[str, str]:
        """Nothing is written beside the body but the name of the file."""
        return {"file": self._name(envelope)}

    def deliver(self, envelope: Envelope, flight: Flight) -> int:
        """Write the body. Raises TransientDelivery, DeliveryStopped."""
        path = self._folder / self._name(envelope)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            flight.check()
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
            try:
                with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
                    file.write(envelope.body)
                    file.flush()
                    os.fsync(file.fileno())
                flight.check()
                os.replace(temporary, path)
            finally:
                temporary.unlink(missing_ok=True)
            sync_folder(self._folder)
        except OSError as error:
            raise TransientDelivery(f"the folder cannot be written to ({error.strerror})", retry_after_s=0.0) from None
        return 0

    def _name(self, envelope: Envelope) -> str:
        return f"{envelope.created_us:016d}-{envelope.id}.jsonl"

    def __repr__(self) -> str:
        return f"FileSink({self.address!r})"
