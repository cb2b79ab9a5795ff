"""An exchange on its way that can be cut off."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from tachograph_sdk.errors import DeliveryStopped, TransientDelivery

__all__ = ["Flight"]

POLL_S = 0.02  # how often a request on its way is asked whether it still may be


class Flight:
    """An exchange that can be cut off from any thread, at any moment: no byte leaves after `cut` has taken effect.

    While it is on its way it asks `allowed` again and again; directly before the first byte it asks once more.
    """

    def __init__(self, allowed: Callable[[], bool] = lambda: True) -> None:
        self._allowed = allowed
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._why = ""
        self._done = threading.Event()
        self._watcher: threading.Thread | None = None

    @property
    def was_stopped(self) -> bool:
        """Whether it was cut off because it may no longer leave."""
        return self._why == "stopped"

    def attach(self, connected: socket.socket) -> None:
        """This is the socket to cut. Raises DeliveryStopped if that was asked for already."""
        with self._lock:
            self._socket = connected
            if self._why:
                self._abort()
        self.raise_if_cut()

    def check(self) -> None:
        """Ask whether it still may leave. Raises DeliveryStopped."""
        if not self._allowed():
            self.cut()
        self.raise_if_cut()

    def cut(self, why: str = "stopped") -> None:
        """Break the connection off; what the system has not sent yet is thrown away."""
        with self._lock:
            self._why = self._why or why
            self._abort()

    def raise_if_cut(self) -> None:
        """Raise DeliveryStopped, or TransientDelivery if the time was over."""
        if self._why == "late":
            raise TransientDelivery("the destination took too long", retry_after_s=0.0)
        if self._why:
            raise DeliveryStopped("stopped: this may no longer leave")

    def watch(self, total_s: float) -> None:
        """Start looking after it, until `land`."""
        deadline = time.monotonic() + total_s

        def look() -> None:
            while not self._done.wait(POLL_S):
                if time.monotonic() > deadline:
                    self.cut("late")
                elif not self._allowed():
                    self.cut()

        self._watcher = threading.Thread(target=look, name="flight", daemon=True)
        self._watcher.start()

    def land(self) -> None:
        """It is over: nobody asks `allowed` any more."""
        self._done.set()
        if self._watcher is not None:
            self._watcher.join()
        with self._lock:
            self._socket = None

    def _abort(self) -> None:
        if self._socket is None:
            return
        with suppress(OSError):  # closed already
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # wakes whoever sends or reads; closing then resets
