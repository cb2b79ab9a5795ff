"""Opens a file that a person named, and undoes gzip, zstd and UTF-16 (which Windows' shells write) piece by piece.

No more is in memory than was asked for.
"""

from __future__ import annotations

import codecs
import gzip
import io
import os
import zlib
from hashlib import blake2b
from typing import Any, BinaryIO, Final, Protocol

from tachograph.inputs.opening import open_file
from tachograph.inputs.otlp.compression import zstd

__all__ = ["GZIP_MARK", "WIDE_MARKS", "ZSTD_MARK", "FileStream", "Reads"]

GZIP_MARK: Final = b"\x1f\x8b"
ZSTD_MARK: Final = b"\x28\xb5\x2f\xfd"
WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
MAX_UNPACKED_BYTES: Final = 8 * 1024**3  # of one compressed file
_ZSTD_OPTIONS: Final[dict[int, int]] = {
    zstd.DecompressionParameter.window_log_max: 25  # 32 MiB: what the best level of the Collector's compressor asks for
}
_STEP_BYTES: Final = 256 * 1024


class Reads(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


class FileStream:
    """The bytes of a file, unpacked if it is compressed, in UTF-8 if it is in UTF-16, whatever its name says.

    `is_compressed` is true of both: places in the stream are none in the file, so nobody reads on in the middle.

    A stream that is cut off or damaged ends there; `is_cut`, `is_damaged` and `is_too_large` say so then. The
    compressors' own limit on members does not fit here: the Collector begins a new one with each write.

    Raises:
        OSError: it cannot be opened, or is no file.
    """

    def __init__(self, path: str) -> None:
        descriptor, self.status = open_file(path)
        self._file: BinaryIO = os.fdopen(descriptor, "rb", buffering=0)
        try:
            mark = os.pread(descriptor, 4, 0)
        except BaseException:
            self._file.close()
            raise
        self.is_compressed = mark.startswith((GZIP_MARK, ZSTD_MARK, *WIDE_MARKS))
        self.is_cut = self.is_damaged = self.is_too_large = False
        self._left = self.status.st_size  # what is written meanwhile is read next time
        self._unpacked = 0
        self._reader: Any = None
        if mark.startswith(GZIP_MARK):
            self._reader = gzip.GzipFile(fileobj=self._file)
        elif mark == ZSTD_MARK:
            self._reader = zstd.ZstdFile(self._file, options=_ZSTD_OPTIONS)
        elif mark.startswith(WIDE_MARKS):
            self._reader = _Wide(self._file, self._left)

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, b"" at the end."""
        if self._reader is None:
            data = self._file.read(min(size, max(0, self._left))) or b""
            self._left -= len(data)
            return data
        if self.is_cut or self.is_damaged or self.is_too_large:
            return b""
        try:
            data = self._reader.read(min(size, _STEP_BYTES))
        except EOFError:
            self.is_cut = True
            return b""
        except (gzip.BadGzipFile, zlib.error, zstd.ZstdError):
            self.is_damaged = True
            return b""
        self._unpacked += len(data)
        if self._unpacked > MAX_UNPACKED_BYTES:
            self.is_too_large = True
            return b""
        return bytes(data)

    def skip(self, size: int) -> None:
        """Begin to read after so many bytes of a file that is not compressed."""
        if size:
            self._file.seek(size)
            self._left -= size

    def mark_at(self, offset: int) -> str:
        """Hashes of the file's first bytes and of those before `offset`: the same as long as what was read is there."""
        descriptor = self._file.fileno()
        head = os.pread(descriptor, min(1024, offset), 0)
        tail = os.pread(descriptor, min(1024, offset), max(0, offset - 1024))
        return blake2b(head, digest_size=8).hexdigest() + blake2b(tail, digest_size=8).hexdigest()

    def __enter__(self) -> FileStream:
        return self

    def __exit__(self, *_: object) -> None:
        if isinstance(self._reader, io.IOBase):
            self._reader.close()
        self._file.close()


class _Wide:
    """UTF-16 with its mark, read as UTF-8. Halves of a letter become U+FFFD."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = size
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace")

    def read(self, size: int) -> bytes:
        """At most `size` bytes, which is what half as many become at most; b"" at the end."""
        text = ""
        while not text and (data := self._file.read(min(max(1, size // 2), self._left))):
            self._left -= len(data)
            text = self._decoder.decode(data)
        return text.encode("utf-8", "replace")
