"""OTLP over HTTP as a raw ASGI application: POST /v1/logs, /v1/metrics, /v1/traces; GET /health and /metrics.

What else is taken in on this port (`inputs/beside.py`) is read here, under the same rules, and understood elsewhere.
Rules: the OTLP specification, section OTLP/HTTP. Beyond it: zstd is understood; a foreign Host and any Origin that
is not configured get 403, so that no web page can send or look, whatever name it gives this machine.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

import msgspec

from tachograph.inputs.beside import Beside, NotTaken
from tachograph.inputs.otlp.answers import CONTENT_TYPES, Refusal, encode_status, encode_success
from tachograph.inputs.otlp.compression import DECOMPRESSORS, Decompressor
from tachograph.inputs.otlp.hosts import HostCheck
from tachograph.inputs.otlp.intake import Intake, Refused, Room, Unpacking, too_large
from tachograph.inputs.otlp.signals import SIGNALS, Encoding, Signal
from tachograph.inputs.otlp.verdict import Verdict

__all__ = ["OtlpHttp"]

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

DRAIN_S: Final = 2.0  # after an early answer: how long what is still being sent is read and thrown away, so that ...
DRAIN_BYTES: Final = 256 * 1024 * 1024  # ... the client gets to read the answer; and how much of it
SMALL_BYTES: Final = 256 * 1024  # a refused body up to this declared size is read before the answer

_PATHS: Final = {signal.path: signal for signal in SIGNALS}
_ENCODINGS: Final = {b"application/x-protobuf": Encoding.PROTOBUF, b"application/json": Encoding.JSON}
_OK_HEADERS: Final = {
    encoding: [(b"content-type", CONTENT_TYPES[encoding]), (b"content-length", b"%d" % size)]
    for encoding, size in ((Encoding.PROTOBUF, 0), (Encoding.JSON, 2))
}


class _Gone(Exception):
    """The client went away; there is nobody to answer."""


class _Request:
    """The headers that matter."""

    __slots__ = ("content_encoding", "content_type", "encoding", "host", "length", "origin")

    def __init__(self, headers: Headers) -> None:
        self.host = self.origin = self.content_type = None
        self.content_encoding = b""
        self.length = 0
        for name, value in headers:
            if name == b"content-type":
                self.content_type = value
            elif name == b"content-length":
                self.length = int(value)  # the parser let digits through only
            elif name == b"host":
                self.host = value if self.host is None else b""  # two names are none of ours
            elif name == b"content-encoding":
                self.content_encoding = value if not self.content_encoding else b"several"
            elif name == b"origin":
                self.origin = value if self.origin is None else b"several"
        self.encoding = _encoding_of(self.content_type)


def _encoding_of(content_type: bytes | None) -> Encoding | None:
    if content_type is None:
        return None
    found = _ENCODINGS.get(content_type)
    if found is None:
        found = _ENCODINGS.get(content_type.partition(b";")[0].strip().lower())
    return found


class OtlpHttp:
    """The application. `health` and `metrics` make the bodies of the two GET answers."""

    def __init__(
        self,
        intake: Intake,
        *,
        health: Callable[[], dict[str, Any]],
        metrics: Callable[[], str],
        beside: Beside | None = None,
    ) -> None:
        self._intake = intake
        self._stats = intake.stats
        self._limit = intake.config.max_body_bytes
        self._hosts = HostCheck(intake.config.host, intake.config.allowed_hosts)
        self._origins = frozenset(origin.encode() for origin in intake.config.cors_origins)
        self._health = health
        self._metrics = metrics
        self._beside = beside

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = _Request(scope["headers"])
        try:
            refusal = self._refuse_stranger(request, scope)
            if refusal is not None:
                await self._refuse(request, refusal, receive, send, None, self._beside_of(scope))
                return
            signal = _PATHS.get(scope["path"])
            if signal is None:
                await self._other(request, scope, receive, send)
            elif scope["method"] == "POST":
                await self._export(signal, request, receive, send)
            elif scope["method"] == "OPTIONS" and request.origin is not None:
                await self._preflight(request, send)
            else:
                refusal = Refusal(status=405, message="use POST", reason="method")
                await self._refuse(request, refusal, receive, send, [(b"allow", b"POST")])
        except _Gone:
            self._stats.refused_requests["http", 499, "disconnected"] += 1
        except Exception as error:  # noqa: BLE001 - the door: whatever happened, the client gets an answer it understands
            log.error("a request could not be handled: %s", type(error).__name__)
            refusal = Refusal(status=503, message="internal error; come again", reason="internal", retry_after_s=1)
            await self._refuse(request, refusal, receive, send, None, self._beside_of(scope))

    # --- the ways through ---

    async def _export(self, signal: Signal, request: _Request, receive: Receive, send: Send) -> None:
        encoding = request.encoding
        if encoding is None:
            wrong = "Content-Type must be application/x-protobuf or application/json"
            await self._refuse(request, Refusal(status=415, message=wrong, reason="type"), receive, send)
            return
        room = self._intake.room()
        outcome: Verdict | Refusal
        try:
            body, wire_bytes = await self._read(request, room, receive, self._limit)
            outcome = await self._intake.take(signal, encoding, "http", body, wire_bytes=wire_bytes)
        except Refused as refused:
            outcome = refused.refusal
        finally:
            room.close()
        # Outside of the handler above: there, what was read would still be held while the answer goes out.
        if isinstance(outcome, Refusal):
            await self._refuse(request, outcome, receive, send)
        else:
            await self._acknowledge(signal, encoding, request, outcome, send)

    async def _acknowledge(
        self, signal: Signal, encoding: Encoding, request: _Request, verdict: Verdict, send: Send
    ) -> None:
        answer = encode_success(signal, encoding, rejected=verdict.refused_count, message=verdict.message)
        headers = _OK_HEADERS[encoding]
        if verdict.refused_count:
            headers = [(b"content-type", CONTENT_TYPES[encoding]), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": self._allow(request, headers)})
        await send({"type": "http.response.body", "body": answer})

    async def _take_beside(
        self, beside: Beside, request: _Request, scope: dict[str, Any], receive: Receive, send: Send
    ) -> None:
        """A request that is not OTLP; it is answered in its own words."""
        if scope["method"] == "OPTIONS" and request.origin is not None:
            await self._preflight(request, send)
            return
        room = self._intake.room()
        answer, refusal, extra = b"", None, None
        try:
            if scope["method"] != "POST":
                extra = [(b"allow", b"POST")]
                raise Refused(Refusal(status=405, message="use POST", reason="method"))
            if request.encoding is not Encoding.JSON:
                wrong = "Content-Type must be application/json"
                raise Refused(Refusal(status=415, message=wrong, reason="type"))
            body, _ = await self._read(request, room, receive, beside.max_body_bytes)
            answer = await beside.take(scope["path"], body)
        except Refused as refused:
            refusal = refused.refusal
            if refusal.status == 503:  # too much at once
                refusal = replace(refusal, status=429)
        except NotTaken as error:
            refusal = Refusal(
                status=error.status, message=error.message, reason=error.code, retry_after_s=error.retry_after_s
            )
        finally:
            room.close()
        if refusal is not None:
            await self._refuse(request, refusal, receive, send, extra, beside)
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": self._allow(request, headers)})
        await send({"type": "http.response.body", "body": answer})

    async def _read(self, request: _Request, room: Room, receive: Receive, limit: int) -> tuple[bytes | bytearray, int]:
        """The decompressed body, and how many bytes were sent. Raises Refused or _Gone."""
        if request.length > limit:
            raise Refused(too_large(limit))
        if request.content_encoding:
            token = request.content_encoding.strip().lower().decode("latin-1")
            if token not in ("", "identity"):
                make = DECOMPRESSORS.get(token)
                if make is None:
                    raise Refused(
                        Refusal(status=415, message="Content-Encoding must be gzip, zstd or identity", reason="coding")
                    )
                return await self._read_compressed(make(), room, receive, limit)
        message = await receive()
        if message["type"] != "http.request":
            raise _Gone
        body: bytes | bytearray = message["body"]
        if len(body) > limit:
            raise Refused(too_large(limit))
        room.add(len(body))
        if message["more_body"]:
            body = bytearray(body)
            while message["more_body"]:
                message = await receive()
                if message["type"] != "http.request":
                    raise _Gone
                piece = message["body"]
                if len(body) + len(piece) > limit:
                    raise Refused(too_large(limit))
                room.add(len(piece))
                body += piece
        return body, len(body)

    async def _read_compressed(
        self, decompressor: Decompressor, room: Room, receive: Receive, limit: int
    ) -> tuple[bytes | bytearray, int]:
        unpacking = Unpacking(decompressor, room, limit)
        sent = 0
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                raise _Gone
            more = message["more_body"]
            sent += len(message["body"])
            if sent > limit:
                raise Refused(too_large(limit))
            await unpacking.add(message["body"])
        return unpacking.finish(), sent

    async def _other(self, request: _Request, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if self._beside is not None and self._beside.takes(path):
            await self._take_beside(self._beside, request, scope, receive, send)
            return
        if path not in ("/health", "/metrics"):
            refusal = Refusal(
                status=404, message="unknown path; OTLP is taken at /v1/logs, /v1/metrics, /v1/traces", reason="path"
            )
            await self._refuse(request, refusal, receive, send)
            return
        if method not in ("GET", "HEAD"):
            refusal = Refusal(status=405, message="use GET", reason="method")
            await self._refuse(request, refusal, receive, send, [(b"allow", b"GET, HEAD")])
            return
        if path == "/health":
            body, content_type = msgspec.json.encode(self._health()), b"application/json"
        else:
            body, content_type = self._metrics().encode(), b"text/plain; version=0.0.4; charset=utf-8"
        headers = [
            (b"content-type", content_type),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": self._allow(request, headers)})
        await send({"type": "http.response.body", "body": body})

    async def _preflight(self, request: _Request, send: Send) -> None:
        headers = [
            (b"access-control-allow-methods", b"POST"),
            (b"access-control-allow-headers", b"content-type, content-encoding, x-requested-with"),
            (b"access-control-max-age", b"7200"),
        ]
        await send({"type": "http.response.start", "status": 204, "headers": self._allow(request, headers)})
        await send({"type": "http.response.body", "body": b""})

    # --- answers ---

    def _beside_of(self, scope: dict[str, Any]) -> Beside | None:
        return self._beside if self._beside is not None and self._beside.takes(scope["path"]) else None

    def _refuse_stranger(self, request: _Request, scope: dict[str, Any]) -> Refusal | None:
        if request.host is None:
            if scope["http_version"] != "1.0":
                return Refusal(status=400, message="a Host header is needed", reason="host")
        elif not self._hosts.is_ours(request.host):
            return Refusal(status=403, message="this server does not go by that name; see allowed_hosts", reason="host")
        if request.origin is not None and request.origin not in self._origins:
            return Refusal(status=403, message="web pages may not send here; see cors_origins", reason="origin")
        return None

    def _allow(self, request: _Request, headers: Headers) -> Headers:
        """With the headers that a configured web page needs."""
        if request.origin is None or request.origin not in self._origins:
            return headers
        return [*headers, (b"access-control-allow-origin", request.origin), (b"vary", b"origin")]

    async def _refuse(
        self,
        request: _Request,
        refusal: Refusal,
        receive: Receive,
        send: Send,
        extra: Headers | None = None,
        beside: Beside | None = None,
    ) -> None:
        """Answer with a Status in the request's own type, then read on for a while if the client still sends."""
        self._stats.refused_requests["http" if beside is None else beside.name, refusal.status, refusal.reason] += 1
        encoding = request.encoding or Encoding.JSON
        if beside is None:
            body = encode_status(refusal, encoding)
        else:
            encoding, body = Encoding.JSON, beside.refusal(refusal.reason, refusal.message)
        headers = [(b"content-type", CONTENT_TYPES[encoding]), (b"content-length", b"%d" % len(body)), *(extra or ())]
        if refusal.retry_after_s is not None:
            headers.append((b"retry-after", b"%d" % refusal.retry_after_s))
        unread = _is_unread(receive)
        if unread and 0 < request.length <= SMALL_BYTES:
            await _drain(receive)  # then the connection can be kept
            unread = _is_unread(receive)
        if unread:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": refusal.status, "headers": self._allow(request, headers)})
        if unread:
            # The client has its whole answer now. Closing at once would make its system throw the answer away.
            await send({"type": "http.response.body", "body": body, "more_body": True})
            await _drain(receive)
            body = b""
        await send({"type": "http.response.body", "body": body})


def _is_unread(receive: Receive) -> bool:
    """Whether part of the body is still to come (uvicorn's own account of it; True for any other server)."""
    cycle = getattr(receive, "__self__", None)
    return bool(getattr(cycle, "more_body", True))


async def _drain(receive: Receive) -> None:
    drained = 0
    try:
        async with asyncio.timeout(DRAIN_S):
            while drained < DRAIN_BYTES:
                message = await receive()
                if message["type"] != "http.request" or not message["more_body"]:
                    return
                drained += len(message["body"])
    except TimeoutError:
        pass
