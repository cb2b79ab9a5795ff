"""Where a reader of a history puts the events that it has finished."""

from __future__ import annotations

from tachograph.inputs.agents.kit.values import Attributes
from tachograph_sdk.model.event import EventKind, RawEvent, Source

__all__ = ["Emitter"]

_TRANSCRIPT = Source.TRANSCRIPT
_NOTHING: Attributes = {}


class Emitter:
    """Makes the events of one reading and keeps them until they are handed over.

    Args:
        agent: whose history it is.
        received_us: UTC microseconds since 1970, now.
    """

    def __init__(self, agent: str, received_us: int) -> None:
        self.contents = False  # whether texts are wanted; they are brought only where the wall keeps them
        self._agent = agent
        self._received_us = received_us
        self._events: list[RawEvent] = []

    def emit(self, name: str, kind: EventKind, at_ns: int, key: str, attributes: Attributes) -> None:
        """Add a finished event. `key` is what makes it itself and not another; its time is part of that.

        The store looks for earlier copies of an event at that event's time only, so one event never has two times.
        """
        self._events.append(
            RawEvent(
                agent=self._agent,
                source=_TRANSCRIPT,
                name=name,
                kind=kind,
                at_ns=at_ns,
                received_us=self._received_us,
                key=f"{key}:{at_ns}".encode("utf-8", "surrogatepass"),
                attributes=attributes,
                resource=_NOTHING,
            )
        )

    def add(self, event: RawEvent) -> None:
        """Add an event that somebody else made."""
        self._events.append(event)

    def hand_over(self) -> list[RawEvent]:
        """The events so far, which are then forgotten."""
        events, self._events = self._events, []
        return events
