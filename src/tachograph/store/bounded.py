"""A statement that ends in time: at its limit, or at once when whoever asked goes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from tachograph.cancellation import stopping
from tachograph_sdk.errors import QueryCancelled, QueryError, QueryTooLarge

__all__ = ["bounded"]

AGAIN_S = 0.05


@contextmanager
def bounded(cursor: duckdb.DuckDBPyConnection, name: str, timeout_s: float) -> Iterator[None]:
    """What runs within on this cursor is interrupted after `timeout_s`, or when whoever asked goes.

    Raises:
        QueryTooLarge: it took too long.
        QueryCancelled: nobody waits for it any more.
    """
    interrupts = _Interrupts(cursor)
    timer = threading.Timer(timeout_s, interrupts.run)
    timer.daemon = True
    timer.start()
    try:
        with stopping(interrupts.start) as is_cancelled:
            try:
                yield
            except (duckdb.InterruptException, QueryError) as error:  # an interrupted statement may end with any error
                if is_cancelled():
                    raise QueryCancelled(f"nobody waits for the query {name} any more") from error
                if interrupts.began or isinstance(error, duckdb.InterruptException):
                    raise QueryTooLarge(
                        f"the query {name} took longer than {timeout_s:g} s",
                        hint="narrow the time range or use fewer dimensions",
                    ) from error
                raise
    finally:
        timer.cancel()
        interrupts.end()


class _Interrupts:
    """Interrupts again and again until the work has ended: the engine forgets one that comes before a statement begins."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._lock = threading.Lock()  # nothing is interrupted after `end`: the cursor is closed then
        self._ended = threading.Event()
        self.began = False

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._once()
        threading.Thread(target=self.run, name="interrupt", daemon=True).start()

    def run(self) -> None:
        """Interrupt until it has ended."""
        while self._once():
            self._ended.wait(AGAIN_S)

    def end(self) -> None:
        """The work has ended."""
        with self._lock:
            self._ended.set()

    def _once(self) -> bool:
        with self._lock:
            if self._ended.is_set():
                return False
            self.began = True
            self._cursor.interrupt()
            return True
