"""OTLP over gRPC, on the same event loop. Messages come as raw bytes and go the same way as HTTP's.

The library's own decompression is switched off: it inflates a whole message before it looks at the limit (a 300 kB
message took 680 MB here). A gzip or zlib stream cannot be mistaken for a request: 0x1f would be a wire type that does
not exist, and what begins with 0x78 is inflated only if it is a zlib header and the rest agrees.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpc
from grpc import aio

from tachograph.inputs.otlp.answers import Refusal, encode_success, status_details
from tachograph.inputs.otlp.compression import Decompressor, Deflate, Gzip
from tachograph.inputs.otlp.intake import Intake, Refused, Room, Unpacking
from tachograph.inputs.otlp.signals import SIGNALS, Encoding, Signal

__all__ = ["OtlpGrpc", "make_grpc_server"]

log = logging.getLogger(__name__)

TURN_S: Final = 1.0
HEALTH_METHOD: Final = "/grpc.health.v1.Health/Check"
_SERVING, _NOT_SERVING = b"\x08\x01", b"\x08\x02"  # HealthCheckResponse{status}
MOST_STREAMS: Final = 64  # at once on one connection; the library holds each message whole before we see it

_CODES: Final = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
}
Handler = Callable[[Any, Any], Awaitable[bytes]]


def make_grpc_server(intake: Intake, *, is_healthy: Callable[[], bool]) -> aio.Server:
    """A server with the three services, without ports yet."""
    limit = intake.config.max_body_bytes
    server = aio.server(
        options=[
            ("grpc.max_receive_message_length", limit),
            ("grpc.max_send_message_length", 4 * 1024 * 1024),
            ("grpc.per_message_decompression", 0),
            ("grpc.max_concurrent_streams", MOST_STREAMS),
            ("grpc.http2.bdp_probe", 0),  # or it takes megabytes of each call before anybody reads
            ("grpc.so_reuseport", 0),  # a port that is taken is an error, not half of the requests
            ("grpc.max_metadata_size", 16 * 1024),
            ("grpc.keepalive_time_ms", 60_000),
            ("grpc.keepalive_timeout_ms", 20_000),
            ("grpc.http2.max_ping_strikes", 0),
        ]
    )
    server.add_generic_rpc_handlers((OtlpGrpc(intake, is_healthy),))
    return server


class _Turn:
    """A turn at a semaphore that ends by itself after a while: who dawdles may go on, but not keep others waiting."""

    def __init__(self, semaphore: asyncio.Semaphore) -> None:
        self._semaphore = semaphore
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        await self._semaphore.acquire()
        self._timer = asyncio.get_running_loop().call_later(TURN_S, self._end)

    async def __aexit__(self, *_exception: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._end()

    def _end(self) -> None:
        self._timer = None
        self._semaphore.release()


class OtlpGrpc(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Finds the method; any other is UNIMPLEMENTED."""

    def __init__(self, intake: Intake, is_healthy: Callable[[], bool]) -> None:
        self._intake = intake
        self._is_healthy = is_healthy
        self._reading = asyncio.Semaphore(intake.config.grpc_readers)
        self._handlers = {
            # On the wire a call with one message is the same as a stream of one; but a stream's handler runs before
            # the message is read, and can wait until there is room for it.
            signal.method: grpc.stream_unary_rpc_method_handler(self._export(signal))
            for signal in SIGNALS
        }
        self._handlers[HEALTH_METHOD] = grpc.unary_unary_rpc_method_handler(self._health)

    def service(self, handler_call_details: Any) -> Any:
        """The handler of a method, or None."""
        return self._handlers.get(handler_call_details.method)

    def _export(self, signal: Signal) -> Handler:
        async def export(_messages: Any, context: Any) -> bytes:
            room = self._intake.room()
            try:
                message = await self._read(context, room)
                body = await self._decompress(message, room)
                verdict = await self._intake.take(signal, Encoding.PROTOBUF, "grpc", body, wire_bytes=len(message))
                return encode_success(
                    signal, Encoding.PROTOBUF, rejected=verdict.refused_count, message=verdict.message
                )
            except Refused as refused:
                refusal = refused.refusal
            except Exception as error:  # noqa: BLE001 - the door: gRPC would say UNKNOWN, and clients would drop the batch
                log.error("a request could not be handled: %s", type(error).__name__)
                refusal = Refusal(status=503, message="internal error; come again", reason="internal", retry_after_s=1)
            finally:
                room.close()
            await self._refuse(refusal, context)
            raise AssertionError("abort raises")

        return export

    async def _read(self, context: Any, room: Room) -> bytes:
        """The call's message. The library holds as much of it as has come, so only a few are read at a time."""
        try:
            async with asyncio.timeout(self._intake.config.body_timeout_s):
                async with _Turn(self._reading):
                    message: bytes = await context.read()
        except TimeoutError:
            raise Refused(
                Refusal(status=503, message="the message did not come in time", reason="timeout", retry_after_s=1)
            ) from None
        if message is aio.EOF:
            raise Refused(Refusal(status=400, message="the call has no message", reason="malformed"))
        room.add(len(message))
        return message

    async def _decompress(self, message: bytes, room: Room) -> bytes:
        if message[:2] == b"\x1f\x8b":
            return await self._inflate(Gzip(), message, room)
        if message[:1] == b"\x78" and len(message) > 1 and int.from_bytes(message[:2], "big") % 31 == 0:
            try:
                return await self._inflate(Deflate(), message, room)
            except Refused as refused:
                if refused.refusal.status != 400:
                    raise
        return message

    async def _inflate(self, decompressor: Decompressor, message: bytes, room: Room) -> bytes:
        unpacking = Unpacking(decompressor, room, self._intake.config.max_body_bytes)
        for start in range(0, len(message), 65_536):
            await unpacking.add(message[start : start + 65_536])
        return unpacking.finish()

    async def _refuse(self, refusal: Refusal, context: Any) -> None:
        self._intake.stats.refused_requests["grpc", refusal.status, refusal.reason] += 1
        code = _CODES[refusal.status]
        details = status_details(refusal, code.value[0])
        await context.abort(code, refusal.message, (("grpc-status-details-bin", details),))

    async def _health(self, _message: bytes, _context: Any) -> bytes:
        return _SERVING if self._is_healthy() else _NOT_SERVING
