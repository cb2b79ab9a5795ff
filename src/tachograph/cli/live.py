"""Listens to the live stream of a running server, in a thread: something changed, ask again."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tachograph.cli.client import RunningServer

__all__ = ["Listening"]

ANSWERS = frozenset({"start", "settled", "reset"})  # after these, answers may be others
PAUSE_S = 1.0  # before coming again
SILENCE_S = 60.0  # the stream says something four times as often


class Listening:
    """Calls `changed` after each message of the stream that says so, and comes again when the stream ends.

    What came in between is not read again: who is called asks for the whole anyway.
    """

    def __init__(self, server: RunningServer, changed: Callable[[], None]) -> None:
        self.is_connected = False
        self.url = server.url
        self._changed = changed
        self._stop = threading.Event()
        self._connection: http.client.HTTPConnection | None = None
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a read that waits is cut off."""
        self._stop.set()
        connection = self._connection
        sock = connection.sock if connection is not None else None
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended already
        self._thread.join(2.0)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen()
            except (OSError, http.client.HTTPException, ValueError, AttributeError):
                pass  # it went, or it was cut off by `stop`
            self.is_connected = False
            self._stop.wait(PAUSE_S)

    def _listen(self) -> None:
        parts = urlsplit(self.url)
        self._connection = connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SILENCE_S)
        try:
            connection.request("GET", "/api/live?kind=session.start", headers={"Accept": "text/event-stream"})
            response = connection.getresponse()
            if response.status != http.HTTPStatus.OK:
                return
            self.is_connected = True
            while not self._stop.is_set() and (line := response.readline()):
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "event" and value in ANSWERS:
                    self._changed()
        finally:
            connection.close()
