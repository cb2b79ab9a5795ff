"""The reading end of the journal: frames in order, damage set aside, drained segments deleted."""

from __future__ import annotations

import contextlib
import os
from typing import Final

from tachograph.clock import SystemClock
from tachograph.journal.config import JournalConfig
from tachograph.journal.files import FileSystem, RealFiles
from tachograph.journal.quarantine import Quarantine
from tachograph.journal.scan import Damage, End, SegmentScan, Wait, WholeFrame
from tachograph.journal.segment import HEADER_BYTES, segment_name, segment_number
from tachograph.ports import Clock, Frame, FrameKind, Position, Quarantined
from tachograph_sdk.errors import JournalUnavailable
from tachograph_sdk.model.event import DropReason

__all__ = ["JournalReader"]

START: Final = Position(0, 0)


class JournalReader:
    """Frames after `position`, which is where the store says it has got to.

    Use it from one thread. Every method but the constructor may raise JournalUnavailable when the disk cannot be
    read; calling again later goes on where it stopped.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        position: Position = START,
        *,
        config: JournalConfig | None = None,
        clock: Clock | None = None,
        files: FileSystem | None = None,
    ) -> None:
        self._directory = os.fspath(directory)
        self._config = config or JournalConfig()
        self._clock: Clock = clock or SystemClock()
        self._files: FileSystem = files or RealFiles()
        self._quarantine = Quarantine(os.path.join(self._directory, "quarantine"), self._config, self._files)
        self._position = position
        self._released = position
        self._looked = False  # whether any segment was seen yet
        self._scan: SegmentScan | None = None
        self._fd = -1
        self._final = False  # a later segment exists, so the current one will not grow
        self._finished: dict[int, int] = {}  # segment -> offset of the end of the last thing read from it
        self._damage: list[Quarantined] = []

    @property
    def position(self) -> Position:
        """Just after everything that `read` and `take_damage` have given out."""
        return self._position

    def read(self, max_bytes: int) -> list[Frame]:
        """The next frames, at least one if there is any, and then up to about `max_bytes` of bodies; [] = none yet."""
        frames: list[Frame] = []
        taken = 0
        try:
            while taken < max_bytes:
                scan = self._scan or self._open_next()
                if scan is None:
                    break
                item = scan.next(final=self._final)
                if isinstance(item, WholeFrame):
                    self._position = Position(scan.number, item.end)
                    taken += len(item.body)
                    self._take(frames, item)
                elif isinstance(item, Damage):
                    self._position = Position(scan.number, scan.offset)
                    self._set_aside(item, scan.read(item.offset, min(item.length, self._config.quarantine_bytes)))
                elif isinstance(item, Wait):
                    # Only now, and then read once more: what was written before the later segment has to be seen.
                    if self._final or not self._has_later(scan.number):
                        break
                    self._final = True
                else:
                    self._finish(scan, item)
        except OSError as error:
            if frames:
                return frames  # these are good; the error will be there next time
            raise JournalUnavailable(f"the journal could not be read ({type(error).__name__})") from error
        return frames

    def take_damage(self) -> list[Quarantined]:
        """What was set aside since the last call. Its place is before `position`."""
        taken, self._damage = self._damage, []
        return taken

    def set_aside(self, frame: Frame, reason: DropReason, detail: str) -> None:
        """Keep a frame that nobody could use where damaged ones are kept; `take_damage` will tell of it.

        Args:
            frame: as `read` gave it out.
            reason: why it could not be used.
            detail: fixed wording or the kind of an error, no input text.
        """
        offset = frame.end.offset - len(frame.body)
        self._set_aside(
            Damage(segment=frame.end.segment, offset=offset, length=len(frame.body), reason=reason, detail=detail),
            frame.body,
        )

    def release(self, position: Position) -> None:
        """Everything before `position` is safe elsewhere: delete the segments that hold nothing else.

        The newest segment stays even when it is drained, because its number must not be used again.
        """
        self._released = position
        self._sweep()

    def depth_bytes(self) -> int:
        """How much is written but not given out yet, frame headers included; 0 when everything was."""
        depth = 0
        try:
            numbers = self._numbers()
        except OSError as error:
            raise JournalUnavailable(f"the journal could not be read ({type(error).__name__})") from error
        for number in numbers:
            if number < self._position.segment or number in self._finished:
                continue
            if self._scan is not None and self._scan.number == number:
                start = self._scan.offset
            else:
                start = self._position.offset if number == self._position.segment else 0
            with contextlib.suppress(OSError):
                depth += max(0, self._files.size(self._path(number)) - max(start, HEADER_BYTES))
        return depth

    def close(self) -> None:
        """Let go of the open segment. Safe to call twice; `read` opens it again."""
        if self._scan is not None:
            self._scan = None
            with contextlib.suppress(OSError):
                self._files.close(self._fd)

    # --- segments ---

    def _path(self, number: int) -> str:
        return os.path.join(self._directory, segment_name(number))

    def _numbers(self) -> list[int]:
        try:
            names = self._files.names(self._directory)
        except FileNotFoundError:
            return []
        return sorted(number for name in names if (number := segment_number(name)) is not None)

    def _has_later(self, number: int) -> bool:
        numbers = self._numbers()
        return bool(numbers) and numbers[-1] > number

    def _open_next(self) -> SegmentScan | None:
        numbers = self._numbers()
        if not numbers:
            return None
        if not self._looked:
            self._looked = True
            if numbers[-1] < self._position.segment:
                # The journal was emptied by hand and started anew below where the store got to.
                self._position = self._released = START
        ahead = [n for n in numbers if n >= self._position.segment and n not in self._finished]
        if not ahead:
            return None
        number = ahead[0]
        offset = self._position.offset if number == self._position.segment else 0
        self._fd = self._files.open(self._path(number))
        self._final = number < numbers[-1]
        self._scan = SegmentScan(self._files, self._fd, number, offset)
        if self._finished:
            self._sweep()  # the one before was the newest when its end was read, so it was kept
        return self._scan

    def _finish(self, scan: SegmentScan, end: End) -> None:
        self._finished[scan.number] = self._position.offset if self._position.segment == scan.number else 0
        self.close()
        self._sweep()

    def _sweep(self) -> None:
        try:
            numbers = self._numbers()
        except OSError:
            return  # deleting can wait
        for number in numbers[:-1]:
            drained = number < self._released.segment or (
                number in self._finished
                and (self._finished[number] == 0 or Position(number, self._finished[number]) <= self._released)
            )
            if drained and (self._scan is None or self._scan.number != number):
                with contextlib.suppress(OSError):
                    self._files.unlink(self._path(number))
                    self._finished.pop(number, None)
        self._quarantine.trim(0, now_us=self._clock.now_us())

    # --- what was read ---

    def _take(self, frames: list[Frame], item: WholeFrame) -> None:
        try:
            kind = FrameKind(item.header.kind)
        except ValueError:
            offset = item.end - len(item.body)
            damage = Damage(
                segment=self._position.segment,
                offset=offset,
                length=len(item.body),
                reason=DropReason.MALFORMED,
                detail="a frame of a kind that this version does not know",
            )
            self._set_aside(damage, item.body)
            return
        frames.append(Frame(kind=kind, received_us=item.header.received_us, body=item.body, end=self._position))

    def _set_aside(self, damage: Damage, data: bytes) -> None:
        self._quarantine.keep(damage.segment, damage.offset, data, now_us=self._clock.now_us())
        self._damage.append(
            Quarantined(
                origin="journal",
                place=f"segment {damage.segment} offset {damage.offset}",
                reason=damage.reason,
                detail=damage.detail,
                size_bytes=damage.length,
            )
        )
