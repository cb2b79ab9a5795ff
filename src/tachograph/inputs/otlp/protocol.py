"""uvicorn's HTTP protocol, with limits it has not: connections, size and time of headers, silence within a body.

No timer is set per request: `Connections.sweep` looks at all connections about once a second.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from tachograph.inputs.otlp.answers import Refusal, encode_status
from tachograph.inputs.otlp.config import OtlpConfig
from tachograph.inputs.otlp.signals import Encoding
from tachograph.inputs.otlp.stats import ReceiverStats

__all__ = ["Connections", "LimitedProtocol"]

MOST_HEADER_BYTES: Final = 64 * 1024
SWEEP_S: Final = 1.0


class LimitedProtocol(HttpToolsProtocol):
    """One connection. Subclassed per server by `Connections.protocol`."""

    owner: Connections
    cycle: Any  # None before the first request, which uvicorn's types do not say
    transport: Any

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client came."""
        self.in_headers = False
        self.header_bytes = 0
        self.last_data_s = self.began_s = self.loop.time()
        super().connection_made(transport)
        owner = self.owner
        owner.open.add(self)
        owner.stats.connections = len(owner.open)
        if len(owner.open) > owner.config.max_connections:
            self.refuse(
                Refusal(status=503, message="too many connections; come again", reason="connections", retry_after_s=1)
            )

    def connection_lost(self, exc: Exception | None) -> None:
        """The client went, or was sent away."""
        owner = self.owner
        owner.open.discard(self)
        owner.stats.connections = len(owner.open)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        if self.transport.is_closing():
            return
        self.last_data_s = self.loop.time()
        super().data_received(data)
        if self.in_headers:
            self.header_bytes += len(data)
            if self.header_bytes > MOST_HEADER_BYTES:
                self.refuse(Refusal(status=431, message="the headers are too large", reason="headers"))

    def on_message_begin(self) -> None:
        """A request begins."""
        self.in_headers = True
        self.header_bytes = 0
        self.began_s = self.last_data_s
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A request's headers are there."""
        self.in_headers = False
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """What came is not HTTP."""
        self.refuse(Refusal(status=400, message="this is not a valid HTTP request", reason="http"))

    def check_time(self, now_s: float) -> None:
        """Send the client away if it keeps us waiting."""
        if self.transport is None or self.transport.is_closing():
            return
        config = self.owner.config
        silence_s = now_s - self.last_data_s
        if self.in_headers:
            late = now_s - self.began_s > config.header_timeout_s
        elif self.cycle is None:
            late = silence_s > config.header_timeout_s
        elif not self.cycle.response_complete and self.cycle.more_body:
            late = silence_s > config.body_timeout_s or now_s - self.began_s > config.request_timeout_s
        else:
            late = False
        if late:
            self.refuse(Refusal(status=408, message="the request did not come in time", reason="timeout"))

    def refuse(self, refusal: Refusal) -> None:
        """Answer without the application, if nothing was answered yet, and close."""
        self.owner.stats.refused_requests["http", refusal.status, refusal.reason] += 1
        cycle = self.cycle
        if cycle is None or cycle.response_complete or not cycle.response_started:
            body = encode_status(refusal, Encoding.JSON)
            head = [
                STATUS_LINE[refusal.status],
                b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n" % len(body),
            ]
            if refusal.retry_after_s is not None:
                head.append(b"retry-after: %d\r\n" % refusal.retry_after_s)
            self.transport.write(b"".join([*head, b"\r\n", body]))
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()


class Connections:
    """All HTTP connections of one server."""

    def __init__(self, config: OtlpConfig, stats: ReceiverStats) -> None:
        self.config = config
        self.stats = stats
        self.open: set[LimitedProtocol] = set()

    def protocol(self) -> type[LimitedProtocol]:
        """The protocol class to give to uvicorn."""
        return type("Protocol", (LimitedProtocol,), {"owner": self})

    async def sweep(self) -> None:
        """Look after the connections until cancelled."""
        loop = asyncio.get_running_loop()
        timeouts = (self.config.header_timeout_s, self.config.body_timeout_s, self.config.request_timeout_s)
        period_s = min(SWEEP_S, *(timeout / 2 for timeout in timeouts))
        while True:
            await asyncio.sleep(period_s)
            now_s = loop.time()
            for connection in list(self.open):
                connection.check_time(now_s)
