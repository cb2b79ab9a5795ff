"""GET /api/v1/now: what goes on at this moment."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field

from tachograph.analytics.now import FILTERS, MOST_SESSIONS
from tachograph.server.routes.parameters import Tz, filters, given_in, with_parameters
from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer, Window

__all__ = ["router"]

router = APIRouter(tags=["questions"])


class SessionNow(Answer):
    """One session with a record within half an hour."""

    session: str
    agent: str
    user: str | None
    project: str | None
    model: str | None = Field(description="of its latest request")
    state: str = Field(description="working: a record within two minutes; quiet: an older one")
    started_at: str
    last_at: str = Field(description="its latest record")
    running_seconds: int
    quiet_seconds: int
    prompts: int
    requests: int
    tokens: int
    cost_microusd: int
    unpriced_requests: int
    tool_calls: int
    tool_errors: int
    api_errors: int
    last_tool: str | None
    last_tool_failed: bool


class Today(Answer):
    """What today came to, from the zone's midnight."""

    since: str
    cost_microusd: int
    unpriced_requests: int
    sessions: int
    prompts: int
    requests: int
    total_tokens: int
    tool_calls: int
    tool_errors: int
    api_errors: int
    lines_added: int
    lines_removed: int
    commits: int


class Month(Answer):
    """What this calendar month came to."""

    since: str
    cost_microusd: int
    unpriced_requests: int


class Budgets(Answer):
    """What the owner means to spend."""

    day_microusd: int | None
    month_microusd: int | None


class Minutes(Answer):
    """The last 60 minutes, one number each, the oldest first."""

    requests: list[int]
    errors: list[int]


class ToolToday(Answer):
    """One tool."""

    tool: str | None
    tool_calls: int
    tool_errors: int
    tool_p50_ms: float | None


class ErrorToday(Answer):
    """One class of errors."""

    of: str = Field(description="request or tool")
    error_class: str | None
    count: int


class Now(Answer):
    """What goes on."""

    at: str
    running_minutes: int = Field(
        description="a session runs if its latest record is no older, and no end was reported since"
    )
    sessions: list[SessionNow] = Field(description=f"at most {MOST_SESSIONS}, the latest first")
    today: Today
    month: Month
    budget: Budgets
    minutes: Minutes
    tools: list[ToolToday]
    errors: list[ErrorToday]
    window: Window
    demo: bool


@router.get("/api/v1/now", operation_id="now", response_model=Now, openapi_extra=with_parameters(filters(FILTERS)))
def now(request: Request, parts: Parts, tz: Tz = None) -> Any:
    """Sessions that run, today's figures, requests a minute, tools, errors. Filters narrow all of it."""
    return parts.answers.ask("now", given_in(request))
