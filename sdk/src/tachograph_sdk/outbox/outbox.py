"""The outbox: what is put in waits as a file, can be read, approved and deleted, and is sent by a Sender.

Consent is asked for when something is put in, under the lock that deleting takes too: what is put in while consent is
being withdrawn is either deleted with the rest or not put in.
"""

from __future__ import annotations

import hmac
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tachograph_sdk.errors import ConfigError, DecodeError, DeliveryError, NotGranted, PayloadTooLarge
from tachograph_sdk.model.consent import ConsentPurpose, Permissions
from tachograph_sdk.outbox.config import OutboxConfig
from tachograph_sdk.outbox.destination import Destination
from tachograph_sdk.outbox.envelope import Envelope
from tachograph_sdk.outbox.fields import check_body
from tachograph_sdk.outbox.folders import Folders, Place, State
from tachograph_sdk.outbox.purposes import MAY_LEAVE
from tachograph_sdk.outbox.receipts import Outcome, Receipts, bare_receipt, receipt_of
from tachograph_sdk.private_files import create_once, try_lock

__all__ = ["Entry", "Outbox", "Purged"]

LANDING_S = 30.0  # what a purge waits at most for a request that is on its way; it is cut off in a fraction of a second
_DAY_US = 86_400 * 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One envelope that is there."""

    place: Place
    envelope: Envelope | None  # None: damaged


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What a purge deleted."""

    envelopes: int
    events: int  # in them; those of damaged envelopes are not known
    in_flight: int  # of the envelopes: were on their way, and bytes of them may have left before


class Outbox:
    """The envelopes of one installation. Any number of processes and threads may use it at once."""

    def __init__(
        self,
        root: Path,
        *,
        config: OutboxConfig,
        permissions: Permissions,
        scrub: Callable[[str], str],
        policy_version: int,
        now_us: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self.config = config
        self.permissions = permissions
        self.folders = Folders(root)
        self.receipts = Receipts(root)
        self.now_us = now_us
        self._scrub = scrub
        self._policy_version = policy_version

    # --- putting in ------------------------------------------------------------------------------------------------

    def generation(self) -> int:
        """Take this before reading what an envelope is made from, and give it to `put`."""
        return self.folders.generation()

    def put(
        self,
        destination: Destination,
        *,
        purposes: Collection[ConsentPurpose],
        body: bytes,
        content_type: str,
        key: str = "",
        about: Iterable[str] = (),
        generation: int | None = None,
    ) -> Envelope | None:
        """Put in what is to be sent, if that is allowed.

        Args:
            destination: where to.
            purposes: what for; each has to be allowed.
            body: events as JSON.
            content_type: an array, or an object a line.
            key: what makes it itself: put in again, it is the same envelope; without, it is a new one each time.
            about: whom it tells of, by the pseudonyms of the store.
            generation: what `generation()` said before the data was read.

        Returns:
            The envelope; None if the outbox is off, or this one was finished with before, or what it was made from may
            have been erased since.

        Raises:
            NotGranted: a purpose is not allowed.
            FieldNotAllowed: a field of the body may not leave.
            PayloadTooLarge: it is larger than the outbox may be.
            DeliveryError: it could not be written.
        """
        if self.config.mode == "off":
            return None
        body, scrubbed, events = check_body(body, content_type, purposes, self._scrub)
        if len(body) > self.config.max_bytes:
            raise PayloadTooLarge("an envelope is larger than the outbox may be", hint="raise outbox.max_bytes")
        about = tuple(sorted(set(about)))
        try:
            self.folders.create()
            name = self._name(destination, key) if key else secrets.token_hex(16)
            with self.folders.locked():
                consents = self._ask(purposes)
                if generation is not None and generation != self.folders.generation():
                    return None
                places = self.folders.places()
                for place in places:
                    if place.id == name and place.state is not State.DAMAGED:
                        return self.folders.read(place)
                if key and self.receipts.final(name) is not None:
                    return None
                envelope = Envelope(
                    id=name,
                    sink=destination.id,
                    address=destination.address,
                    fingerprint=destination.fingerprint,
                    consents=consents,
                    policy_version=self._policy_version,
                    created_us=self.now_us(),
                    events=events,
                    content_type=content_type,
                    scrubbed=scrubbed,
                    about=about,
                    body=body,
                )
                self.folders.sweep()
                self._keep_limits([*places, self.folders.put(envelope, State.WAITING)])
                return envelope
        except OSError as error:
            raise DeliveryError(
                f"the outbox could not be written ({error.strerror})", hint="see whether the disk is full"
            ) from error

    def _name(self, destination: Destination, key: str) -> str:
        """The id for this key: the same here, and another in every other installation that sends to the same place."""
        own = create_once(self.folders.root / "ids.key", secrets.token_bytes(32))
        text = f"{destination.id}\0{destination.fingerprint}\0{key}"
        return hmac.digest(own, text.encode(), "sha256").hex()[:32]

    def _ask(self, purposes: Collection[ConsentPurpose]) -> dict[ConsentPurpose, str]:
        consents = {}
        for purpose in sorted(purposes):
            grant = self.permissions.granted(purpose) if purpose in MAY_LEAVE else None
            if grant is None:
                raise NotGranted(f"nothing may leave for {purpose.value}", hint="see `tachograph privacy consent`")
            consents[purpose] = grant.reference
        if not consents:
            raise NotGranted("nothing may leave without a purpose")
        return consents

    def keep_limits(self) -> int:
        """Drop what is too old or too much, the oldest first, each with a receipt. How many were dropped."""
        if not self.folders.root.is_dir():
            return 0
        with self.folders.locked():
            return self._keep_limits(self.folders.places())

    def _keep_limits(self, places: Sequence[Place]) -> int:
        places = [place for place in places if place.state is not State.SENDING]
        size = sum(place.size_bytes for place in places)
        oldest_us = self.now_us() - int(self.config.max_age_days * _DAY_US)
        over = []
        for index, place in enumerate(places):
            if place.created_us < oldest_us:
                reason = "age"
            elif size > self.config.max_bytes:
                reason = "size"
            elif len(places) - index > self.config.max_envelopes:
                reason = "number"
            else:
                continue
            size -= place.size_bytes
            over.append((place, self._receipt(place, Outcome.DROPPED, reason=reason)))
        self.receipts.add(*(receipt for _, receipt in over))  # first: nothing goes that was not counted
        self.folders.delete(*(place for place, _ in over))
        return len(over)

    # --- looking and approving -------------------------------------------------------------------------------------

    def entries(self, *states: State) -> list[Entry]:
        """What is there, oldest first."""
        found = []
        for place in self.folders.places(*states):
            try:
                found.append(Entry(place=place, envelope=self.folders.read(place)))
            except DecodeError:
                found.append(Entry(place=place, envelope=None))
            except FileNotFoundError:
                continue  # sent meanwhile
        return found

    def find(self, beginning: str) -> Entry:
        """The one envelope whose id begins like this. Raises ConfigError."""
        fitting = [place for place in self.folders.places() if beginning and place.id.startswith(beginning)]
        if len(fitting) != 1:
            what = "no envelope" if not fitting else "more than one envelope"
            raise ConfigError(f"{what} has an id that begins like this", hint="`tachograph outbox list` shows all")
        try:
            return Entry(place=fitting[0], envelope=self.folders.read(fitting[0]))
        except DecodeError:
            return Entry(place=fitting[0], envelope=None)
        except OSError:
            raise ConfigError(
                "the envelope is not there any more", hint="`tachograph outbox receipts` says why"
            ) from None

    def approve(self, ids: Collection[str] | None = None) -> int:
        """Say that these, or all that wait, may leave; also what was set aside, if it is named. How many there were."""
        if not self.folders.root.is_dir():
            return 0
        states = (State.WAITING,) if ids is None else (State.WAITING, State.ASIDE)
        receipts = []
        with self.folders.locked():
            for place in self.folders.places(*states):
                if ids is not None and place.id not in ids:
                    continue
                receipt = self._receipt(place, Outcome.APPROVED)
                self.folders.move(place, State.APPROVED)
                receipts.append(receipt)
            self.receipts.add(*receipts)
        return len(receipts)

    # --- deleting --------------------------------------------------------------------------------------------------

    def purge(
        self,
        *,
        purpose: ConsentPurpose | None = None,
        ids: Collection[str] | None = None,
        sink: str | None = None,
        mentions: Collection[str] | None = None,
        reason: str = "purged",
        wait_s: float = LANDING_S,
    ) -> Purged:
        """Delete envelopes in every state, and return only when none of them is on its way any more.

        Args:
            purpose: those that are sent for it, also if for others too; on withdrawal, after the ledger says so.
            ids: these.
            sink: those for this destination.
            mentions: those that hold any of these texts, in the body or in whom they tell of; and all damaged ones, of
                which nobody can say. For erasure: after the store does not hold it any more.
            reason: for the receipts; one word.
            wait_s: what is on its way is cut off, and waited for this long at most.

        With none of them: all. With several: those to which all apply.

        Raises:
            DeliveryError: one could not be deleted, or is still on its way.
        """
        if not self.folders.root.is_dir():
            return Purged(envelopes=0, events=0, in_flight=0)
        needles = None if mentions is None else [m.encode("utf-8", "surrogatepass") for m in mentions if m]
        events = 0
        meant: list[Place] = []
        receipts = []
        flying: list[int] = []
        try:
            with self.folders.locked():
                self.folders.next_generation()
                self.folders.sweep()
                for place in self.folders.places():
                    envelope, data = self._look(place)
                    if not _is_meant(place, envelope, data, purpose, ids, sink, needles):
                        continue
                    receipt = self._receipt(place, Outcome.PURGED, reason=reason, envelope=envelope)
                    if place.state is State.SENDING:
                        flying.append(os.open(place.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)))
                        receipt["was_on_its_way"] = True
                    meant.append(place)
                    events += envelope.events if envelope is not None else 0
                    receipts.append(receipt)
                self.folders.delete(*meant)
                self.receipts.add(*receipts)  # last: a full disk must not keep what has to go
            for descriptor in flying:
                _wait_for_landing(descriptor, wait_s)
        except OSError as error:
            raise DeliveryError(f"the outbox could not be purged ({error.strerror})", hint="try again") from error
        finally:
            for descriptor in flying:
                os.close(descriptor)
        return Purged(envelopes=len(receipts), events=events, in_flight=len(flying))

    def _look(self, place: Place) -> tuple[Envelope | None, bytes]:
        data = self.folders.read_bytes(place)
        try:
            return self.folders.decode(data, place), data
        except DecodeError:
            return None, data

    def _receipt(
        self, place: Place, outcome: Outcome, *, reason: str = "", envelope: Envelope | None = None
    ) -> dict[str, Any]:
        envelope = envelope or self._look(place)[0]
        more = {"reason": reason} if reason else {}
        if envelope is None:
            return bare_receipt(place.id, outcome, self.now_us(), size_bytes=place.size_bytes, **more)
        return receipt_of(envelope, outcome, self.now_us(), **more)


def _is_meant(
    place: Place,
    envelope: Envelope | None,
    data: bytes,
    purpose: ConsentPurpose | None,
    ids: Collection[str] | None,
    sink: str | None,
    needles: Sequence[bytes] | None,
) -> bool:
    if ids is not None and place.id not in ids:
        return False
    if envelope is None:  # what it is for, and of whom it tells, nobody knows: it goes
        return True
    return (
        (purpose is None or purpose in envelope.consents)
        and (sink is None or sink == envelope.sink)
        and (needles is None or any(needle in data for needle in needles))
    )


def _wait_for_landing(descriptor: int, wait_s: float) -> None:
    """Return when no process sends this file any more: the sender locks it, and lets go when it is cut off or dead."""
    deadline = time.monotonic() + wait_s
    while not try_lock(descriptor):
        if time.monotonic() > deadline:
            raise DeliveryError("an envelope was deleted, but is still on its way", hint="stop the server to end that")
        time.sleep(0.01)
