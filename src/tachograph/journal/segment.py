"""The bytes of a journal segment: header, frames, seal. Pure; no file is touched here.

    segment   = header, header again, frame…, [seal]
    header    = magic 8 | version u32 | salt 16 | crc32 of these u32             (32 bytes, twice: one may rot)
    frame     = marker 4 | length u32 | kind u8 | flags u8 | 0 u16 | received_us u64
                | crc32 of body u32 | crc32 of header u32                        (28 bytes), then the body
    seal      = a frame of kind 255; its body is the number of frames before it, u64

All integers are little-endian. The marker and the seed of the header's checksum come from the segment's random
salt, and the checksum also covers the frame's own offset. So nothing that a client sends can look like a frame, and
a frame is valid in one place only: after damage a reader may search for the next marker and trust what it finds.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import Final
from zlib import crc32

__all__ = [
    "FRAME_HEADER_BYTES",
    "HEADER_BYTES",
    "SEAL_KIND",
    "SUFFIX",
    "FrameHeader",
    "SegmentKey",
    "decode_segment_header",
    "encode_segment_header",
    "segment_name",
    "segment_number",
]

Buffer = bytes | bytearray | memoryview

SUFFIX: Final = ".seg"
SALT_BYTES: Final = 16
SEAL_KIND: Final = 255
MAGIC: Final = b"TACHOJNL"
VERSION: Final = 1

_COPY: Final = struct.Struct("<8sI16sI")
_FRAME: Final = struct.Struct("<4sIBBHQI")
_CRC: Final = struct.Struct("<I")
_OFFSET: Final = struct.Struct("<Q")
_COUNT: Final = struct.Struct("<Q")

HEADER_BYTES: Final = 2 * _COPY.size
FRAME_HEADER_BYTES: Final = _FRAME.size + _CRC.size


def segment_name(number: int) -> str:
    """The file name of a segment: sixteen digits, so that names sort as numbers do."""
    return f"{number:016d}{SUFFIX}"


def segment_number(name: str) -> int | None:
    """The number in a segment's file name, or None if it is some other file."""
    digits = name.removesuffix(SUFFIX)
    if len(digits) != 16 or digits == name or not (digits.isascii() and digits.isdigit()):
        return None
    return int(digits)


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """What stands before a frame's body."""

    length: int  # of the body, bytes
    kind: int
    received_us: int  # UTC microseconds since 1970
    body_crc: int

    def matches(self, body: Buffer) -> bool:
        """Whether this is the body that was written."""
        return len(body) == self.length and crc32(body) == self.body_crc


class SegmentKey:
    """What only this segment's frames know: made from its salt."""

    __slots__ = ("_seed", "marker", "salt")

    def __init__(self, salt: bytes) -> None:
        digest = hashlib.blake2b(salt, digest_size=8, person=b"tacho frame").digest()
        self.salt = salt
        self.marker = digest[:4]
        self._seed = int.from_bytes(digest[4:], "little")

    def encode_header(self, *, offset: int, kind: int, body: Buffer, received_us: int) -> bytes:
        """The header of a frame that starts at `offset` of its segment."""
        head = _FRAME.pack(self.marker, len(body), kind, 0, 0, received_us, crc32(body))
        return head + _CRC.pack(self._crc(head, offset))

    def encode_seal(self, *, offset: int, frames: int, received_us: int) -> bytes:
        """The last frame of a segment: nothing follows it."""
        body = _COUNT.pack(frames)
        return self.encode_header(offset=offset, kind=SEAL_KIND, body=body, received_us=received_us) + body

    def decode_header(self, data: Buffer, start: int, *, offset: int) -> FrameHeader | None:
        """The header at `data[start:]`, which is at `offset` of the segment; None if it is not a valid one."""
        end = start + _FRAME.size
        if len(data) < end + _CRC.size:
            return None
        head = bytes(data[start:end])
        if not head.startswith(self.marker) or _CRC.unpack_from(data, end)[0] != self._crc(head, offset):
            return None
        _, length, kind, _flags, _zero, received_us, body_crc = _FRAME.unpack(head)
        return FrameHeader(length, kind, received_us, body_crc)

    def _crc(self, head: bytes, offset: int) -> int:
        return crc32(_OFFSET.pack(offset), crc32(head, self._seed))


def sealed_frames(body: Buffer) -> int:
    """How many frames a seal says were written before it."""
    return int(_COUNT.unpack(bytes(body))[0])


def encode_segment_header(salt: bytes) -> bytes:
    """The first bytes of a segment; `salt` is 16 random bytes."""
    head = _COPY.pack(MAGIC, VERSION, salt, 0)[: -_CRC.size]
    copy = head + _CRC.pack(crc32(head))
    return copy + copy


def decode_segment_header(data: Buffer) -> tuple[SegmentKey | None, int]:
    """The key in a segment's first bytes and the number of damaged copies (0, 1 or 2; the key is None at 2)."""
    key, damaged = None, 0
    for start in (0, _COPY.size):
        copy = bytes(data[start : start + _COPY.size])
        if len(copy) == _COPY.size and crc32(copy[: -_CRC.size]) == _CRC.unpack(copy[-_CRC.size :])[0]:
            magic, version, salt, _ = _COPY.unpack(copy)
            if magic == MAGIC and version == VERSION:
                key = SegmentKey(salt)
                continue
        damaged += 1
    return key, damaged
