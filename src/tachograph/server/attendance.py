"""Who asks has to stay: a question whose client went is given up. And only so many are answered at once.

Without the first, a page that is closed leaves its queries running; without the second, a page that asks over and over
takes the machine from what comes in. Both are about questions only: what changes something, once begun, goes on.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tachograph.cancellation import Cancellation, asked_under
from tachograph.server.envelope import error_body
from tachograph.server.guard import App, Message, Receive, Scope, Send

__all__ = ["LIGHT", "Attendance", "Load", "is_question"]

ANSWERED_BY_POST = frozenset({"/api/v1/sql"})
LIGHT = frozenset({"/health", "/api/health", "/metrics", "/api/openapi.json", "/api/live", "/api/v1/imports", "/"})
"""What costs next to nothing, has to answer under load, or stays open: never made to wait for questions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How many questions there may be."""

    at_once: int = 4
    waiting: int = 100
    patience_s: float = 20.0


def is_question(method: str, path: str) -> bool:
    """True if a request only asks, so that it can be given up."""
    return method in {"GET", "HEAD"} or (method == "POST" and path in ANSWERED_BY_POST)


class Attendance:
    """ASGI middleware around the API."""

    def __init__(self, app: App, load: Load) -> None:
        self._app = app
        self._load = load
        self._waiting = 0
        self._slots = asyncio.Semaphore(load.at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in turn, and only while somebody waits for it."""
        if scope["type"] != "http" or not is_question(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        client = _Client(receive, has_body=scope["method"] == "POST")
        watching = asyncio.create_task(client.watch())
        try:
            if scope["path"] in LIGHT or scope["path"].startswith("/assets/"):
                await self._answer(scope, client, send)
            elif await self._take_turn(client):
                try:
                    await self._answer(scope, client, send)
                finally:
                    self._slots.release()
            elif not client.gone.is_set():
                await _refuse(scope["path"], send)
        finally:
            client.left = None
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def _answer(self, scope: Scope, client: _Client, send: Send) -> None:
        cancellation = Cancellation()
        client.left = cancellation.cancel
        if client.gone.is_set():
            return
        with asked_under(cancellation):
            await self._app(scope, client.receive, send)

    async def _take_turn(self, client: _Client) -> bool:
        """True with a slot; false if there are too many before it, or the client went."""
        if not self._slots.locked():
            return await self._slots.acquire()
        if self._waiting >= self._load.waiting:
            return False
        self._waiting += 1
        turn = asyncio.ensure_future(self._slots.acquire())
        left = asyncio.ensure_future(client.gone.wait())
        try:
            await asyncio.wait({turn, left}, timeout=self._load.patience_s, return_when=asyncio.FIRST_COMPLETED)
            if turn.done() and client.gone.is_set():
                self._slots.release()
                return False
            return turn.done()
        finally:
            self._waiting -= 1
            left.cancel()
            if not turn.done():
                turn.cancel()


class _Client:
    """The other side of one request: reads what it sends, and notices when it goes."""

    def __init__(self, receive: Receive, *, has_body: bool) -> None:
        self._receive = receive
        self._has_body = has_body
        self._messages: asyncio.Queue[Message] = asyncio.Queue(maxsize=8)
        self.gone = asyncio.Event()
        self.left: Callable[[], None] | None = None  # called when it goes
        if not has_body:
            self._messages.put_nowait({"type": "http.request", "body": b"", "more_body": False})

    async def receive(self) -> Message:
        """What the application gets: the request's body, then that the client went."""
        return await self._messages.get()

    async def watch(self) -> None:
        """Read until the client goes. What somebody sends with a request that has no body is thrown away."""
        while (message := await self._receive())["type"] != "http.disconnect":
            if self._has_body:
                await self._messages.put(message)
        self.gone.set()
        if self.left is not None:
            self.left()
        await self._messages.put(message)


async def _refuse(path: str, send: Send) -> None:
    told = error_body(
        path, 503, "too_many_questions", "too many questions are being answered", "ask again in a few seconds"
    )
    body = json.dumps(told).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", b"2"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
