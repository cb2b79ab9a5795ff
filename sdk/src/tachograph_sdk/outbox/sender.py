"""Sends what may leave, one envelope at a time, by one process at a time.

At least once: an envelope is deleted after its receipt was written, and that after the destination took it. Whoever
stops in between sends it again, under the same idempotency key. Consent is asked for again directly before the first
byte, and all the while: when it ends, or the envelope is deleted, the connection is cut off.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from tachograph_sdk.errors import (
    ConfigError,
    DecodeError,
    DeliveryError,
    DeliveryStopped,
    PermanentDelivery,
    TransientDelivery,
)
from tachograph_sdk.net import Backoff, Flight
from tachograph_sdk.outbox.destination import Destination
from tachograph_sdk.outbox.envelope import Envelope
from tachograph_sdk.outbox.folders import Place, State
from tachograph_sdk.outbox.outbox import Outbox
from tachograph_sdk.outbox.receipts import Outcome, bare_receipt, receipt_of
from tachograph_sdk.outbox.retries import Retries, Standing
from tachograph_sdk.private_files import try_lock

__all__ = ["Sender", "Sent"]

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_APPROVED = "approved"  # in the name of what is on its way: a person said so


@dataclass(slots=True, kw_only=True)
class Sent:
    """What became of one round."""

    delivered: int = 0
    set_aside: int = 0
    purged: int = 0  # consent had ended
    failed: int = 0  # tries that will be made again
    damaged: int = 0
    dropped: int = 0  # too old
    busy: bool = False  # another process is sending: nothing was done
    disabled: dict[str, str] = field(default_factory=dict)  # destinations nothing is sent to, and why


class Sender:
    """Sends the envelopes of one outbox to the destinations there are."""

    def __init__(self, outbox: Outbox, destinations: Sequence[Destination], *, backoff: Backoff | None = None) -> None:
        self._outbox = outbox
        self._folders = outbox.folders
        self._destinations = {destination.id: destination for destination in destinations}
        config = outbox.config
        self._backoff = backoff or Backoff(first_s=config.first_retry_s, longest_s=config.longest_retry_s)

    def send(
        self, *, at_once: bool = False, ids: Collection[str] | None = None, give_up: Callable[[], bool] = lambda: False
    ) -> Sent:
        """Send what is due.

        Args:
            at_once: try also where a wait after a failure is not over, or nothing is sent any more.
            ids: only these.
            give_up: asked between two envelopes.

        Raises:
            DeliveryError: the outbox's own files cannot be read or written.
        """
        sent = Sent()
        if self._outbox.config.mode == "off" or not self._folders.root.is_dir():
            return sent
        try:
            self._folders.create()
            with self._folders.sender_lock():
                self._recover()
                sent.dropped = self._outbox.keep_limits()
                self._round(sent, at_once, ids, give_up)
        except BlockingIOError:
            sent.busy = True
        except OSError as error:
            raise DeliveryError(
                f"the outbox's files cannot be used ({error.strerror})", hint="see whether the disk is full"
            ) from error
        return sent

    def _recover(self) -> None:
        """Put back what a sender that ended left on its way, but what it had delivered."""
        with self._folders.locked():
            for place in self._folders.places(State.SENDING):
                if self._outbox.receipts.final(place.id) is Outcome.DELIVERED:
                    self._folders.delete(place)
                else:
                    self._folders.move(place, _before(place))

    def _round(self, sent: Sent, at_once: bool, ids: Collection[str] | None, give_up: Callable[[], bool]) -> None:
        retries = Retries(self._folders.root)
        for destination in self._destinations.values():
            standing = retries.standing(destination.id, destination.fingerprint)
            if at_once:
                standing.disabled = ""
                standing.not_before_us = 0
            for place in self._due(destination, standing, ids):
                if give_up() or not self._may_try(standing):
                    break
                self._send_one(place, destination, standing, sent)
                retries.save()
            still_there = {place.id for place in self._folders.places(State.WAITING, State.APPROVED)}
            standing.tries = {one: number for one, number in standing.tries.items() if one in still_there}
            if standing.disabled:
                sent.disabled[destination.id] = standing.disabled
        retries.save()

    def _may_try(self, standing: Standing) -> bool:
        """Whether the wait is over. One that is longer than any can be comes from a clock that was set back."""
        left_us = standing.not_before_us - self._outbox.now_us()
        return not standing.disabled and not 0 < left_us <= 86_400 * 10**6

    def _due(self, destination: Destination, standing: Standing, ids: Collection[str] | None) -> list[Place]:
        config = self._outbox.config
        if config.mode == "auto":
            latest_us = self._outbox.now_us() + 10**18
        elif config.countdown_s > 0:
            latest_us = self._outbox.now_us() - int(config.countdown_s * 1e6)
        else:
            latest_us = -1
        due = []
        for place in self._folders.places(State.WAITING, State.APPROVED):
            if ids is not None and place.id not in ids:
                continue
            if place.state is State.WAITING and place.created_us > latest_us:
                continue
            try:
                if self._folders.peek(place) != destination.id:
                    continue
            except FileNotFoundError:
                continue  # deleted meanwhile
            except DecodeError:
                pass  # whoever finds it puts it apart
            due.append(place)
        return sorted(due, key=lambda place: (standing.tries.get(place.id, 0), place))

    def _send_one(self, place: Place, destination: Destination, standing: Standing, sent: Sent) -> None:
        with self._folders.locked():
            try:
                reason = _APPROVED if place.state is State.APPROVED else ""
                place = self._folders.move(place, State.SENDING, reason, durably=False)
            except FileNotFoundError:
                return  # deleted meanwhile
            descriptor = os.open(place.path, os.O_RDONLY | _NOFOLLOW)
            try_lock(descriptor)  # before anybody else can look: who deletes it waits for this lock
        try:
            self._send_locked(place, descriptor, destination, standing, sent)
        finally:
            os.close(descriptor)

    def _send_locked(
        self, place: Place, descriptor: int, destination: Destination, standing: Standing, sent: Sent
    ) -> None:
        try:
            envelope = self._folders.read(place)
        except FileNotFoundError:
            return  # deleted meanwhile
        except DecodeError:
            now_us = self._outbox.now_us()
            self._finish(place, bare_receipt(place.id, Outcome.DAMAGED, now_us, size_bytes=place.size_bytes))
            sent.damaged += 1
            return
        if envelope.fingerprint != destination.fingerprint:
            self._finish(place, self._receipt(envelope, Outcome.SET_ASIDE, reason="address-changed"))
            sent.set_aside += 1
            return

        def allowed() -> bool:
            return os.fstat(descriptor).st_nlink > 0 and self._has_consent(envelope)

        status = 0
        try:
            status = destination.deliver(envelope, Flight(allowed))
        except DeliveryStopped:
            if os.fstat(descriptor).st_nlink > 0:  # else whoever deleted it has counted it
                self._finish(place, self._receipt(envelope, Outcome.PURGED, reason="consent-ended"))
            sent.purged += 1
        except TransientDelivery as error:
            self._put_back(place)
            self._failed(place, standing, error.retry_after_s)
            sent.failed += 1
        except (PermanentDelivery, ConfigError) as error:
            status = getattr(error, "status", 0)
            if isinstance(error, ConfigError) or error.disables:
                standing.disabled = f"status {status}" if status else error.message
                self._put_back(place)
                sent.failed += 1
            else:
                why = f"refused-{status}" if status else "refused"
                self._finish(place, self._receipt(envelope, Outcome.SET_ASIDE, reason=why, status=status))
                sent.set_aside += 1
        except BaseException:
            self._put_back(place)
            raise
        else:
            self._finish(place, self._receipt(envelope, Outcome.DELIVERED, status=status))
            standing.failures = 0
            standing.not_before_us = 0
            standing.tries.pop(envelope.id, None)
            sent.delivered += 1

    def _has_consent(self, envelope: Envelope) -> bool:
        """Whether the very consents hold under which it was put in: one that was given again is for what comes later."""
        for purpose, reference in envelope.consents.items():
            grant = self._outbox.permissions.granted(purpose)
            if grant is None or grant.reference != reference:
                return False
        return bool(envelope.consents)

    def _failed(self, place: Place, standing: Standing, at_least_s: float) -> None:
        standing.failures += 1
        standing.tries[place.id] = standing.tries.get(place.id, 0) + 1
        wait_s = self._backoff.wait_s(standing.failures, at_least_s=at_least_s)
        standing.not_before_us = self._outbox.now_us() + int(wait_s * 1e6)

    def _receipt(self, envelope: Envelope, outcome: Outcome, **more: object) -> dict[str, object]:
        return receipt_of(envelope, outcome, self._outbox.now_us(), **more)

    def _put_back(self, place: Place) -> None:
        with self._folders.locked():
            try:
                self._folders.move(place, _before(place), durably=False)
            except FileNotFoundError:
                return  # deleted meanwhile

    def _finish(self, place: Place, receipt: dict[str, object]) -> None:
        """Write what became of it, then let it go: stopped in between, it is found again and not forgotten."""
        with self._folders.locked():
            self._outbox.receipts.add(receipt)
            try:
                if receipt["what"] == Outcome.SET_ASIDE.value:
                    self._folders.move(place, State.ASIDE, str(receipt["reason"]))
                elif receipt["what"] == Outcome.DAMAGED.value:
                    self._folders.move(place, State.DAMAGED)
                else:
                    self._folders.delete(place, durably=receipt["what"] != Outcome.DELIVERED.value)
            except FileNotFoundError:
                return  # deleted meanwhile


def _before(place: Place) -> State:
    """Where something on its way was before."""
    return State.APPROVED if place.reason == _APPROVED else State.WAITING
