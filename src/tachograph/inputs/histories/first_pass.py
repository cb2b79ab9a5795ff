"""How far the first reading of all local histories is, month by month, told while it goes on.

The newest files are read first, in stages: a stage is what changed in one month, and of that what changed in the last
seven days is one of its own. Whatever happened in the last seven days stands in a file that changed in them, so that the
week is whole as soon as those stages are stored.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from tachograph.inputs.histories.find import FoundFile
from tachograph.inputs.histories.report import ImportReport, Progress
from tachograph.ports import Clock

__all__ = ["WEEK_S", "FirstPass", "Stage", "stage_of"]

WEEK_S = 7 * 86_400

State = Literal["idle", "running", "done"]


@dataclass(frozen=True, slots=True)
class Stage:
    """What is read and shown together: files of one month, changed in the last week or before it."""

    month: str  # as 2026-11, UTC
    is_week: bool


def stage_of(file: FoundFile, now_us: int) -> Stage:
    """The stage of a file, by when it was last changed. What claims to be of the future is of now."""
    changed_s = min(file.mtime_ns // 1_000_000_000, now_us // 1_000_000)
    return Stage(f"{datetime.fromtimestamp(changed_s, UTC):%Y-%m}", changed_s >= now_us // 1_000_000 - WEEK_S)


@dataclass(slots=True)
class _Part:
    """The files of one stage."""

    files_total: int = 0
    files_done: int = 0  # read, or could not be read
    bytes_total: int = 0
    bytes_done: int = 0
    is_stored: bool = False  # and settled: answers tell of it


class FirstPass:
    """Counts a reading of everything; one thread reads and counts, any may ask.

    Args:
        clock: the time.
        reason: why nothing is read, where that is so.
        tell: called when answers tell of more than before.
    """

    def __init__(self, clock: Clock, *, reason: str = "", tell: Callable[[], None] = lambda: None) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tell = tell
        self._state: State = "idle" if reason else "running"
        self._reason = reason
        self._started_us: int | None = None
        self._ended_us: int | None = None
        self._now_us = 0  # of this try: what the stages are made with
        self._parts: dict[Stage, _Part] = {}
        self._report = ImportReport()
        self._events_before = 0  # stored by tries that did not come to their end

    @property
    def is_done(self) -> bool:
        """True once everything was read."""
        return self._state == "done"

    def begin(self, files: Sequence[FoundFile], to_read: Sequence[tuple[FoundFile, int]], *, now_us: int) -> None:
        """A try begins: all files there are, those that have to be read with how many bytes of each, newest first."""
        with self._lock:
            if self._started_us is None:
                self._started_us = now_us
            self._state, self._reason, self._now_us = "running", "", now_us
            self._parts = {}
            for file in files:
                part = self._parts.setdefault(stage_of(file, now_us), _Part())
                part.files_total += 1
                part.files_done += 1
                part.bytes_total += file.size_bytes
                part.bytes_done += file.size_bytes
            for file, size in to_read:
                part = self._parts[stage_of(file, now_us)]
                part.files_done -= 1
                part.bytes_done -= size
            left = {stage_of(file, now_us) for file, _ in to_read}
            for stage, part in self._parts.items():
                part.is_stored = stage not in left

    def read(self, stage: Stage, more: ImportReport, total: ImportReport) -> None:
        """More of a stage was read; `total` is what there is so far of the whole try."""
        with self._lock:
            part = self._parts[stage]
            part.files_done = min(part.files_done + more.read, part.files_total)
            part.bytes_done = min(part.bytes_done + more.bytes, part.bytes_total)
            self._report = total

    def stored(self, stages: Sequence[Stage]) -> None:
        """These stages were read to their end, stored, and answers tell of them."""
        with self._lock:
            for stage in stages:
                part = self._parts[stage]
                part.files_done, part.bytes_done, part.is_stored = part.files_total, part.bytes_total, True
        self._tell()

    def end(self, report: ImportReport) -> None:
        """Everything was read."""
        self.stored(list(self._parts))
        with self._lock:
            self._report = report
            self._state, self._ended_us = "done", self._clock.now_us()

    def fail(self, kind: str) -> None:
        """A try came to nothing; another one follows."""
        with self._lock:
            self._events_before += self._report.new
            self._report = ImportReport()
            self._state, self._reason = "running", f"it could not go on ({kind}); it is tried again"

    def progress(self) -> Progress:
        """How far it is, all months together."""
        with self._lock:
            parts = list(self._parts.values())
            return Progress(
                files_done=sum(part.files_done for part in parts),
                files_total=sum(part.files_total for part in parts),
                bytes_done=sum(part.bytes_done for part in parts),
                bytes_total=sum(part.bytes_total for part in parts),
                events=self._events_before + self._report.new,
            )

    def as_dict(self) -> dict[str, Any]:
        """The same with its months, newest first, as JSON values."""
        whole = self.progress()
        with self._lock:
            is_idle = self._state == "idle"
            return {
                "state": self._state,
                "reason": self._reason or None,
                "started_at": _moment(self._started_us),
                "ended_at": _moment(self._ended_us),
                "files_total": whole.files_total,
                "files_done": whole.files_done,
                "bytes_total": whole.bytes_total,
                "bytes_done": whole.bytes_done,
                "events_new": whole.events,
                "week_done": None if is_idle else self._week_is_done(),
                "complete_since": self._complete_since(),
                "months": self._months(),
                "failed": dict(self._report.failed),
                "quarantined": dict(self._report.quarantined),
            }

    def _week_is_done(self) -> bool:
        return self._started_us is not None and all(p.is_stored for stage, p in self._parts.items() if stage.is_week)

    def _complete_since(self) -> str | None:
        """Since when everything that the histories tell of is stored; null before the week is, and when all is."""
        if self._state != "running" or not self._week_is_done():
            return None
        since_us = self._now_us - WEEK_S * 1_000_000
        for stage in sorted(self._parts, key=lambda stage: (stage.month, stage.is_week), reverse=True):
            if not self._parts[stage].is_stored:
                break
            if not stage.is_week:
                first = datetime.fromisoformat(f"{stage.month}-01").replace(tzinfo=UTC)
                since_us = min(since_us, int(first.timestamp()) * 1_000_000)
        return _moment(since_us)

    def _months(self) -> list[dict[str, Any]]:
        months: dict[str, list[_Part]] = {}
        for stage, part in self._parts.items():
            months.setdefault(stage.month, []).append(part)
        told = []
        for month in sorted(months, reverse=True):
            parts = months[month]
            told.append(
                {
                    "month": month,
                    "state": _state_of(parts),
                    "files_total": sum(part.files_total for part in parts),
                    "files_done": sum(part.files_done for part in parts),
                    "bytes_total": sum(part.bytes_total for part in parts),
                    "bytes_done": sum(part.bytes_done for part in parts),
                }
            )
        # Of those that nothing was read of yet, the newest one is what is read now.
        if self._state == "running" and not any(month["state"] == "running" for month in told):
            for entry in told:
                if entry["state"] == "waiting":
                    entry["state"] = "running"
                    break
        return told


def _state_of(parts: Sequence[_Part]) -> str:
    if all(part.is_stored for part in parts):
        return "done"
    has_begun = any(part.is_stored or part.bytes_done or part.files_done for part in parts)
    return "running" if has_begun else "waiting"


def _moment(us: int | None) -> str | None:
    if us is None:
        return None
    return datetime.fromtimestamp(us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
