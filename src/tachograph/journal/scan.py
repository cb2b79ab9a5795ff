"""Walks through one segment: whole frames, damage, the end. Shared by the reader and by `verify`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tachograph.journal.files import FileSystem
from tachograph.journal.segment import (
    FRAME_HEADER_BYTES,
    HEADER_BYTES,
    SEAL_KIND,
    FrameHeader,
    SegmentKey,
    decode_segment_header,
    sealed_frames,
)
from tachograph_sdk.model.event import DropReason

__all__ = ["Damage", "End", "SegmentScan", "Wait", "WholeFrame"]

CHUNK_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class WholeFrame:
    """A frame whose checksums match."""

    header: FrameHeader
    body: bytes
    end: int  # offset just after it


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """Bytes of a segment that are not what was written."""

    segment: int
    offset: int
    length: int
    reason: DropReason
    detail: str  # fixed wording
    harmless: bool = False  # nothing that can be read depends on these bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing more that is certain yet: the writer may still be at it."""


@dataclass(frozen=True, slots=True)
class End:
    """Nothing follows in this segment."""

    sealed: int | None = None  # how many frames the writer says there are; None if it never said


Item = WholeFrame | Damage | Wait | End


class SegmentScan:
    """One segment, from an offset on.

    `next(final=…)` gives one thing after the other. `final` says that a later segment existed before the call, so the
    writer will not touch this one again; until then bytes that make no sense are waited for, unless something valid
    stands behind them.
    """

    def __init__(self, files: FileSystem, fd: int, number: int, offset: int = 0) -> None:
        self.number = number
        self.offset = offset  # everything before it has been dealt with
        self.damaged_header_copies = 0
        self._files = files
        self._fd = fd
        self._key: SegmentKey | None = None
        self._data = b""
        self._base = 0

    def next(self, *, final: bool) -> Item:
        """The next frame or damage, or Wait, or End."""
        item = self._next(final=final)
        if isinstance(item, Wait):
            self._data = b""  # what was read may be half of a write in progress
        return item

    def _next(self, *, final: bool) -> Item:
        if self._key is None:
            problem = self._read_header(final=final)
            if problem is not None:
                return problem
        key = self._key
        assert key is not None
        start = self.offset
        have = self._fill(start, FRAME_HEADER_BYTES)
        if have == 0:
            return End() if final else Wait()
        header = key.decode_header(self._data, start - self._base, offset=start)
        if header is None:
            return self._skip_bad_header(key, final=final)
        body_start = start + FRAME_HEADER_BYTES
        end = body_start + header.length
        if self._fill(body_start, header.length) < header.length:
            return self._damage_to_end("the frame is cut off", DropReason.TORN_TAIL) if final else Wait()
        body = self._data[body_start - self._base : end - self._base]
        if not header.matches(body):
            # Right behind the last frame of a live segment this may be a write in progress.
            if final or self._header_at(key, end):
                return self._damage(end, "checksum of the body does not match", DropReason.CORRUPT_FRAME)
            return Wait()
        self.offset = end
        if header.kind != SEAL_KIND:
            return WholeFrame(header, body, end)
        if final and self._fill(end, 1):
            self._sealed = sealed_frames(body)
            return self._damage_to_end("bytes behind the seal", DropReason.TORN_TAIL)
        return End(sealed_frames(body))

    def read(self, offset: int, length: int) -> bytes:
        """Raw bytes, damaged or not, at most `length` of them."""
        pieces = []
        while length > 0:
            piece = self._files.read(self._fd, min(length, CHUNK_BYTES), offset)
            if not piece:
                break
            pieces.append(piece)
            offset += len(piece)
            length -= len(piece)
        return b"".join(pieces)

    def _read_header(self, *, final: bool) -> Item | None:
        have = self._fill(0, HEADER_BYTES)
        if have == 0 and final:
            return End()
        key, damaged = decode_segment_header(self._data[:HEADER_BYTES])
        if have < HEADER_BYTES or key is None:
            if not final:
                return Wait()
            if self.offset:  # reported before, and read past
                return End()
            return self._damage_to_end("the segment's header is damaged", DropReason.CORRUPT_FRAME)
        self._key = key
        self.damaged_header_copies = damaged
        self.offset = max(self.offset, HEADER_BYTES)
        return None

    def _skip_bad_header(self, key: SegmentKey, *, final: bool) -> Item:
        found = self._search(key, self.offset + 1)
        if found is not None:
            return self._damage(found, "the frame's header is damaged", DropReason.CORRUPT_FRAME)
        if final:
            return self._damage_to_end("no frame follows", DropReason.TORN_TAIL)
        return Wait()

    def _search(self, key: SegmentKey, start: int) -> int | None:
        """The offset of the next valid frame header at or after `start`."""
        while True:
            have = self._fill(start, FRAME_HEADER_BYTES)
            if have < FRAME_HEADER_BYTES:
                return None
            at = self._data.find(key.marker, start - self._base)
            while at >= 0:
                if key.decode_header(self._data, at, offset=self._base + at) is not None:
                    return self._base + at
                if len(self._data) - at < FRAME_HEADER_BYTES:
                    break  # it may go on in the next chunk
                at = self._data.find(key.marker, at + 1)
            keep = len(self._data) - FRAME_HEADER_BYTES + 1 if at < 0 else at
            start = max(start + 1, self._base + keep)

    def _header_at(self, key: SegmentKey, offset: int) -> bool:
        data = self._files.read(self._fd, FRAME_HEADER_BYTES, offset)
        return key.decode_header(data, 0, offset=offset) is not None

    def _damage_to_end(self, detail: str, reason: DropReason) -> Damage:
        end = self.offset
        while piece := self._files.read(self._fd, CHUNK_BYTES, end):
            end += len(piece)
        return self._damage(end, detail, reason)

    def _damage(self, end: int, detail: str, reason: DropReason) -> Damage:
        start, self.offset = self.offset, end
        return Damage(segment=self.number, offset=start, length=end - start, reason=reason, detail=detail)

    def _fill(self, offset: int, wanted: int) -> int:
        """Have `wanted` bytes from `offset` in the buffer if the file has them; returns how many there are."""
        have = self._base + len(self._data) - offset
        if offset >= self._base and have >= wanted:
            return have
        pieces = [self._data[offset - self._base :]] if self._base <= offset and have > 0 else []
        have = len(pieces[0]) if pieces else 0
        target = max(wanted, CHUNK_BYTES)
        while have < target:
            piece = self._files.read(self._fd, target - have, offset + have)
            if not piece:
                break
            pieces.append(piece)
            have += len(piece)
        self._data = b"".join(pieces)
        self._base = offset
        return have
