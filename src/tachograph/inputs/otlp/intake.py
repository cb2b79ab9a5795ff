"""What HTTP and gRPC share: room for a request, a look at it, the journal, the counters."""

from __future__ import annotations

import asyncio
from typing import Final

from tachograph.inputs.otlp.answers import Refusal
from tachograph.inputs.otlp.compression import Decompressor
from tachograph.inputs.otlp.config import OtlpConfig
from tachograph.inputs.otlp.signals import Encoding, Signal
from tachograph.inputs.otlp.stats import ReceiverStats
from tachograph.inputs.otlp.validate import Verdict, validate
from tachograph.ports import Submit
from tachograph_sdk.errors import DecodeError, JournalError, PayloadTooLarge

__all__ = ["Intake", "Refused", "Room", "Unpacking"]

YIELD_BYTES: Final = 2 * 1024 * 1024  # others get a turn after so much was unpacked
LARGE_BYTES: Final = 256 * 1024  # bodies beyond this are looked at in a thread, one at a time


class Refused(Exception):
    """The request is not accepted; nothing of it is kept."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


BUSY: Final = Refusal(
    status=503, message="too much is being received at the moment; come again", reason="busy", retry_after_s=1
)


def too_large(limit: int) -> Refusal:
    """Over the size limit, as sent or after decompression. Another try would not help."""
    return Refusal(status=413, message=f"the body is larger than {limit} bytes", reason="too_large")


class Room:
    """The memory one request may use while it is taken in; give it back with `close`."""

    __slots__ = ("_bytes", "_limit", "_stats")

    def __init__(self, stats: ReceiverStats, limit: int) -> None:
        self._stats = stats
        self._limit = limit
        self._bytes = 0

    def add(self, size: int) -> None:
        """Account for `size` more bytes. Raises Refused when all requests together would have too many."""
        if self._stats.waiting_bytes + size > self._limit:
            self._stats.large_bodies += 1
            raise Refused(BUSY)
        self._stats.waiting_bytes += size
        self._bytes += size

    def close(self) -> None:
        """The request is done with."""
        if self._bytes > LARGE_BYTES:
            self._stats.large_bodies += 1
        self._stats.waiting_bytes -= self._bytes
        self._bytes = 0


class Unpacking:
    """A compressed body while it is unpacked: each piece is held against the limit and the room, and others get turns.

    The pieces are put together at the end only: a buffer that grows is copied by the allocator again and again, and what is
    refused in the end would have taken twice the limit.
    """

    def __init__(self, decompressor: Decompressor, room: Room, limit: int) -> None:
        self._decompressor = decompressor
        self._room = room
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        self._since_yield = 0

    async def add(self, data: bytes) -> None:
        """Unpack what comes next. Raises Refused: damaged, or larger than may be."""
        try:
            for piece in self._decompressor.feed(data):
                if self._size + len(piece) > self._limit:
                    raise Refused(too_large(self._limit))
                self._room.add(len(piece))
                self._pieces.append(piece)
                self._size += len(piece)
                self._since_yield += len(piece)
                if self._since_yield > YIELD_BYTES:
                    self._since_yield = 0
                    await asyncio.sleep(0)
        except DecodeError as error:
            raise _damaged(error) from None

    def finish(self) -> bytes:
        """The whole body. Raises Refused if it was cut off."""
        try:
            self._decompressor.finish()
        except DecodeError as error:
            raise _damaged(error) from None
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _damaged(error: DecodeError) -> Refused:
    return Refused(Refusal(status=400, message=error.message, reason="compression"))


class Intake:
    """Takes whole, decompressed requests in."""

    def __init__(self, journal: Submit, config: OtlpConfig, stats: ReceiverStats) -> None:
        self.config = config
        self.stats = stats
        self._journal = journal
        self._one_large = asyncio.Lock()

    def room(self) -> Room:
        """Room for one request."""
        return Room(self.stats, self.config.max_waiting_bytes)

    async def take(
        self, signal: Signal, encoding: Encoding, protocol: str, body: bytes | bytearray, *, wire_bytes: int
    ) -> Verdict:
        """Return once what may be kept of the request is durable.

        Raises:
            Refused: nothing of it is kept.
        """
        route = self.stats.route(signal, encoding, protocol)
        route.requests += 1
        route.wire_bytes += wire_bytes
        route.body_bytes += len(body)
        try:
            if len(body) > LARGE_BYTES:
                async with self._one_large:
                    verdict = await asyncio.to_thread(validate, signal, encoding, body)
            else:
                verdict = validate(signal, encoding, body)
        except DecodeError as error:
            raise Refused(Refusal(status=400, message=error.message, reason="malformed")) from None
        except PayloadTooLarge as error:
            raise Refused(Refusal(status=413, message=error.message, reason="too_many_parts")) from None
        if verdict.refused_count:
            self.stats.count_refused(signal, verdict)
            if not verdict.accepted:
                raise Refused(Refusal(status=400, message=verdict.message, reason="all_records"))
        if verdict.accepted:  # a request without records is a success, and there is nothing to keep
            try:
                await self._journal.append(signal.kind(encoding), verdict.body)  # type: ignore[arg-type]
            except JournalError as error:
                raise Refused(
                    Refusal(status=503, message=error.message, reason=error.code, retry_after_s=error.retry_after_s)
                ) from None
        route.acknowledged += 1
        route.records += verdict.accepted
        return verdict
