"""Where an envelope can go."""

from __future__ import annotations

from typing import Protocol

from tachograph_sdk.net import Flight
from tachograph_sdk.outbox.envelope import Envelope

__all__ = ["Destination"]


class Destination(Protocol):
    """One place outside, as the owner's settings name it."""

    @property
    def id(self) -> str:
        """Which section of the settings: "webhook"."""

    @property
    def address(self) -> str:
        """Where it is, for people: nothing in it can be a token."""

    @property
    def fingerprint(self) -> str:
        """Of the whole address."""

    def deliver(self, envelope: Envelope, flight: Flight) -> int:
        """Send the body of the envelope, and say with which status it was taken; 0 where there is no such thing.

        Calls `flight.check()` directly before the first byte leaves, and gives it the connection to cut.

        Raises:
            TransientDelivery, PermanentDelivery, DeliveryStopped
            ConfigError: the address is not allowed.
        """
