"""GET /api/v1/sessions and /api/v1/sessions/{id}: the list of sessions, and everything of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field

from tachograph.analytics.parameters import MOST_OFFSET
from tachograph.analytics.sessions.listing import (
    FILTERS,
    MOST_SESSIONS,
    ORDERS,
    PARAMETERS,
    list_sessions,
)
from tachograph.analytics.sessions.one import KINDS, MOST_ENTRIES, show_session
from tachograph.analytics.sessions.one import PARAMETERS as OF_ONE
from tachograph.server.routes.parameters import Tz, filters, given_in, given_once, listed, with_parameters
from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer, Window, problems
from tachograph_sdk.errors import QueryError

__all__ = ["router"]

router = APIRouter(tags=["sessions"])


class SessionTotals(Answer):
    """One session as a whole. What no source told is null."""

    id: str = Field(description="its pseudonym")
    agent: str
    user: str | None
    organization: str | None
    project: str | None
    repository: str | None
    agent_version: str | None
    entrypoint: str | None
    started_at: str = Field(description="first record, ISO 8601 with the zone's offset")
    ended_at: str = Field(description="last record")
    duration_seconds: float
    prompts: int
    requests: int
    api_errors: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    total_tokens: int
    unpriced_requests: int
    tool_calls: int
    tool_errors: int
    tool_retries: int
    edits: int
    subagent_requests: int
    compactions: int
    lines_added: int
    lines_removed: int
    commits: int
    pull_requests: int
    files_changed: int | None
    active_seconds: float | None
    cost_microusd: int | None
    cost_usd: float | None
    exit_reason: str | None
    score: float | None = Field(description="0 to 10")
    has_transcript: bool
    has_otel: bool


class SessionListed(SessionTotals):
    """One session of the list."""

    models: list[str] = Field(description="the one with most requests first; at most ten")


class SessionList(Answer):
    """A page of sessions."""

    sessions: list[SessionListed]
    total: int = Field(description="of all pages")
    limit: int
    offset: int
    next_offset: int | None = Field(description="where the next page begins; null: this is the last")
    order: str
    reasons: dict[str, str] = Field(description="why fields are null, by field, of those that are on this page")
    window: Window
    demo: bool


class ScorePart(Answer):
    """A part of the score."""

    value: float | None = Field(description="0 to 1")
    weight: float
    reason: str | None = Field(description="why it is null")


class Score(Answer):
    """How productive a session was, by a published formula."""

    value: float | None = Field(description="0 to 10")
    parts: dict[str, ScorePart]
    formula: str


class EntryCount(Answer):
    """How many entries of a kind there are."""

    n: int
    failed: int


class CostPoint(Answer):
    """Cost and tokens of a session up to a moment."""

    until: str
    cost_microusd: int
    tokens: int


class Entry(Answer):
    """Something that happened in a session. It has what its kind has and a source told."""

    at: str
    kind: Literal["prompt", "request", "tool_call", "compaction", "outcome"]
    status: str = Field(description="ok, error, rejected, retried, residual (only a counter saw it), unknown, …")
    name: str | None = Field(default=None, description="the model, the tool, where the prompt came from, …")
    began_at: str | None = Field(
        default=None, description="when it began, as near as its sources tell; only of what has a duration"
    )
    duration_ms: float | None = Field(default=None)
    error_class: str | None = Field(default=None)
    source: str | None = Field(default=None, description="what a request was for; who decided about a tool call")
    subagent: str | None = Field(default=None)
    tool_class: str | None = Field(default=None)
    is_retry: bool = Field(default=False, description="the tool call was made again because it had failed")
    file: str | None = Field(default=None, description="a pseudonym")
    input_tokens: int | None = Field(default=None)
    output_tokens: int | None = Field(default=None)
    cache_read_tokens: int | None = Field(default=None)
    cache_write_tokens: int | None = Field(default=None)
    lines_added: int | None = Field(default=None)
    lines_removed: int | None = Field(default=None)
    commits: int | None = Field(default=None)
    pull_requests: int | None = Field(default=None)
    tokens_before: int | None = Field(default=None, description="of the context, before a compaction")
    tokens_after: int | None = Field(default=None)
    cost_microusd: int | None = Field(default=None)
    cost_so_far_microusd: int = Field(description="of everything up to here")


class OneSession(Answer):
    """Everything of one session."""

    session: SessionTotals
    reasons: dict[str, str] = Field(description="why fields of `session` are null")
    score: Score
    models: list[dict[str, Any]]
    query_sources: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    errors: list[dict[str, Any]] = Field(description="by class of error")
    seen_by: dict[str, dict[str, int]] = Field(description="of requests, tool calls and prompts: how many who saw")
    cost_over_time: list[CostPoint] = Field(description="at most 61 points")
    entries: dict[str, EntryCount] = Field(description="by kind, of the whole timeline")
    timeline: list[Entry] = Field(description="a page of it, in order of time")
    timeline_total: int = Field(description="entries of the kinds asked for, of all pages")
    limit: int
    offset: int
    next_offset: int | None
    explain: str = Field(description="where its figures are explained")
    demo: bool


_ORDERS = [f"{sign}{name}" for name in ORDERS for sign in ("", "-")]


@router.get(
    "/api/v1/sessions",
    operation_id="list_sessions",
    response_model=SessionList,
    openapi_extra=with_parameters(filters(FILTERS)),
)
def sessions(
    parts: Parts,
    given: Annotated[Mapping[str, str], given_once(*PARAMETERS)],
    search: Annotated[
        str | None, Query(description="the beginning of an id, or the whole id that the agent gave", max_length=200)
    ] = None,
    order: Annotated[
        str,
        Query(
            description="by what, with a minus for falling; default the last begun first",
            json_schema_extra={"enum": _ORDERS},
        ),
    ] = "-started_at",
    limit: Annotated[int, Query(description="sessions of a page", ge=1, le=MOST_SESSIONS)] = 50,
    offset: Annotated[int, Query(description="sessions before the page", ge=0, le=MOST_OFFSET)] = 0,
) -> Any:
    """Sessions that were active in the window: began before its end, and ended after its start."""
    scope = parts.answers.scope(given, own=PARAMETERS)
    made = parts.answers.make(list_sessions, scope)
    if search and not made["total"] and "session" not in given:  # perhaps the agent's own id
        scope = parts.answers.scope({**given, "search": "", "session": search.replace(",", "")}, own=PARAMETERS)
        made = parts.answers.make(list_sessions, scope)
    return {**made, "window": scope.window.as_text(), "demo": parts.demo}


@router.get(
    "/api/v1/sessions/{session}",
    operation_id="show_session",
    response_model_exclude_unset=True,
    response_model=OneSession,
    responses=problems(404),
    openapi_extra=with_parameters(listed("kind", "what of the timeline", KINDS)),
)
def session(
    request: Request,
    parts: Parts,
    session: Annotated[str, Path(description="its pseudonym, or the id that the agent gave it", max_length=200)],
    tz: Tz = None,
    limit: Annotated[int, Query(description="entries of a page of the timeline", ge=1, le=MOST_ENTRIES)] = 200,
    offset: Annotated[int, Query(description="entries before the page", ge=0, le=MOST_OFFSET)] = 0,
) -> Any:
    """Totals, the score with its parts, who saw it, and what happened in it: requests, tool calls, errors, outcomes."""
    given = given_in(request, once=("limit", "offset"))
    known = {name: text for name, text in given.items() if name in {"tz", *OF_ONE}}
    if unknown := [name for name in given if name not in known]:
        raise QueryError(f"there is no parameter {unknown[0]!r}", hint="there are: tz, limit, offset, kind")
    scope = parts.answers.scope({**known, "session": session.replace(",", "")}, own=OF_ONE)
    return {**parts.answers.make(show_session, scope), "demo": parts.demo}
