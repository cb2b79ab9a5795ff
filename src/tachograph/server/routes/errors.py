"""GET /api/v1/errors and /api/v1/review: what failed, and which sessions somebody should look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from tachograph.analytics.errors.asking import FILTERS
from tachograph.analytics.errors.review import MOST_SESSIONS
from tachograph.server.routes.parameters import filters, given_once, with_parameters
from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer, Window

__all__ = ["router"]

router = APIRouter(tags=["questions"])

_Kind = Literal[
    "rate_limit", "network", "auth", "tool_failure", "permission", "validation", "interruption", "server", "other"
]


class InSession(Answer):
    """Occurrences in one session."""

    session: str
    count: int
    last_at: str = Field(description="the newest of them")


class Occurrences(Answer):
    """How often, when, and in which sessions."""

    count: int
    sessions: int = Field(description="that are known")
    first_at: str = Field(description="within the window")
    last_at: str
    latest: list[InSession] = Field(description="at most five, the one with the newest first")


class Named(Answer):
    """A name and how often."""

    name: str
    count: int


class ErrorTotals(Answer):
    """Everything in the window."""

    requests: int = Field(description="that were answered or failed")
    api_errors: int = Field(description="of them: failed after all tries")
    api_error_ratio: float | None
    tool_calls: int
    tool_errors: int = Field(description="of them: ran and failed")
    tool_error_ratio: float | None
    classes: int
    new_classes: int | None = Field(description="first seen in the window; null: it has no start")


class ErrorClass(Occurrences):
    """What failed, and as what."""

    what: Literal["request", "tool"]
    error_class: str | None = Field(description="as its source names it; null: it does not")
    status_code: int | None
    kind: _Kind
    ratio: float | None = Field(description="of all requests, or of all tool calls, in the window")
    first_ever_at: str = Field(description="also before the window")
    is_new: bool | None = Field(description="first seen in the window; null: it has no start")
    models: list[Named] = Field(description="at most five")
    tools: list[Named]
    agents: list[Named]
    agent_versions: list[Named]


class OfTool(Answer):
    """Failures of a tool."""

    tool: str | None
    errors: int
    of: int = Field(description="its calls")
    ratio: float | None


class OfModel(Answer):
    """Failures of requests to a model."""

    model: str | None
    errors: int
    of: int = Field(description="its requests, answered or failed")
    ratio: float | None


class OfAgent(Answer):
    """Failures of an agent, or of one version of it."""

    agent: str
    api_errors: int
    requests: int
    api_error_ratio: float | None
    tool_errors: int
    tool_calls: int
    tool_error_ratio: float | None


class OfVersion(OfAgent):
    """Failures of one version of an agent."""

    agent_version: str | None


class ErrorsAt(Answer):
    """One hour or day."""

    at: str
    api_errors: int
    requests: int = Field(description="answered or failed")
    tool_errors: int
    tool_calls: int


class Loop(Answer):
    """Calls of one tool that failed in a row."""

    session: str | None
    tool: str
    file: str | None = Field(description="pseudonym; null: not told")
    error_class: str | None
    failures: int
    first_at: str
    last_at: str


class LoopsOfTool(Answer):
    """Retry loops of one tool."""

    tool: str
    loops: int
    failures: int
    latest: list[str] = Field(description="sessions, at most five, the one with the newest first")


class RetryLoops(Answer):
    """Tools that failed again and again within a turn."""

    at_least: int = Field(description="failures in a row")
    loops: int
    failures: int
    by_tool: list[LoopsOfTool]
    latest: list[Loop] = Field(description="at most twenty")


class Denied(Occurrences):
    """Tool calls that were not allowed to run."""

    tool: str | None
    decision_source: str | None
    permission_mode: str | None = Field(description="null: no record says it")


class Denials(Answer):
    """All of them."""

    count: int
    groups: list[Denied]


class LimitsAtHour(Answer):
    """An hour of the day."""

    hour: int = Field(description="0 to 23, in the zone")
    tries: int = Field(description="answered, failed and repeated ones")
    rate_limited: int
    overloaded: int
    ratio: float | None


class Limited(Occurrences):
    """Tries that hit a limit in the same way."""

    error_class: str | None
    status_code: int | None


class RateLimits(Answer):
    """Rate limits and overloaded services."""

    tries: int
    rate_limited: int
    overloaded: int
    by_hour: list[LimitsAtHour]
    groups: list[Limited]


class FileFailure(Occurrences):
    """The same failure on the same file."""

    file: str = Field(description="pseudonym")
    tool: str | None
    error_class: str | None


class FileFailures(Answer):
    """All of them."""

    at_least: int
    count: int = Field(description="groups in all")
    groups: list[FileFailure]


class Patterns(Answer):
    """What repeats."""

    retry_loops: RetryLoops
    denials: Denials
    rate_limits: RateLimits
    file_failures: FileFailures


class Errors(Answer):
    """What failed."""

    totals: ErrorTotals
    reasons: dict[str, str] = Field(description="why a figure is null")
    kinds: dict[str, int]
    classes: list[ErrorClass] = Field(description="at most fifty, the most first")
    by_tool: list[OfTool]
    by_model: list[OfModel]
    by_agent: list[OfAgent]
    by_agent_version: list[OfVersion]
    grain: Literal["hour", "day"]
    over_time: list[ErrorsAt]
    patterns: Patterns
    window: Window
    demo: bool


class Reason(Answer):
    """Why a session needs review."""

    rule: str
    says: str


class ToReview(Answer):
    """A session that somebody should look at."""

    session: str
    agent: str
    user: str | None = Field(description="null: not known, or the preset `strict` holds")
    project: str | None
    started_at: str
    ended_at: str
    cost_microusd: int
    usual_microusd: int | None = Field(description="median of the person's sessions; null: too few are known")
    unpriced_requests: int
    api_errors: int
    tool_calls: int
    tool_errors: int
    rejected_edits: int
    rejected_calls: int
    loops: int
    rate_limited: int
    reasons: list[Reason]


class ReviewRule(Answer):
    """A rule and how many sessions fit it."""

    rule: str
    help: str
    sessions: int


class Review(Answer):
    """Sessions that somebody should look at."""

    sessions: list[ToReview] = Field(description="those with most reasons first")
    needing_review: int = Field(description="how many there are, also those that are not listed")
    looked_at: int = Field(description="sessions that were active")
    rules: list[ReviewRule]
    window: Window
    demo: bool


@router.get(
    "/api/v1/errors", operation_id="errors", response_model=Errors, openapi_extra=with_parameters(filters(FILTERS))
)
def errors(
    parts: Parts,
    given: Annotated[Mapping[str, str], given_once("grain")],
    grain: Annotated[Literal["hour", "day"] | None, Query(description="default: hour up to three days")] = None,
) -> Any:
    """Classes of errors with rates, times and sessions, their course, and patterns: loops, denials, limits, files."""
    return parts.answers.ask("errors", given)


@router.get(
    "/api/v1/review", operation_id="review", response_model=Review, openapi_extra=with_parameters(filters(FILTERS))
)
def review(
    parts: Parts,
    given: Annotated[Mapping[str, str], given_once("limit")],
    limit: Annotated[int | None, Query(ge=1, le=MOST_SESSIONS, description="sessions listed; default 50")] = None,
) -> Any:
    """Sessions that need review, with the reasons."""
    return parts.answers.ask("review", given)
