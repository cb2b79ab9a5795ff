"""What status lines noted of the plan's limits: lines in the home, read and deleted like the journal's segments.

The file holds session ids as the agent has them, because pseudonyms are made at the wall and nowhere else; so it is moved
aside under the status lines' own lock, taken in, and deleted at once. A crash in between reads it again: the same reading
is the same event.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tachograph.ports import Batch, Clock, Drops, WriteResult
from tachograph.statusline.memory import FOLDER, LOCK, MAX_OBSERVED_BYTES, OBSERVED, ROTATED, SEEN
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent, Source
from tachograph_sdk.private_files import lock_file, remove

__all__ = ["LimitReadings", "forget_status_lines", "read_lines"]

AGENT = "claude_code"
NAME = "status_line"
_TAKEN = "taken.jsonl"
_LATEST_US = 4_102_444_800_000_000  # the year 2100
_MAX_BYTES = 4 * MAX_OBSERVED_BYTES  # nothing that wrote by our rules is larger


class LimitReadings:
    """Brings into the store what status lines of this home noted."""

    def __init__(self, home: Path, take_in: Callable[[Callable[[Any], Batch]], WriteResult], clock: Clock) -> None:
        """With the home folder and the way into its store."""
        self._folder = home / FOLDER
        self._take_in = take_in
        self._clock = clock

    @property
    def is_waiting(self) -> bool:
        """Whether there is anything to take in."""
        return any((self._folder / name).exists() for name in (_TAKEN, ROTATED, OBSERVED))

    def turn(self) -> bool:
        """Take in what is there. True if there was anything. Raises StoreError, OSError; it is tried again then."""
        worked = False
        while self._move_aside():
            path = self._folder / _TAKEN
            with path.open("rb") as file:
                data = file.read(_MAX_BYTES)
            records, drops = read_lines(data, received_us=self._clock.now_us())

            def run(pipeline: Any, records: list[RawEvent] = records, drops: Drops = drops) -> Batch:
                batch: Batch = pipeline.run_records(records)
                for key, count in drops.items():
                    batch.drops[key] = batch.drops.get(key, 0) + count
                return batch

            if records or drops:
                self._take_in(run)
            remove(path)
            worked = True
        return worked

    def _move_aside(self) -> bool:
        """Whether there is a file to read, under its name of then: nobody writes to it any more."""
        taken = self._folder / _TAKEN
        if taken.exists():
            return True  # a predecessor was stopped before it deleted it
        if not self.is_waiting:
            return False
        try:
            with lock_file(self._folder / LOCK, wait=False):
                name = ROTATED if (self._folder / ROTATED).exists() else OBSERVED  # the older first
                (self._folder / name).replace(taken)
        except (BlockingIOError, FileNotFoundError):
            return False  # a status line is writing: the next turn comes soon
        return True


def read_lines(data: bytes, *, received_us: int) -> tuple[list[RawEvent], Drops]:
    """One record for each limit of each reading, and what could not be used, by reason. Pure.

    Args:
        data: the file's lines.
        received_us: UTC microseconds since 1970, now.
    """
    records: list[RawEvent] = []
    drops: Drops = {}

    def drop(reason: DropReason, quantity: int = 1) -> None:
        drops[reason, NAME] = drops.get((reason, NAME), 0) + quantity

    for line in data.split(b"\n"):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            drop(DropReason.BAD_LINE)
            continue
        if (lost := found.get("lost")) is not None:
            drop(DropReason.TOO_LARGE, lost if type(lost) is int and 0 < lost < 10**9 else 1)
            continue
        at_us, limits = found.get("at_us"), found.get("limits")
        if type(at_us) is not int or not 0 < at_us < _LATEST_US:
            drop(DropReason.BAD_TIME)
            continue
        if not isinstance(limits, list):
            drop(DropReason.BAD_LINE)
            continue
        for limit in limits:
            record = _record(found, limit, at_us, received_us)
            if record is None:
                drop(DropReason.BAD_LINE)
            else:
                records.append(record)
    return records, drops


def _record(found: dict[str, Any], limit: Any, at_us: int, received_us: int) -> RawEvent | None:
    if not isinstance(limit, list) or len(limit) != 3 or not isinstance(limit[0], str):
        return None
    window, used, resets_s = limit
    if isinstance(used, bool) or not isinstance(used, (int, float)) or not 0 <= used <= 1000:
        return None
    session, version = found.get("session"), found.get("version")
    return RawEvent(
        agent=AGENT,
        source=Source.HOOK,
        name=NAME,
        kind=EventKind.USAGE_LIMIT,
        at_ns=at_us * 1000,
        received_us=received_us,
        key=f"limit:{session}:{at_us}:{window}".encode("utf-8", "surrogatepass"),
        attributes={
            "session_id": session if isinstance(session, str) else None,
            "agent_version": version if isinstance(version, str) else None,
            "limit_window": window,
            "limit_used_ratio": used,
            "limit_resets_s": resets_s if type(resets_s) is int and resets_s > 0 else None,
        },
    )


def forget_status_lines(home: Path) -> None:
    """Delete what status lines remember of sessions: totals under pseudonyms. They begin anew. Raises OSError."""
    remove(home / FOLDER / SEEN)
