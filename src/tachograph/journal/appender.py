"""Puts groups of frames into segments, durably or not at all. One thread uses it; `writer` is the async front.

After a failed write or fsync the segment is never touched again: on Linux a second fsync on the same descriptor may
report success for pages that were thrown away. It is cut back to what was durable, and the next try opens a new one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from tachograph.journal.config import JournalConfig
from tachograph.journal.files import FileSystem, RealFiles
from tachograph.journal.segment import (
    HEADER_BYTES,
    SALT_BYTES,
    Buffer,
    SegmentKey,
    encode_segment_header,
    segment_name,
    segment_number,
)
from tachograph.journal.stats import JournalStats
from tachograph.ports import Clock
from tachograph_sdk.errors import JournalError, JournalFull, JournalUnavailable

__all__ = ["Appender", "Entry"]

NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
MOST_BUFFERS: Final = 1000  # per write call; the systems we run on take at least 1024
MOST_INTERRUPTS: Final = 100
RECOVER_S: Final = 1.0  # how often to look whether a failure is over while nobody asks
RECOUNT_S: Final = 0.2  # the reader deletes segments; how often to look


class Entry(NamedTuple):
    """One frame to write."""

    kind: int
    body: Buffer
    received_us: int  # UTC microseconds since 1970


@dataclass(slots=True)
class _Segment:
    number: int
    fd: int
    key: SegmentKey
    opened_s: float
    durable: int = HEADER_BYTES  # bytes known to be on disk
    frames: int = 0
    first_frame_s: float = 0.0


class Appender:
    """The writing end of a journal. Takes the directory's lock: there is one at a time.

    Raises:
        JournalUnavailable: another process writes this journal.
    """

    def __init__(
        self, directory: str | os.PathLike[str], config: JournalConfig, clock: Clock, *, files: FileSystem | None = None
    ) -> None:
        self.stats = JournalStats()
        self._directory = os.fspath(directory)
        self._config = config
        self._clock = clock
        self._files: FileSystem = files or RealFiles()
        self._segment: _Segment | None = None
        self._lock: int | None = None
        self._next_number = 0
        self._abandoned: list[int] = []  # empty ones, to be removed once a later segment is durable
        self._not_before_s = 0.0
        self._recounted_s = float("-inf")
        self._older_bytes = 0  # all segments but the open one
        try:
            self._take_lock()
            self._open_segment()
        except JournalUnavailable:
            raise
        except OSError as error:
            self._failed(error, 0)  # the next append tries again

    def commit(self, entries: Sequence[Entry]) -> None:
        """Return once all entries are durable; otherwise none of them may be acknowledged.

        Raises:
            JournalFull: a limit is reached or the disk is full.
            JournalUnavailable: the disk refused.
        """
        wait_s = self._not_before_s - self._clock.monotonic_s()
        if wait_s > 0:
            raise self._refuse(JournalUnavailable("the journal could not be written a moment ago"), len(entries))
        try:
            if self._lock is None:
                self._take_lock()
            self._check_room(sum(len(entry.body) for entry in entries), len(entries))
            segment = self._segment or self._open_segment()
            self._write_group(segment, entries)
        except OSError as error:
            raise self._failed(error, len(entries)) from error
        self.stats.last_error = ""
        if segment.durable >= self._config.segment_bytes:
            self._rotate()

    def seconds_until_care(self) -> float | None:
        """When `rotate_if_due` and `recover` should be called; None while there is nothing to look after."""
        until_rotation = self._seconds_until_rotation()
        if self.stats.last_error:
            return RECOVER_S if until_rotation is None else min(RECOVER_S, until_rotation)
        return until_rotation

    def rotate_if_due(self) -> None:
        """Seal the open segment if it holds frames and is old enough, and open the next."""
        if self._seconds_until_rotation() == 0.0:
            self._rotate()

    def recover(self) -> None:
        """After a failure: see whether an append would go through again, so that health tells the truth when idle."""
        if not self.stats.last_error or self._clock.monotonic_s() < self._not_before_s:
            return
        try:
            if self._lock is None:
                self._take_lock()
            self._check_room(0, 0)
            if self._segment is None:
                self._open_segment()
        except OSError as error:
            self._failed(error, 0)
        except JournalError:
            return
        else:
            self.stats.last_error = ""

    def close(self) -> None:
        """Seal the open segment and let go of the lock. Safe to call twice."""
        if self._segment is not None:
            self._seal(self._segment)
            self._segment = None
        if self._lock is not None:
            with contextlib.suppress(OSError):
                self._files.close(self._lock)
            self._lock = None

    def recount(self) -> None:
        """Look again how much the segments take: the reader deletes what it has drained."""
        own = self._segment.number if self._segment else None
        total = count = 0
        for number, path in self._segments():
            if number != own:
                with contextlib.suppress(OSError):
                    total += self._files.size(path)
                    count += 1
        self._older_bytes = total
        self._recounted_s = self._clock.monotonic_s()
        self.stats.segments = count + (own is not None)
        self._update_size()

    # --- segments ---

    def _take_lock(self) -> None:
        self._files.make_directory(self._directory)
        try:
            self._lock = self._files.lock(os.path.join(self._directory, "writer.lock"))
        except BlockingIOError as error:
            raise JournalUnavailable(
                "another process writes this journal", hint="a server is running on the same home already"
            ) from error

    def _segments(self) -> list[tuple[int, str]]:
        found = []
        for name in self._files.names(self._directory):
            number = segment_number(name)
            if number is not None:
                found.append((number, os.path.join(self._directory, name)))
        return sorted(found)

    def _open_segment(self) -> _Segment:
        existing = self._segments()
        # The clock gives the first number only: a journal that someone emptied then still goes on above every
        # position the store may remember.
        highest = existing[-1][0] if existing else max(0, self._clock.now_us() // 1000)
        number = max(self._next_number, highest + 1)
        path = os.path.join(self._directory, segment_name(number))
        salt = secrets.token_bytes(SALT_BYTES)
        fd = self._files.create(path)
        try:
            self._write_all(fd, [encode_segment_header(salt)])
            self._fdatasync(fd)
            self._files.sync_directory(self._directory)
        except OSError:
            # Nobody can have read a frame from it, so its number may be used again.
            with contextlib.suppress(OSError):
                self._files.close(fd)
            with contextlib.suppress(OSError):
                self._files.unlink(path)
            raise
        self._next_number = number + 1
        self._segment = _Segment(number, fd, SegmentKey(salt), self._clock.monotonic_s())
        for empty in self._abandoned:
            with contextlib.suppress(OSError):
                self._files.unlink(os.path.join(self._directory, segment_name(empty)))
        self._abandoned.clear()
        self.recount()
        return self._segment

    def _write_group(self, segment: _Segment, entries: Sequence[Entry]) -> None:
        buffers: list[Buffer] = []
        offset = segment.durable
        body_bytes = 0
        for entry in entries:
            header = segment.key.encode_header(
                offset=offset, kind=entry.kind, body=entry.body, received_us=max(0, entry.received_us)
            )
            buffers.append(header)
            buffers.append(entry.body)
            offset += len(header) + len(entry.body)
            body_bytes += len(entry.body)
        self._write_all(segment.fd, buffers)
        self._fdatasync(segment.fd)
        if not segment.frames:
            segment.first_frame_s = self._clock.monotonic_s()
        segment.durable = offset
        segment.frames += len(entries)
        self.stats.frames += len(entries)
        self.stats.frame_bytes += body_bytes
        self.stats.groups += 1
        self._update_size()

    def _seconds_until_rotation(self) -> float | None:
        segment = self._segment
        if segment is None or not segment.frames:
            return None
        return max(0.0, segment.first_frame_s + self._config.segment_age_s - self._clock.monotonic_s())

    def _rotate(self) -> None:
        segment = self._segment
        if segment is None:
            return
        self._segment = None
        self._seal(segment)
        try:
            self._open_segment()
        except OSError as error:
            self._failed(error, 0)

    def _seal(self, segment: _Segment) -> None:
        """Say that nothing follows. Without a seal the reader waits for the next segment; that is all."""
        seal = segment.key.encode_seal(
            offset=segment.durable, frames=segment.frames, received_us=max(0, self._clock.now_us())
        )
        try:
            self._write_all(segment.fd, [seal])
            self._fdatasync(segment.fd)
        except OSError:
            self._abandon(segment)
        else:
            with contextlib.suppress(OSError):
                self._files.close(segment.fd)

    def _abandon(self, segment: _Segment) -> None:
        """Cut off what was not made durable, and never write to this segment again."""
        with contextlib.suppress(OSError):
            self._files.truncate(segment.fd, segment.durable)
        with contextlib.suppress(OSError):
            self._files.close(segment.fd)
        if not segment.frames:
            self._abandoned.append(segment.number)

    # --- limits and failures ---

    def _check_room(self, size: int, frames: int) -> None:
        config = self._config
        due = self._clock.monotonic_s() - self._recounted_s >= RECOUNT_S
        if due and self.stats.bytes_on_disk + size > config.max_bytes:
            self.recount()
        if self.stats.bytes_on_disk + size > config.max_bytes:
            self._make_drainable()
            raise self._refuse(
                JournalFull(
                    f"the journal has reached its limit of {config.max_bytes} bytes",
                    hint="the core reads it too slowly, or does not run",
                    retry_after_s=5,
                ),
                frames,
            )
        free, total = self._files.space(self._directory)
        if free - size < min(config.reserve_bytes, total // 8):
            self._make_drainable()
            raise self._refuse(JournalFull("the disk is full", hint="free some space", retry_after_s=5), frames)

    def _make_drainable(self) -> None:
        """Seal the open segment now: the reader can delete only what will not grow, and room is needed."""
        if self._segment is not None and self._segment.frames:
            self._rotate()

    def _failed(self, error: OSError, frames: int) -> JournalError:
        segment, self._segment = self._segment, None
        if segment is not None:
            self._abandon(segment)
        self._not_before_s = self._clock.monotonic_s() + self._config.retry_after_s
        self.stats.failures += 1
        name = errno.errorcode.get(error.errno or 0, "unknown error")
        if error.errno in NO_SPACE:
            return self._refuse(JournalFull("the disk is full", hint="free some space", retry_after_s=5), frames)
        return self._refuse(JournalUnavailable(f"the journal could not be written ({name})"), frames)

    def _refuse(self, error: JournalError, frames: int) -> JournalError:
        self.stats.last_error = error.code
        self.stats.refused[error.code] += frames
        return error

    def _update_size(self) -> None:
        self.stats.bytes_on_disk = self._older_bytes + (self._segment.durable if self._segment else 0)

    # --- calls that may be cut short ---

    def _write_all(self, fd: int, buffers: list[Buffer]) -> None:
        interrupts = 0
        at = 0
        while at < len(buffers):
            chunk = buffers[at : at + MOST_BUFFERS]
            try:
                written = self._files.write(fd, chunk)
            except InterruptedError:
                interrupts += 1
                if interrupts > MOST_INTERRUPTS:
                    raise
                continue
            if written <= 0:
                raise OSError(errno.EIO, "nothing was written")
            for buffer in chunk:
                if written < len(buffer):
                    break
                written -= len(buffer)
                at += 1
            if written:
                buffers[at] = memoryview(buffers[at])[written:]

    def _fdatasync(self, fd: int) -> None:
        began = self._clock.monotonic_s()
        self._files.fdatasync(fd)
        self.stats.count_fsync(self._clock.monotonic_s() - began)
