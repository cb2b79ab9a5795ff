"""Stands between the plugin and the server: keeps a copy of each request, and is slow, deaf or gone when told to be."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import urlsplit

__all__ = ["Mood", "Relay"]

Mood = Literal["up", "down", "deaf", "slow"]
SLOW_S = 15.0


class Relay:
    """One address that stays the same while the receiver behind it comes and goes.

    Args:
        target: the address of the server.
    """

    def __init__(self, target: str) -> None:
        self.sent: list[tuple[str, int, dict[str, Any]]] = []  # path, status, payload
        self.mood: Mood = "up"
        self._target = urlsplit(target)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server: ThreadingHTTPServer | None = None
        self._hole: socket.socket | None = None
        self.change("up")

    def change(self, mood: Mood) -> None:
        """Be up, down (the port is closed), deaf (connections are taken and never answered) or slow."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        if self._hole is not None:
            self._hole.close()
            self._hole = None
        self.mood = mood
        if mood == "deaf":
            self._hole = socket.socket()
            self._hole.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._hole.bind(("127.0.0.1", self.port))
            self._hole.listen(64)
        elif mood != "down":
            relay = self

            class Handler(_Handler):
                pass

            Handler.relay = relay
            self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
            self._server.daemon_threads = True
            threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def forward(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """The server's own answer."""
        connection = http.client.HTTPConnection(self._target.hostname or "", self._target.port, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path, body, {k: v for k, v in headers.items() if k.lower() != "host"})
            answer = connection.getresponse()
            data = answer.read()
        if method == "POST":
            self.sent.append((path, answer.status, json.loads(body)))
        return answer.status, data


class _Handler(BaseHTTPRequestHandler):
    relay: Relay

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._pass_on(b"")

    def do_POST(self) -> None:
        self._pass_on(self.rfile.read(int(self.headers.get("content-length") or 0)))

    def _pass_on(self, body: bytes) -> None:
        if self.relay.mood == "slow":
            time.sleep(SLOW_S)
        with contextlib.suppress(OSError):  # the server, or who asked, is gone
            status, data = self.relay.forward(self.command, self.path, body, dict(self.headers))
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
