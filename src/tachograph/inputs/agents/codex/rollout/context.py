"""What all events of one thread share: whose they are, in which turn, and where finished events are collected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tachograph.inputs.agents.codex.rollout.lines import UnreadableLine
from tachograph.inputs.agents.codex.rollout.records import Meta, TurnContext
from tachograph_sdk.model.event import AttributeValue, DropReason, EventKind, RawEvent, Source

__all__ = ["AGENT", "Attributes", "BadLine", "Context", "put"]

AGENT = "codex"

Attributes = dict[str, AttributeValue]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_NS = 2**63 - 1
_NOTHING: Attributes = {}
_MEMO = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line set aside: where it was and why, never what it said."""

    number: int  # from 1
    offset: int  # bytes before it in the file
    size_bytes: int
    reason: DropReason
    detail: str  # fixed wording


class Context:
    """The thread, its current turn, and the list of finished events.

    Args:
        received_us: UTC microseconds since 1970, now.
    """

    def __init__(self, *, received_us: int) -> None:
        self.events: list[RawEvent] = []
        self.muted = False  # what is read now was read before, without what it depends on
        self.thread = ""
        self.turn_id: str | None = None
        self.model: str | None = None
        self.effort: str | None = None
        self.service_tier: str | None = None
        self.is_subagent = False
        self._received_us = received_us
        self._base: Attributes = {}
        self._minutes: dict[str, int] = {}

    def begin(self, meta: Meta, *, is_subagent: bool) -> None:
        """Take over what the thread's first record says of all others."""
        self.thread = meta.id or ""
        self.is_subagent = is_subagent
        base: Attributes = {}
        put(
            base,
            session_id=meta.id,
            project=meta.cwd,
            repository=meta.git.repository_url if meta.git is not None else None,
            agent_version=meta.cli_version,
            entrypoint=(meta.originator or "").replace(" ", "_"),
        )
        if is_subagent:
            base["is_sidechain"] = True
        self._base = base

    def turn(self, told: TurnContext) -> None:
        """Take over what a turn's requests are made with."""
        if told.turn_id:
            self.turn_id = told.turn_id
        self.model = told.model or self.model
        mode = told.collaboration_mode
        settings = mode.settings if mode is not None else None
        self.effort = told.effort or (settings.reasoning_effort if settings is not None else None)
        self.service_tier = told.service_tier or self.service_tier

    def base(self) -> Attributes:
        """Attributes of every event of this thread, a new dictionary."""
        return self._base.copy()

    def emit(self, name: str, kind: EventKind, at_ns: int, key: str, attributes: Attributes) -> None:
        """Add a finished event. `key` is what makes it itself and not another; its time is part of that."""
        if self.muted:
            return
        self.events.append(
            RawEvent(
                agent=AGENT,
                source=Source.TRANSCRIPT,
                name=name,
                kind=kind,
                at_ns=at_ns,
                received_us=self._received_us,
                key=f"{key}:{at_ns}".encode("utf-8", "surrogatepass"),
                attributes=attributes,
                resource=_NOTHING,
            )
        )

    def time_ns(self, stamp: str | None) -> int:
        """When a record was written: UTC nanoseconds since 1970.

        Raises:
            UnreadableLine: no time, or none that can be stored.
        """
        if stamp is None:
            raise UnreadableLine(DropReason.BAD_TIME, "no time")
        rest = stamp[17:]
        if len(rest) == 7 and rest[2] == "." and rest[6] == "Z" and (rest[:2] + rest[3:6]).isdecimal():
            minute = stamp[:17]
            minute_ns = self._minutes.get(minute)
            if minute_ns is None:
                if len(self._minutes) >= _MEMO:
                    self._minutes.clear()
                minute_ns = self._minutes[minute] = _any_time_ns(minute + "00.000Z")
            return minute_ns + (int(rest[:2]) * 1000 + int(rest[3:6])) * 1_000_000
        return _any_time_ns(stamp)


def put(attributes: Attributes, **values: Any) -> None:
    """Set the attributes that have a value."""
    for name, value in values.items():
        if value is not None and value != "":
            attributes[name] = value


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
