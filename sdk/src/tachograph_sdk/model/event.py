"""What an agent said (RawEvent) and what may be kept of it (Event)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["AttributeValue", "DropReason", "Event", "EventKind", "Point", "RawEvent", "Scalar", "Source", "Span"]

Scalar = str | int | float | bool
"""What a released attribute may be."""

AttributeValue = Scalar | bytes | list["AttributeValue"] | dict[str, "AttributeValue"] | None
"""What a raw attribute may be: an OTLP AnyValue or a JSON value. An absent value is None."""


class EventKind(StrEnum):
    """What happened, whichever agent said so."""

    SESSION_START = "session.start"
    SESSION_ACTIVITY = "session.activity"  # seconds of active time, by whom
    SESSION_SUMMARY = "session.summary"  # what an agent's side counted over a whole session, as far as it got
    PROMPT = "prompt"
    API_REQUEST = "api.request"
    API_ERROR = "api.error"
    API_RESPONSE = "api.response"  # an answer reached the user; its length, never its text
    USAGE_COUNTER = "usage.counter"  # tokens or cost as a running counter said, not per request
    USAGE_LIMIT = "usage.limit"  # how much of the plan's limits was used, as the agent said at that moment
    TOOL_CALL = "tool.call"
    TOOL_DECISION = "tool.decision"
    CODE_CHANGE = "code.change"
    VCS_COMMIT = "vcs.commit"
    VCS_PULL_REQUEST = "vcs.pull_request"
    FEATURE_USE = "feature.use"  # a skill, subagent, hook, plugin, MCP server, compaction, mention
    AGENT_NOTICE = "agent.notice"  # start-up and housekeeping of the agent itself, and its internal errors
    PACKAGE_DOWNLOADS = "package.downloads"
    REPO_ACTIVITY = "repo.activity"


class Source(StrEnum):
    """Which way a record came in."""

    OTEL_LOG = "otel_log"
    OTEL_METRIC = "otel_metric"
    OTEL_SPAN = "otel_span"
    TRANSCRIPT = "transcript"
    CONSOLE = "console"
    HOOK = "hook"
    SDK = "sdk"


class DropReason(StrEnum):
    """Why something was not kept. Closed: each drop has one of these and a counter."""

    MALFORMED = "malformed"  # not decodable
    BAD_LINE = "bad_line"  # a line of a file that is not a JSON object, or lacks what its type needs
    BAD_NUMBER = "bad_number"  # NaN, infinite, negative where a count is meant, or out of range
    BAD_TIME = "bad_time"  # outside the range that can be stored
    BAD_ID = "bad_id"  # a trace or span id of the wrong length
    TOO_LARGE = "too_large"  # over a limit on size, count or depth
    UNKNOWN_AGENT = "unknown_agent"
    UNKNOWN_EVENT = "unknown_event"  # the agent is known, this record's name is not
    NOT_NEEDED = "not_needed"  # this record's name is known, and it says nothing that is counted here
    UNKNOWN_ATTRIBUTE = "unknown_attribute"  # the policy does not name it
    NOT_RELEASED = "not_released"  # the policy names it, and says drop
    DUPLICATE = "duplicate"  # seen before under the same event id
    STALE_POINT = "stale_point"  # a cumulative point that is not newer than the last one
    NO_CONSENT = "no_consent"
    OBJECTED = "objected"  # somebody objected to it, wholly or for one purpose
    ERASED = "erased"  # it was erased, and came in a second time
    CORRUPT_FRAME = "corrupt_frame"  # journal: checksum does not match
    TORN_TAIL = "torn_tail"  # journal: bytes after the last whole frame of a closed segment
    SCRUBBER_ERROR = "scrubber_error"  # a text that could not be scrubbed, so nothing of it is kept
    INTERNAL_ERROR = "internal_error"  # our own fault; the record is set aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One metric data point."""

    value: float | int  # for a histogram: its sum
    count: int | None = None  # histograms only
    start_ns: int  # UTC nanoseconds since 1970; 0 if not given
    cumulative: bool  # as sent; false once turned into a delta
    monotonic: bool
    unit: str = ""
    stream: str = ""  # which stream it belongs to: 32 hex digits over resource, scope, metric, attributes and start


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The span fields that are not attributes; on a log record, the span it was written in (end_ns is 0 then)."""

    trace_id: bytes  # 16 bytes
    span_id: bytes  # 8 bytes
    parent_span_id: bytes  # 8 bytes, or empty for a root
    end_ns: int  # UTC nanoseconds since 1970
    status_code: int  # 0 unset, 1 ok, 2 error


@dataclass(slots=True, kw_only=True)
class RawEvent:
    """One record as decoded: it may hold anything, so it is never stored, logged or shown."""

    agent: str  # agent id, or "" while not known
    source: Source
    name: str  # the agent's own name for it: "api_request", "claude_code.token.usage"
    at_ns: int  # UTC nanoseconds since 1970, from the record
    received_us: int  # UTC microseconds since 1970, when it reached us
    key: bytes  # what makes this record itself and not another, in the source's own terms
    attributes: dict[str, AttributeValue]
    resource: Mapping[str, AttributeValue] = field(default_factory=dict)
    kind: EventKind | None = None  # set by classify
    point: Point | None = None
    span: Span | None = None

    def __repr__(self) -> str:
        return (
            f"RawEvent(agent={self.agent!r}, source={self.source.value!r}, kind={self.kind and self.kind.value!r}, "
            f"attributes={len(self.attributes)})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One released, agent-neutral record: everything in it has passed the wall and may be stored and shown.

    Built in two places only: `tachograph_sdk.privacy.release`, and a store that reads its own rows back.
    """

    event_id: str  # 32 hex digits; the same record always gets the same one, however often and whichever way it comes
    kind: EventKind
    agent: str
    source: Source
    name: str  # the agent's own name for it, from a known list
    at_us: int  # UTC microseconds since 1970
    received_us: int  # UTC microseconds since 1970
    session_id: str | None  # pseudonym
    attributes: Mapping[str, Scalar]  # canonical names, see model/attributes.py
    contents: Mapping[str, str] = field(default_factory=dict, repr=False)  # scrubbed texts; empty but in one preset
