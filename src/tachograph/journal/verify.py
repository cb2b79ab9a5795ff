"""Looks through a whole journal for bytes that are not what was written, without changing anything."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field

from tachograph.journal.files import FileSystem, RealFiles
from tachograph.journal.scan import Damage, End, SegmentScan, WholeFrame
from tachograph.journal.segment import HEADER_BYTES, segment_name, segment_number
from tachograph_sdk.model.event import DropReason

__all__ = ["Verification", "verify"]


@dataclass(slots=True, kw_only=True)
class Verification:
    """What a look through the journal found."""

    segments: int = 0
    frames: int = 0  # whole ones
    damage: list[Damage] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether every byte is as it was written."""
        return not self.damage


def verify(directory: str | os.PathLike[str], *, files: FileSystem | None = None) -> Verification:
    """Every damage in the journal: segment, offset, length, reason.

    Of a journal that is being written to, the last frame of the newest segment may be reported as cut off.
    """
    files = files or RealFiles()
    directory = os.fspath(directory)
    found = Verification()
    try:
        numbers = sorted(n for name in files.names(directory) if (n := segment_number(name)) is not None)
    except FileNotFoundError:
        return found
    for number in numbers:
        try:
            fd = files.open(os.path.join(directory, segment_name(number)))
        except FileNotFoundError:
            continue  # drained meanwhile
        try:
            _verify_segment(SegmentScan(files, fd, number), found)
        finally:
            with contextlib.suppress(OSError):
                files.close(fd)
    return found


def _verify_segment(scan: SegmentScan, found: Verification) -> None:
    found.segments += 1
    frames = gaps = 0
    while True:
        item = scan.next(final=True)
        if isinstance(item, WholeFrame):
            frames += 1
        elif isinstance(item, Damage):
            gaps += 1
            found.damage.append(item)
        else:
            break
    found.frames += frames
    if scan.damaged_header_copies:
        found.damage.append(_note(scan, 0, HEADER_BYTES, "one of the two headers is damaged", harmless=True))
    if isinstance(item, End) and item.sealed is not None and not gaps and item.sealed != frames:
        found.damage.append(_note(scan, scan.offset, 0, "the seal counts other frames than there are", harmless=False))


def _note(scan: SegmentScan, offset: int, length: int, detail: str, *, harmless: bool) -> Damage:
    return Damage(
        segment=scan.number,
        offset=offset,
        length=length,
        reason=DropReason.CORRUPT_FRAME,
        detail=detail,
        harmless=harmless,
    )
