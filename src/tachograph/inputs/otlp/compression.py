"""Undoes gzip, zstd and deflate piece by piece, so that a limit on the result is met before the result exists."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from tachograph_sdk.errors import DecodeError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["DECOMPRESSORS", "Decompressor", "Deflate", "Gzip", "Zstd", "zstd"]

PIECE_BYTES: Final = 256 * 1024  # what one step puts out at most
MOST_MEMBERS: Final = 1000  # of one body; each costs time and memory, however small it is
ZSTD_OPTIONS: Final[dict[int, int]] = {zstd.DecompressionParameter.window_log_max: 23}  # 8 MiB, as RFC 9659 allows


class Decompressor(Protocol):
    """Bytes in, pieces out. Raises DecodeError when the bytes are not what they claim to be."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The pieces that can be made now, each of bounded size; stop taking them to stop the work."""

    def finish(self) -> None:
        """Say that the input ended; raises DecodeError if it ended early."""


class Gzip:
    """RFC 1952, any number of members; zeros behind the last one are padding."""

    _window_bits = 16 + zlib.MAX_WBITS
    _name = "gzip"
    _may_repeat = True

    def __init__(self) -> None:
        self._member = zlib.decompressobj(self._window_bits)
        self._members = 0
        self._begun = False  # whether this member has got any byte

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The pieces that `data` makes possible."""
        while data:
            if not self._begun and self._members:
                data = data.lstrip(b"\0")
                if not data:
                    return
                if not self._may_repeat:
                    raise DecodeError(f"bytes follow the {self._name} body")
            self._begun = True
            try:
                piece = self._member.decompress(data, PIECE_BYTES)
            except zlib.error:
                raise DecodeError(f"the {self._name} body is damaged") from None
            if piece:
                yield piece
            if self._member.eof:
                data = self._member.unused_data
                self._member = zlib.decompressobj(self._window_bits)
                self._begun = False
                self._members += 1
                if self._members > MOST_MEMBERS:
                    raise DecodeError(f"the {self._name} body has too many members")
            else:
                data = self._member.unconsumed_tail

    def finish(self) -> None:
        """The input ended."""
        if self._begun or not self._members:
            raise DecodeError(f"the {self._name} body is cut off")


class Deflate(Gzip):
    """RFC 1950, which HTTP and gRPC call deflate."""

    _window_bits = zlib.MAX_WBITS
    _name = "deflate"
    _may_repeat = False


class Zstd:
    """RFC 8878, any number of frames."""

    def __init__(self) -> None:
        self._frame: zstd.ZstdDecompressor | None = None
        self._frames = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The pieces that `data` makes possible."""
        while data:
            if self._frame is None:
                self._frames += 1
                if self._frames > MOST_MEMBERS:
                    raise DecodeError("the zstd body has too many frames")
                self._frame = zstd.ZstdDecompressor(options=ZSTD_OPTIONS)
            yield from self._pieces(self._frame, data)
            data = b""
            if self._frame.eof:
                data = self._frame.unused_data
                self._frame = None

    def _pieces(self, frame: zstd.ZstdDecompressor, data: bytes) -> Iterator[bytes]:
        more = True
        while more:
            try:
                piece = frame.decompress(data, PIECE_BYTES)
            except zstd.ZstdError:
                raise DecodeError("the zstd body is damaged, or needs too much memory") from None
            if piece:
                yield piece
            data = b""  # it keeps what it has not used yet
            more = not frame.eof and not frame.needs_input

    def finish(self) -> None:
        """The input ended."""
        if self._frame is not None or not self._frames:
            raise DecodeError("the zstd body is cut off")


DECOMPRESSORS: Final[dict[str, Callable[[], Decompressor]]] = {"gzip": Gzip, "x-gzip": Gzip, "zstd": Zstd}
"""By the token in Content-Encoding."""
