"""Puts the store's events into the outbox, for one sink."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tachograph.outputs.sinks.config import ForwardConfig
from tachograph.outputs.sinks.cursor import Cursor, CursorFile
from tachograph.outputs.sinks.records import Rename, covered, make_record, tells_of
from tachograph.ports import Clock, Sink
from tachograph_sdk.errors import FieldNotAllowed, NotGranted
from tachograph_sdk.model.consent import ConsentPurpose, Grant
from tachograph_sdk.model.event import Event
from tachograph_sdk.outbox.fields import encode
from tachograph_sdk.outbox.outbox import Outbox

__all__ = ["Forwarder", "ReadEvents", "SessionStarts"]

log = logging.getLogger(__name__)

MAX_BYTES = 256 * 1024  # of a body, about

ReadEvents = Callable[[int, int], Sequence[tuple[int, Event]]]
"""Number of the last event already read, and how many at most, to the next events with their numbers."""

SessionStarts = Callable[[Collection[str]], Mapping[str, int]]
"""When these sessions began, UTC microseconds since 1970; those that are known."""


@dataclass(slots=True)
class _Made:
    records: list[dict[str, Any]]
    events: list[Event]
    purposes: set[ConsentPurpose]
    last: int  # number of the last event looked at


class Forwarder:
    """Reads on where it left off, makes an envelope when it is time, and leaves the sending to the outbox's sender.

    Events that came in while nothing was allowed are passed over for good: a consent is for what comes after it.
    """

    def __init__(
        self,
        sink: Sink,
        outbox: Outbox,
        *,
        read: ReadEvents,
        last_number: Callable[[int], int],
        rename: Rename,
        session_starts: SessionStarts,
        cursor: CursorFile,
        clock: Clock,
        config: ForwardConfig,
    ) -> None:
        self._sink = sink
        self._outbox = outbox
        self._read = read
        self._last_number = last_number
        self._rename = rename
        self._session_starts = session_starts
        self._cursor = cursor
        self._clock = clock
        self._config = config
        self._waiting_since_s: float | None = None
        self._is_of_this_store = False  # whether the cursor is, once it was looked at
        self.refused = 0  # envelopes whose body held what may not leave

    def turn(self) -> bool:
        """Make one envelope if it is time. True if there may be more to do. Raises OSError, DeliveryError, StoreError."""
        grants = self._grants()
        cursor = self._cursor.read()
        if cursor is not None and not self._is_of_this_store:
            self._is_of_this_store = True
            if self._last_number(0) < cursor.done:
                cursor = None  # another store, or its last events were erased: its numbers are given out again
        if cursor is None or not grants:
            last = self._last_number(cursor.done if cursor is not None else 0)
            if cursor is None or cursor.done != last or cursor.making:
                self._cursor.write(Cursor(last))
            self._waiting_since_s = None
            return False
        generation = self._outbox.generation()
        found = self._read(cursor.done, self._config.max_events)
        if cursor.making:
            found = [(number, event) for number, event in found if number <= cursor.making]
        elif not self._is_time(found):
            return False
        made = self._make(found, grants, cursor)
        if not cursor.making:
            self._cursor.write(replace(cursor, making=made.last))
        if made.records and not self._put(made, cursor, generation):
            return True  # something was erased meanwhile: read again
        self._cursor.write(replace(cursor, done=made.last, making=0))
        self._waiting_since_s = None
        return len(found) >= self._config.max_events or (bool(found) and made.last < found[-1][0])

    def _grants(self) -> Mapping[ConsentPurpose, Grant]:
        asked = ((purpose, self._outbox.permissions.granted(purpose)) for purpose in sorted(self._sink.purposes))
        return {purpose: grant for purpose, grant in asked if grant is not None}

    def _is_time(self, found: Sequence[tuple[int, Event]]) -> bool:
        if not found:
            self._waiting_since_s = None
            return False
        now_s = self._clock.monotonic_s()
        if self._waiting_since_s is None:
            self._waiting_since_s = now_s
        return len(found) >= self._config.max_events or now_s - self._waiting_since_s >= self._config.interval_s

    def _make(
        self, found: Sequence[tuple[int, Event]], grants: Mapping[ConsentPurpose, Grant], cursor: Cursor
    ) -> _Made:
        made = _Made([], [], set(), cursor.making or cursor.done)
        size = 0
        began_us = self._began([event for _, event in found])
        for number, event in found:
            start_us = began_us.get(event.session_id, event.at_us)
            record = make_record(event, covered(event, grants), self._rename, began_us=start_us)
            if record is not None:
                size += len(encode([record[0]], self._sink.content_type))
                if made.records and size > MAX_BYTES and not cursor.making:
                    break
                made.records.append(record[0])
                made.events.append(event)
                made.purposes |= record[1]
            made.last = max(made.last, number)
        return made

    def _began(self, events: Sequence[Event]) -> dict[str | None, int]:
        """When each session began, by the store, else by the events that are there."""
        began: dict[str | None, int] = {}
        for event in events:
            if event.session_id is not None:
                began[event.session_id] = min(event.at_us, began.get(event.session_id, event.at_us))
        began.update(self._session_starts([session for session in began if session]))
        return began

    def _put(self, made: _Made, cursor: Cursor, generation: int) -> bool:
        try:
            self._outbox.put(
                self._sink,
                purposes=made.purposes,
                body=encode(made.records, self._sink.content_type),
                content_type=self._sink.content_type,
                key=f"{cursor.epoch} {cursor.done}-{made.last}",
                about=tells_of(made.events),
                generation=generation,
            )
        except NotGranted:
            return True  # ended just now: these are passed over, like all that comes while nothing is allowed
        except FieldNotAllowed as error:
            self.refused += 1
            log.warning("an envelope was not made: %s", error.message)
            return True
        return self._outbox.generation() == generation
