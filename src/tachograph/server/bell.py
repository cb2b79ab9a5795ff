"""Wakes who waits for the store to change: rung from any thread, heard in the event loop."""

from __future__ import annotations

import asyncio

__all__ = ["Bell"]

QUIET_S = 0.2  # between two wakings: a busy store is looked at five times a second, not after every batch


class Bell:
    """Rung after each change of the store. It keeps no list of what changed: who wakes looks at the store."""

    def __init__(self, quiet_s: float = QUIET_S) -> None:
        self.wakings = 0
        self.is_closed = False
        self._quiet_s = quiet_s
        self._loop: asyncio.AbstractEventLoop | None = None  # nobody listened yet
        self._changed = asyncio.Event()
        self._pending = False
        self._woke_s = float("-inf")

    def ring(self) -> None:
        """Something changed. Costs next to nothing; any thread may call it, also when nobody listens."""
        loop = self._loop
        if loop is None or self._pending:
            return
        self._pending = True  # until those are woken that will then see this change too
        try:
            loop.call_soon_threadsafe(self._plan)
        except RuntimeError:
            self._pending = False  # that loop has ended

    def listen(self) -> None:
        """From now on this event loop is the one that hears it."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._pending, self._woke_s = loop, False, float("-inf")
            self._changed = asyncio.Event()

    async def wait(self, seen: int, timeout_s: float) -> bool:
        """Return true once there were more wakings than `seen`, or the bell is closed; false after the time."""
        try:
            async with asyncio.timeout(timeout_s):
                while self.wakings <= seen and not self.is_closed:
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Nothing will change any more: everybody who listens is to go. Call it in the event loop."""
        self.is_closed = True
        self._changed.set()

    def _plan(self) -> None:
        assert self._loop is not None
        self._loop.call_at(max(self._loop.time(), self._woke_s + self._quiet_s), self._wake)

    def _wake(self) -> None:
        assert self._loop is not None
        self._pending = False  # first: a change from here on wakes again
        self._woke_s = self._loop.time()
        self.wakings += 1
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        if self.is_closed:
            self._changed.set()
