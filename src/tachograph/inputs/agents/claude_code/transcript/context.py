"""What all events of one file share: whose they are, when they were, and where finished events are collected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tachograph.inputs.agents.claude_code.transcript.lines import MAX_COUNT, UnreadableLine
from tachograph.inputs.agents.claude_code.transcript.records import Record
from tachograph_sdk.model.event import AttributeValue, DropReason, EventKind, RawEvent, Source

__all__ = ["AGENT", "NAMES", "Attributes", "BadLine", "Context", "put", "sane_count", "sane_duration"]

AGENT = "claude_code"

NAMES = frozenset(
    {
        "advisor_message",
        "api_error",
        "assistant",
        "compact_boundary",
        "cost_state",
        "session",
        "tool_result",
        "tool_use",
        "user",
    }
)
"""All names an event of a transcript can have: its own record and block types."""

Attributes = dict[str, AttributeValue]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_NS = 2**63 - 1
_SECONDS = {f":{second:02}.": second * 1_000_000_000 for second in range(60)}
_MILLISECONDS = {f"{millisecond:03}Z": millisecond * 1_000_000 for millisecond in range(1000)}
_TRANSCRIPT = Source.TRANSCRIPT
_MEMO = 10_000
_NOTHING: Attributes = {}
_NOT_ALNUM = re.compile(r"[^A-Za-z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line set aside: where it was and why, never what it said."""

    number: int  # from 1
    offset: int  # bytes before it in the file
    size_bytes: int
    reason: DropReason
    detail: str  # fixed wording


class Context:
    """Times and common attributes of records, and the list of finished events.

    Args:
        file_hint: path or names of the folders the file lies in, to tell the project's folder from one below it.
        received_us: UTC microseconds since 1970, now.
        announce: whether the first record of a session makes a `session.start`.
    """

    def __init__(self, *, file_hint: str, received_us: int, announce: bool) -> None:
        self.events: list[RawEvent] = []
        self._received_us = received_us
        self._announce = announce
        self._folders = frozenset(file_hint.replace("\\", "/").split("/"))
        self._sessions: set[str | None] = set()
        self._last: tuple[str | None, str | None, str | None, str | None] = (None, None, None, None)
        self._last_base: Attributes = {}
        self._projects: dict[str, str] = {}
        self._minutes: dict[str, int] = {}

    def emit(self, name: str, kind: EventKind, at_ns: int, key: str, attributes: Attributes) -> None:
        """Add a finished event. `key` is what makes it itself and not another; its time is part of that.

        The store looks for earlier copies of an event at that event's time only, so one event never has two times.
        """
        self.events.append(
            RawEvent(
                agent=AGENT,
                source=_TRANSCRIPT,
                name=name,
                kind=kind,
                at_ns=at_ns,
                received_us=self._received_us,
                key=f"{key}:{at_ns}".encode("utf-8", "surrogatepass"),
                attributes=attributes,
                resource=_NOTHING,
            )
        )

    def base(self, record: Record, at_ns: int) -> Attributes:
        """Attributes of every event of this record. Shared between events: copy before changing."""
        session, folder, version, entrypoint = self._last
        if (
            record.session_id == session
            and record.cwd == folder
            and record.version == version
            and record.entrypoint == entrypoint
            and self._last_base
        ):
            return self._last_base
        base: Attributes = {}
        put(
            base,
            session_id=record.session_id,
            project=self._project(record.cwd) if record.cwd else None,
            agent_version=record.version,
            entrypoint=record.entrypoint,
        )
        if self._announce and record.agent_id is None and record.session_id not in self._sessions:
            self._sessions.add(record.session_id)
            if record.session_id:
                self.emit("session", EventKind.SESSION_START, at_ns, f"session:{record.session_id}", base)
        # The values, not the record: that would keep its whole line in memory.
        self._last = (record.session_id, record.cwd, record.version, record.entrypoint)
        self._last_base = base
        return base

    def base_of_session(self, record: Record) -> Attributes:
        """The same for a record that says no more than its session: the rest is what the one before it said."""
        session, _, _, _ = self._last
        if record.session_id == session and self._last_base:
            return self._last_base
        base: Attributes = {}
        put(base, session_id=record.session_id)
        return base

    def time_ns(self, record: Record) -> int:
        """When the record was written: UTC nanoseconds since 1970.

        Raises:
            UnreadableLine: no time, or none that can be stored.
        """
        stamp = record.timestamp
        if stamp is None:
            raise UnreadableLine(DropReason.BAD_TIME, "no time")
        # The form all releases write, 2026-01-05T09:12:33.123Z, is looked up in parts: it is there on every line.
        try:
            rest_ns = _SECONDS[stamp[16:20]] + _MILLISECONDS[stamp[20:]]
        except KeyError:
            return _any_time_ns(stamp)
        minute = stamp[:16]
        minute_ns = self._minutes.get(minute)
        if minute_ns is None:
            if len(self._minutes) >= _MEMO:
                self._minutes.clear()
            minute_ns = self._minutes[minute] = _any_time_ns(minute + ":00.000Z")
        return minute_ns + rest_ns

    def _project(self, folder: str) -> str:
        """The folder the session belongs to: the working directory, or the one above it that the file lies under.

        The agent may change into subfolders; the transcript's own folder is named after the one it was started in.
        """
        project = self._projects.get(folder)
        if project is None:
            project = candidate = folder
            while len(candidate) > 1:
                if _NOT_ALNUM.sub("-", candidate) in self._folders:
                    project = candidate
                    break
                candidate = candidate.rpartition("/" if "/" in candidate else "\\")[0]
            if len(self._projects) < _MEMO:
                self._projects[folder] = project
        return project


def put(attributes: Attributes, **values: Any) -> None:
    """Set the attributes that have a value."""
    for name, value in values.items():
        if value is not None and value != "":
            attributes[name] = value


def sane_count(value: int | None) -> int | None:
    """A count that is only shown, never billed: None if it cannot be one."""
    return value if value is not None and 0 <= value <= MAX_COUNT else None


def sane_duration(value: float | None) -> float | None:
    """Milliseconds, None if they cannot be."""
    return value if value is not None and 0 <= value < 1e12 else None


def _any_time_ns(stamp: str) -> int:
    try:
        at = datetime.fromisoformat(stamp)
        since = (at.replace(tzinfo=UTC) if at.tzinfo is None else at) - _EPOCH
    except (ValueError, OverflowError):
        raise UnreadableLine(DropReason.BAD_TIME, "not a time") from None
    ns = (since.days * 86400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000
    if not 0 <= ns <= _MAX_NS:
        raise UnreadableLine(DropReason.BAD_TIME, "time out of range")
    return ns
