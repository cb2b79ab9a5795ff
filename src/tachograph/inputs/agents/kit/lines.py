"""The common part of readers of histories that have one record per line: places, bad lines, finished events.

A reader inherits from `LineByLine`, or from `JsonLines` if any JSON object is a record, and says what a line or record
means; whatever is wrong with one line costs that line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from tachograph.inputs.agents.kit.emitter import Emitter
from tachograph.inputs.agents.kit.records import Tally, Unusable
from tachograph_sdk.model.event import DropReason, RawEvent

__all__ = ["JsonLines", "LineByLine"]

_decode = msgspec.json.Decoder().decode


class LineByLine(Tally):
    """Takes a file's lines in as many portions as the caller likes; see `LineReader`.

    Args:
        out: gets the events.
    """

    def __init__(self, out: Emitter) -> None:
        super().__init__()
        self._out = out

    def bring_contents(self) -> None:
        """Texts are wanted too."""
        self._out.contents = True

    def read_line(self, line: bytes, number: int, offset: int) -> None:
        """Understand one line that is not empty. Raises Unusable."""
        raise NotImplementedError

    def prime(self, line: bytes) -> bool:
        """Each line says of itself all that is needed, unless a reader says otherwise."""
        return True

    def feed(self, lines: Iterable[bytes], *, number: int, offset: int) -> None:
        """Read lines without their line ends; the first has this number (from 1) and begins at this offset."""
        read_line = self.read_line
        for line in lines:
            if line and not line.isspace():
                self.lines += 1
                try:
                    read_line(line, number, offset)
                except Unusable as bad:
                    self.set_aside(number, offset, len(line), bad.reason, bad.detail)
                except Exception:  # noqa: BLE001 - whatever we did wrong costs this line and no other
                    self.set_aside(number, offset, len(line), DropReason.INTERNAL_ERROR, "a fault of ours")
            number += 1
            offset += len(line) + 1

    def offer(self, line: bytes, *, number: int, offset: int) -> bool:
        """Read a last line that has no line end yet: if it is a whole record, take it; if not, it is as if unseen."""
        try:
            self.read_line(line, number, offset)
        except Exception:  # noqa: BLE001 - it will be met again, whole; what is wrong with it is said then
            return False
        self.lines += 1
        return True

    def drain(self) -> list[RawEvent]:
        """Events finished so far."""
        return self._out.hand_over()

    def finish(self) -> list[RawEvent]:
        """The remaining events."""
        return self.drain()

    def open_calls(self) -> list[tuple[int, int]]:
        """Nothing is waited for, unless a reader says otherwise."""
        return []

    def context_place(self) -> tuple[int, int] | None:
        """No line depends on one before it, unless a reader says otherwise."""
        return None


class JsonLines(LineByLine):
    """Each line is one JSON object, which `take` understands.

    Args:
        file_hint: path of the file, or names of the folders it lies in.
        received_us: UTC microseconds since 1970, now.
        from_start: whether the first line fed is the file's first.
    """

    agent = ""

    def __init__(self, *, file_hint: str = "", received_us: int = 0, from_start: bool = True) -> None:
        super().__init__(Emitter(self.agent, received_us))
        self.folders = tuple(file_hint.replace("\\", "/").split("/"))
        self.from_start = from_start
        self.emit = self._out.emit

    @property
    def contents(self) -> bool:
        """Whether texts are wanted."""
        return self._out.contents

    def take(self, record: dict[str, Any], number: int, offset: int) -> None:
        """Understand one record. Raises Unusable."""
        raise NotImplementedError

    def read_line(self, line: bytes, number: int, offset: int) -> None:
        """Understand one line."""
        try:
            record = _decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise Unusable(DropReason.BAD_LINE, "not JSON") from None
        if not isinstance(record, dict):
            raise Unusable(DropReason.BAD_LINE, "not an object")
        self.take(record, number, offset)
