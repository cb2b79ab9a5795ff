"""GET /api/v1/concurrency: how many sessions were active at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from tachograph.analytics.concurrency import FILTERS, IDLE, MOST_IDLE_MINUTES, MOST_SESSIONS
from tachograph.server.routes.parameters import filters, given_once, with_parameters
from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer, Window

__all__ = ["router"]

router = APIRouter(tags=["questions"])

_IDLE_MINUTES = IDLE.seconds // 60

Grain = Annotated[
    str | None,
    Query(
        description="how long a piece is: auto (as fits the window; default), hour, day, week or month",
        pattern=r"^(auto|hour|day|week|month)$",
        max_length=5,
    ),
]
IdleMinutes = Annotated[
    int | None,
    Query(
        description=f"a session is active between two records that are no further apart; default {_IDLE_MINUTES}",
        ge=1,
        le=MOST_IDLE_MINUTES,
    ),
]
At = Annotated[
    str | None,
    Query(
        description="whose sessions are told: those active at this moment; default that of the highest peak",
        max_length=40,
        json_schema_extra={"anyOf": [{"type": "string", "format": "date-time"}]},
    ),
]


class Together(Answer):
    """How many sessions were active at the same time, within some time."""

    peak: int = Field(description="most sessions at one moment")
    peak_at: str | None = Field(description="the first moment at which there were so many")
    session_seconds: float = Field(description="active time of all sessions together")
    busy_seconds: float = Field(description="time in which at least one session was active")
    shared_seconds: float = Field(description="time in which at least two were")
    mean: float | None = Field(
        description="session_seconds / busy_seconds: sessions at the same time, while any was active"
    )


class PieceTogether(Together):
    """One piece of time."""

    piece: str = Field(description="day, Monday, first of the month, or first moment of the hour")


class SessionThen(Answer):
    """One session that was active at the moment."""

    session: str
    agent: str
    project: str | None


class ActiveAt(Answer):
    """Who was active at one moment."""

    moment: str
    count: int
    sessions: list[SessionThen] = Field(description=f"at most {MOST_SESSIONS}")
    left_out: int = Field(description="further sessions that are not told one by one")


class Unplaced(Answer):
    """What tells of no moments within a session and is therefore not counted."""

    reported_sessions: int = Field(description="sessions of which a plugin reported the end, and nothing else is known")
    unnamed_requests: int = Field(description="requests that name no session")


class Concurrency(Answer):
    """Sessions at the same time."""

    grain: str
    idle_minutes: int
    whole: Together
    pieces: list[PieceTogether]
    at: ActiveAt | None
    unplaced: Unplaced
    reason: str | None = Field(description="why there is no mean")
    window: Window
    demo: bool


@router.get(
    "/api/v1/concurrency",
    operation_id="concurrency",
    response_model=Concurrency,
    openapi_extra=with_parameters(filters(FILTERS)),
)
def concurrency(
    parts: Parts,
    given: Annotated[Mapping[str, str], given_once("grain", "idle_minutes", "at")],
    grain: Grain = None,
    idle_minutes: IdleMinutes = None,
    at: At = None,
) -> Any:
    """Sessions that were active at the same time: the most and the mean of each piece of time, and who they were."""
    return parts.answers.ask("concurrency", given)
