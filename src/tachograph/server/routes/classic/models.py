"""Shapes of the classic API's answers, as OpenAPI shows them. Null: it is not known, and `reasons` says why."""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

__all__ = [
    "Count", "Envelope", "Health", "Overview", "Percent", "Point", "Reasoned", "RefusedEnvelope", "Session", "Sessions",
    "Timeline", "Timestamp",
]  # fmt: skip

Data = TypeVar("Data")

Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Count = Annotated[int, Field(ge=0)]
Percent = Annotated[float | None, Field(description="0 to 100")]


class Envelope(BaseModel, Generic[Data]):
    """Every answer."""

    success: Literal[True]
    data: Data
    error: None
    timestamp: Timestamp


class RefusedEnvelope(BaseModel):
    """Every error."""

    success: Literal[False]
    data: None
    error: str
    timestamp: Timestamp


class Reasoned(BaseModel):
    """What says why of what it does not know."""

    reasons: Annotated[dict[str, str], Field(description="field: why it is null, or what its figure leaves out")]


class Health(Reasoned):
    """Whether the server does its work."""

    status: Literal["healthy", "degraded"]
    timestamp: Timestamp
    version: str


class Point(BaseModel):
    """One value of one metric."""

    timestamp: Timestamp
    name: str
    value: float
    labels: dict[str, str]


class _NamedTool(BaseModel):
    name: str | None
    count: Count
    percentage: Percent


class Overview(Reasoned):
    """The first look."""

    total_sessions: Count
    active_sessions: Count
    total_commands: Count
    avg_session_duration: Annotated[float | None, Field(description="seconds, of sessions that are over")]
    top_tools: list[_NamedTool]
    recent_activity: list[Point]


class _Summary(BaseModel):
    total_points: Count
    avg_value: float | None
    min_value: float | None
    max_value: float | None


class Timeline(Reasoned):
    """Points of metrics over time."""

    range: str
    points: list[Point]
    summary: _Summary


class _CalledTool(BaseModel):
    tool_name: str | None
    usage_count: Count


class _Session(BaseModel):
    id: str
    user_id: str | None
    start_time: Timestamp
    end_time: Timestamp | None
    duration_seconds: int | None
    command_count: Count
    tool_usage: list[_CalledTool]
    status: Literal["Active", "Completed", "Terminated"]


class Session(_Session, Reasoned):
    """One session."""


class _PageInfo(BaseModel):
    has_next: bool
    has_prev: bool
    current_page: int
    total_pages: Count


class Sessions(Reasoned):
    """A page of sessions, the latest first."""

    sessions: list[_Session]
    total_count: Count
    page_info: _PageInfo
