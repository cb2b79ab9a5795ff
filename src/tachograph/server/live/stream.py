"""One client's stream of server-sent events, from its first message until it goes, stalls, or the server stops."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any

from fastapi.responses import JSONResponse, Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tachograph.server.live.feed import Feed, Listener, Page, Place
from tachograph.server.problems import problem
from tachograph_sdk.errors import TachographError

__all__ = ["Abortable", "LiveStream"]

log = logging.getLogger(__name__)

RETRY_MS = 2000  # how soon a client comes again
COME_AGAIN_S = 5  # when there was no room
STOPPING_S = 0.5  # for the last bytes, when the server stops
ABORT = "tachograph.abort"

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Abortable(HttpToolsProtocol):
    """uvicorn's HTTP protocol, whose requests can end the connection at once.

    Closing waits until the client has taken what was written, and a client that takes nothing would stay for ever.
    """

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: {"call": self.transport.abort}}


class LiveStream(Response):
    """Answers with the records that come in."""

    media_type = "text/event-stream"

    def __init__(self, feed: Feed, listener: Listener) -> None:
        super().__init__()
        self._feed = feed
        self._listener = listener

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Callable[[], Awaitable[Message]], send: Send
    ) -> None:
        """Stream, if there is room for one more."""
        feed = self._feed
        if feed.clients >= feed.config.max_clients or feed.bell.is_closed:
            told = problem("too_many_clients", "no room for another listener", "come again, or raise live.max_clients")
            await JSONResponse(told, 503, {"Retry-After": str(COME_AGAIN_S)})(scope, receive, send)
            return
        feed.clients += 1
        try:
            await self._stream(scope, receive, send)
        finally:
            feed.clients -= 1

    async def _stream(
        self, scope: MutableMapping[str, Any], receive: Callable[[], Awaitable[Message]], send: Send
    ) -> None:
        feed = self._feed
        feed.bell.listen()
        gone = asyncio.ensure_future(_until_gone(receive))
        closed = asyncio.ensure_future(_until_closed(feed))
        telling = asyncio.ensure_future(self._tell(send))
        try:
            await asyncio.wait({gone, closed, telling}, return_when=asyncio.FIRST_COMPLETED)
            if closed.done() and not gone.done():
                await asyncio.wait({telling}, timeout=STOPPING_S)
            if gone.done():
                return
            finished = telling.done() and telling.result()
            if finished:
                try:
                    async with asyncio.timeout(STOPPING_S):
                        await send({"type": "http.response.body", "body": b"", "more_body": False})
                    return
                except TimeoutError:
                    pass
            if abort := scope.get("extensions", {}).get(ABORT):
                abort["call"]()
                await gone  # now the server sees that it has gone
        finally:
            for task in (gone, closed, telling):
                task.cancel()

    async def _tell(self, send: Send) -> bool:
        """Send what there is until the server stops. False if the client takes nothing."""
        feed, listener = self._feed, self._listener
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]

        async def put(body: bytes) -> None:
            async with asyncio.timeout(feed.config.stall_s):
                await send({"type": "http.response.body", "body": body, "more_body": True})

        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            first = await feed.begin(listener.place)
            await put(f"retry: {RETRY_MS}\n\n".encode() + first.message)
            await self._tell_pages(first, put)
        except TimeoutError:
            feed.stalled += 1
            log.info("a live client took nothing and was sent away")
            return False
        except TachographError as error:
            log.warning("a live stream ended: %s", error.code)  # the client comes again
        except Exception as error:  # noqa: BLE001 - a request handler is one of the four doors
            log.error("a live stream failed: %s", type(error).__name__)
        return True

    async def _tell_pages(self, first: Page, put: Callable[[bytes], Awaitable[None]]) -> None:
        feed, parameters = self._feed, self._listener.parameters
        place, told_settled = first.place, first.settled
        while not feed.bell.is_closed:
            wakings = feed.bell.wakings
            page = await feed.page(place, parameters)
            if page.message:
                await put(page.message)
            place = page.place
            if page.is_reset:
                told_settled = page.settled
            if page.more:
                continue
            if page.settled != told_settled:
                told_settled = page.settled
                await put(_settled(page.settled))
            if not await feed.bell.wait(wakings, feed.config.heartbeat_s):
                await put(_heartbeat(feed, place, told_settled))


def _settled(seq: int) -> bytes:
    return f'event: settled\ndata: {{"seq":{seq}}}\n\n'.encode()


def _heartbeat(feed: Feed, place: Place, settled: int) -> bytes:
    told = {"at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "seq": place.seq, "settled_seq": settled}
    return f": {json.dumps({**told, **feed.freshness()})}\n\n".encode()


async def _until_gone(receive: Callable[[], Awaitable[Message]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _until_closed(feed: Feed) -> None:
    while not feed.bell.is_closed:
        await feed.bell.wait(feed.bell.wakings, 3600.0)
