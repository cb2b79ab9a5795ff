"""Pages of new records, ready to be sent. Clients that are equally far share one reading; nobody has a queue."""

from __future__ import annotations

import asyncio
import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tachograph.analytics.live import FILTERS, last_number, records_between, standing
from tachograph.analytics.scope import Scope
from tachograph.ports import Store
from tachograph.server.bell import Bell
from tachograph.server.core import Core
from tachograph.server.live_config import LiveConfig
from tachograph.server.services import OwnAnswers
from tachograph_sdk.errors import QueryError
from tachograph_sdk.model.event import EventKind

__all__ = ["ID", "Feed", "Listener", "Page", "Place", "parse_listener"]

PAGE_RECORDS = 250
READERS = 2  # threads: listening never takes one of those that answer other questions
KEPT_PAGES = 4  # for clients that are equally far and ask a moment later
PAGE_REACH = 500_000  # numbers that one page looks through, so that a rare filter does not look through all at once
KEPT_S = 1.0  # no longer, also when nobody listens any more, so that an erasure is an erasure

ID = r"^([0-9]{1,18})(?:\.([0-9a-f]{8}))?$"
"""What an id of a message looks like: a number, and which numbering it is of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far somebody read: everything up to `seq` of the numbering `mark`."""

    seq: int
    mark: str | None = None  # None: whichever numbering there is

    def __str__(self) -> str:
        return f"{self.seq}.{self.mark}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """What a client asked for."""

    place: Place | None  # None: from now on
    parameters: Mapping[str, str]  # filters, in words
    is_return: bool = False  # the place is from an earlier connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The next records after a place, as they are sent."""

    message: bytes  # empty: there is nothing to send
    place: Place  # how far one is with it
    more: bool  # there is more at once
    settled: int
    is_reset: bool = False  # the place that was asked about is none of this store


def parse_listener(last_event_id: str | None, since_seq: int | None, parameters: Mapping[str, str | None]) -> Listener:
    """What the words of a request mean.

    Args:
        last_event_id: the id of the last message the client got.
        since_seq: the number of a record instead: everything after it.
        parameters: filters by name, values separated by commas.

    Raises:
        QueryError: an id is not one, or a kind does not exist.
    """
    given = {name: text for name, text in parameters.items() if text is not None}
    for kind in given.get("kind", "").split(",") if "kind" in given else ():
        if kind not in EventKind.__members__.values():
            raise QueryError(f"there is no kind {kind[:40]!r}", hint=f"kinds are: {', '.join(EventKind)}")
    if last_event_id:
        found = re.fullmatch(ID, last_event_id)
        if not found:
            raise QueryError("last_event_id is not an id of this stream", hint="leave it out to begin at now")
        return Listener(place=Place(seq=int(found[1]), mark=found[2]), parameters=given, is_return=True)
    return Listener(place=None if since_seq is None else Place(seq=since_seq), parameters=given)


class Feed:
    """Reads for everybody who listens. All methods are for the event loop."""

    def __init__(self, answers: OwnAnswers, core: Core, config: LiveConfig) -> None:
        self.config = config
        self.clients = 0
        self.stalled = 0  # clients that were sent away because they took nothing
        self._answers = answers
        self._core = core
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="live")
        self._reading: dict[object, asyncio.Future[Page]] = {}
        self._kept: OrderedDict[object, Page] = OrderedDict()
        self._known = Place(seq=0)  # the last record that was seen

    @property
    def bell(self) -> Bell:
        """Rung when there may be something new."""
        return self._core.bell

    def freshness(self) -> dict[str, int]:
        """How long the oldest record waits that is not in the store, in milliseconds, and how many clients listen."""
        oldest = self._core.oldest_unwritten_us
        lag_ms = max(0, (self._core.clock.now_us() - oldest) // 1000) if oldest else 0
        return {"lag_ms": lag_ms, "clients": self.clients}

    async def begin(self, place: Place | None) -> Page:
        """Where to start: what the first message says. A place of another store, or ahead of this one, is a reset."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._begin, place)

    async def page(self, place: Place, parameters: Mapping[str, str]) -> Page:
        """What comes after this place, of what the filters keep. Raises TachographError."""
        key = (place, self.bell.wakings, *sorted(parameters.items()))
        if key in self._kept:
            return self._kept[key]
        if key not in self._reading:
            loop = asyncio.get_running_loop()
            reading = loop.run_in_executor(self._readers, self._read, place, parameters)
            self._reading[key] = reading
            reading.add_done_callback(lambda done: self._keep(key, done, loop))
        return await asyncio.shield(self._reading[key])  # who leaves must not take it from the others

    def _keep(self, key: object, done: asyncio.Future[Page], loop: asyncio.AbstractEventLoop) -> None:
        self._reading.pop(key, None)
        if done.cancelled() or done.exception() is not None:
            return
        self._kept[key] = done.result()
        loop.call_later(KEPT_S, self._kept.pop, key, None)
        if len(self._kept) > KEPT_PAGES:
            self._kept.popitem(last=False)

    def _begin(self, place: Place | None) -> Page:
        told: dict[str, Any] = {}

        def make(store: Store, _: Scope) -> Mapping[str, Any]:
            now = standing(store, 0 if place is None else place.seq)
            last = last_number(store, now.settled)
            told.update(now=now, last=last)
            return {}

        self._answers.make(make, self._scope({}))
        now, last = told["now"], told["last"]
        if place is None:
            return _start(Place(seq=last, mark=now.mark), now.settled)
        if (place.mark or now.mark) != now.mark:
            return _reset(Place(seq=last, mark=now.mark), now.settled, "renumbered")
        if place.seq > last:
            return _reset(Place(seq=last, mark=now.mark), now.settled, "ahead")
        return _start(Place(seq=place.seq, mark=now.mark), now.settled)

    def _read(self, place: Place, parameters: Mapping[str, str]) -> Page:
        scope = self._scope(parameters)
        filters = {name: values for name, values in scope.filters.items() if name in FILTERS}
        known = (
            self._known.seq if self._known.mark == place.mark else 0
        )  # what is there already is not looked for again
        told: dict[str, Any] = {}

        def make(store: Store, _: Scope) -> Mapping[str, Any]:
            told["now"] = now = standing(store, max(known, place.seq))
            if now.mark != place.mark:
                told["last"] = last_number(store, now.settled)
                return {}
            told["last"] = last = now.upto or max(known, place.seq)
            told["upto"] = upto = min(last, place.seq + PAGE_REACH)
            if last == place.seq:
                return {}
            people = scope.compares_people
            return {
                "records": records_between(store, place.seq, upto, limit=PAGE_RECORDS, filters=filters, people=people)
            }

        records = self._answers.make(make, scope).get("records", [])
        now, last = told["now"], told["last"]
        self._known = Place(seq=last, mark=now.mark)
        if now.mark != place.mark:
            return _reset(self._known, now.settled, "renumbered")
        if last == place.seq:
            return Page(message=b"", place=place, more=False, settled=now.settled)
        is_full = len(records) == PAGE_RECORDS
        there = Place(seq=records[-1]["seq"] if is_full else told["upto"], mark=now.mark)
        more = there.seq < last
        if not records:  # the id alone: a client that comes again need not be looked for here
            return Page(message=f"id: {there}\n\n".encode(), place=there, more=more, settled=now.settled)
        message = _message("records", {"records": records}, there)
        return Page(message=message, place=there, more=more, settled=now.settled)

    def _scope(self, parameters: Mapping[str, str]) -> Scope:
        return self._answers.scope(parameters)


def _start(place: Place, settled: int) -> Page:
    message = _message("start", {"seq": place.seq, "settled_seq": settled}, place)
    return Page(message=message, place=place, more=False, settled=settled)


def _reset(place: Place, settled: int, reason: str) -> Page:
    message = _message("reset", {"seq": place.seq, "settled_seq": settled, "reason": reason}, place)
    return Page(message=message, place=place, more=False, settled=settled, is_reset=True)


def _message(event: str, data: Mapping[str, Any], place: Place) -> bytes:
    return f"event: {event}\nid: {place}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
