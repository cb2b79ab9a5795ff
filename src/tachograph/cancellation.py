"""A question that nobody waits for any more is given up: who asks carries a `Cancellation`, who works looks at it.

It travels in a context variable, which follows a request into the thread that answers it, so that nothing between the
server's edge and the store has to hand it on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tachograph_sdk.errors import QueryCancelled

__all__ = ["Cancellation", "asked_under", "stopping"]


class Cancellation:
    """Whether somebody still waits, and what to stop once nobody does. Any thread may call it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stops: list[Callable[[], None]] = []
        self._cancelled = False

    @property
    def is_cancelled(self) -> bool:
        """True once nobody waits any more."""
        return self._cancelled

    def cancel(self) -> None:
        """Nobody waits: stop what is being done, and let nothing more begin. Safe to call twice."""
        with self._lock:
            self._cancelled = True
            stops, self._stops = self._stops, []
            for stop in stops:  # under the lock: what ended meanwhile has taken its own out, and is not stopped late
                stop()

    def add(self, stop: Callable[[], None]) -> None:
        """Call `stop` when this is cancelled. Raises QueryCancelled if it is already."""
        with self._lock:
            if self._cancelled:
                raise _given_up()
            self._stops.append(stop)

    def remove(self, stop: Callable[[], None]) -> None:
        """What `stop` stops has ended."""
        with self._lock:
            if stop in self._stops:
                self._stops.remove(stop)


_current: ContextVar[Cancellation | None] = ContextVar("cancellation", default=None)


@contextmanager
def asked_under(cancellation: Cancellation) -> Iterator[None]:
    """What is asked within, in this context and threads that get a copy of it, ends when this is cancelled."""
    token = _current.set(cancellation)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def stopping(stop: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Work that `stop` ends when whoever asked goes; gives a function that says whether they went.

    Raises:
        QueryCancelled: they went before it began.
    """
    cancellation = _current.get()
    if cancellation is None:
        yield lambda: False
        return
    cancellation.add(stop)
    try:
        yield lambda: cancellation.is_cancelled
    finally:
        cancellation.remove(stop)


def _given_up() -> QueryCancelled:
    return QueryCancelled("whoever asked this does not wait for it any more")
