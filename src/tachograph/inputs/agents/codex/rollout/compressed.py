"""Rollouts that Codex has compressed: read as a whole, with the same reader of lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

from tachograph.inputs.agents.codex.rollout.reader import RolloutReader
from tachograph.inputs.agents.kit.history import MAX_LINE_BYTES
from tachograph.inputs.agents.kit.records import BadRecord
from tachograph_sdk.model.event import DropReason, RawEvent

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["CompressedRolloutReader"]

_PIECE_BYTES = 1024 * 1024


class CompressedRolloutReader:
    """Reads a whole thread; places of bad lines are those in the decompressed text.

    Args:
        received_us: UTC microseconds since 1970, now.
    """

    def __init__(self, *, received_us: int) -> None:
        self._reader = RolloutReader(received_us=received_us)
        self.since = 0

    @property
    def lines(self) -> int:
        """Records read so far."""
        return self._reader.lines

    @property
    def bad_lines(self) -> Sequence[BadRecord]:
        """Those set aside so far."""
        return self._reader.bad_lines

    @property
    def ignored(self) -> Mapping[str, int]:
        """Records of types that are not read, by type."""
        return self._reader.ignored

    def read(self, path: str, since: int) -> Iterator[list[RawEvent]]:
        """All of the thread's events, some thousand at a time; `since` makes no difference.

        Raises:
            OSError: it cannot be read.
        """
        number, offset, rest = 1, 0, b""
        too_long = 0  # bytes of a line that is longer than any that is read
        try:
            with zstd.open(path, "rb") as file:
                while piece := file.read(_PIECE_BYTES):
                    *lines, last = piece.split(b"\n")
                    if not lines:
                        if too_long or len(rest) + len(last) > MAX_LINE_BYTES:
                            too_long, rest = too_long + len(rest) + len(last), b""
                        else:
                            rest += last
                        continue
                    if too_long:
                        size = too_long + len(lines[0])
                        self._reader.set_aside(number, offset, size, DropReason.TOO_LARGE, "line too long")
                        number, offset, too_long = number + 1, offset + size + 1, 0
                        del lines[0]
                    elif lines:
                        lines[0] = rest + lines[0]
                    rest = last
                    self._reader.feed(lines, number=number, offset=offset)
                    number, offset = number + len(lines), offset + sum(len(line) + 1 for line in lines)
                    yield self._reader.drain()
        except (zstd.ZstdError, EOFError):
            self._reader.set_aside(number, offset, len(rest), DropReason.MALFORMED, "damaged compression")
            rest = b""
        if rest:
            self._reader.feed((rest,), number=number, offset=offset)
        yield self._reader.finish()
        self.since = self._reader.lines
