"""Small bodies that want to become large. Made by repeating one compressed block, so that making them costs nothing."""

from __future__ import annotations

import gzip
import zlib

__all__ = ["gzip_bomb", "gzip_members", "zlib_bomb", "zstd_bomb", "zstd_frames"]

MIB = 1 << 20


def _block(byte: bytes) -> bytes:
    """A deflate block for 1 MiB of one byte that does not refer to what stands before it."""
    maker = zlib.compressobj(9, zlib.DEFLATED, -15)
    return maker.compress(byte * MIB) + maker.flush(zlib.Z_FULL_FLUSH)


def gzip_bomb(mib: int, byte: bytes = b"\0") -> bytes:
    """One gzip member; its checksum is wrong, which nobody should live to see."""
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + _block(byte) * mib + b"\x03\x00" + bytes(8)


def zlib_bomb(mib: int) -> bytes:
    return b"\x78\xda" + _block(b"\0") * mib + b"\x03\x00" + bytes(4)


def gzip_members(count: int, size: int, byte: bytes = b"\0") -> bytes:
    return gzip.compress(byte * size, 9, mtime=0) * count


def zstd_bomb(mib: int, byte: bytes = b"\0") -> bytes:
    """One frame of blocks that say "131072 times this byte", 4 bytes each."""
    block = (131_072 << 3 | 1 << 1).to_bytes(3, "little") + byte
    last = (0 << 3 | 1).to_bytes(3, "little")
    return b"\x28\xb5\x2f\xfd\x00\x38" + block * (mib * 8) + last


def zstd_frames(count: int) -> bytes:
    """Empty frames."""
    return (b"\x28\xb5\x2f\xfd\x00\x38" + (1).to_bytes(3, "little")) * count
