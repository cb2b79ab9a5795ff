"""What happened in the month, each thing once: the records that figures are worked out from and events are told of.

A record holds what can be known of its thing at all: a transcript names no person, counters name no request. Times are
UTC without a zone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

__all__ = [
    "TOKENS",
    "Call",
    "Change",
    "Compaction",
    "Limit",
    "Month",
    "Prompt",
    "Report",
    "Request",
    "Session",
    "Use",
    "Vcs",
    "Work",
]

TOKENS = (
    "input_tokens", "output_tokens", "reasoning_tokens", "cache_read_tokens", "cache_write_tokens",
    "cache_write_5m_tokens", "cache_write_1h_tokens", "web_search_requests",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One run of an agent, by one person, in one folder."""

    number: int
    id: str | None  # None: telemetry that names no session
    agent: str
    user: str | None  # None: nobody says who it was
    organization: str | None
    project: str | None
    repository: str | None
    version: str | None
    entrypoint: str | None
    told: frozenset[str]  # otel, metrics, transcript, plugin
    plugin_user: str | None = None  # what a plugin calls the person


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One API request, a failed one, a failed try, or (residual) what only counters saw of a day and model."""

    session: Session
    at: datetime
    outcome: str  # ok, error, retried, residual
    id: str
    told: frozenset[str]  # otel, span, transcript; of a residual: counter, and hook if a plugin counted it
    model: str | None
    counts: dict[str, int] = field(default_factory=dict)  # by TOKENS
    cost: int | None = 0  # nano-dollars; None: nobody knows
    basis: str = "reported"
    model_requested: str | None = None
    query_source: str | None = None
    effort: str | None = None
    speed: str | None = None
    service_tier: str | None = None
    subagent: str | None = None
    skill: str | None = None
    plugin: str | None = None
    mcp_server: str | None = None
    duration_ms: float | None = None
    ttft_ms: float | None = None
    attempts: int | None = None
    status_code: int | None = None
    error_class: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One tool call."""

    session: Session
    at: datetime
    id: str
    told: frozenset[str]
    request: str | None  # id of the request whose answer made it, where a source says
    tool: str
    kind: str  # edit, read, search, shell, web, agent, mcp, other
    file: str | None
    success: bool | None  # None: never heard how it ended
    decision: str | None
    decision_source: str | None
    error_class: str | None
    duration_ms: float | None
    mcp_server: str | None
    subagent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Something the model was asked."""

    session: Session
    at: datetime
    id: str
    told: frozenset[str]
    origin: str  # human, command, agent
    command: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Lines changed by one edit."""

    session: Session
    at: datetime
    added: int
    removed: int
    file: str | None
    language: str | None
    model: str | None
    tool: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vcs:
    """A commit or a pull request."""

    session: Session
    at: datetime
    what: str  # commit, pull_request
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Active time, as one export of it says."""

    session: Session
    at: datetime
    seconds: float
    by: str | None  # user, cli


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A command typed, a skill used by the model, a subagent that ran."""

    session: Session
    at: datetime
    feature: str
    name: str | None
    source: str  # of the way that tells it: transcript, hook, otel


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction:
    """The context was made smaller."""

    session: Session
    at: datetime
    trigger: str | None
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a status line said of a limit of the plan."""

    session: Session
    at: datetime
    limit: str
    used: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a plugin said of a whole session when it ended; the last it said."""

    session: Session
    at: datetime
    exit_reason: str
    counting: str
    integrity: str
    kind: str  # of the session's id
    version: str
    seconds: int
    turns: int
    tool_calls: int
    tool_errors: int
    subagent_tool_calls: int
    subagent_tool_errors: int
    said: dict[str, int]  # input, output, cache_read, cache_write
    hook_ms: float | None


@dataclass(slots=True, kw_only=True)
class Month:
    """All of it, and for each session (by number) when its first and last record were made."""

    sessions: list[Session] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    prompts: list[Prompt] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    vcs: list[Vcs] = field(default_factory=list)
    work: list[Work] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    compactions: list[Compaction] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    spans: dict[int, tuple[datetime, datetime]] = field(default_factory=dict)
