"""GET /api/v1/report: totals and breakdowns of a time range."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.server.routes.parameters import Given, listed, with_parameters
from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer, Window
from tachograph_sdk.errors import QueryError

__all__ = ["router"]

_KNOWN = frozenset({"by", "since", "until", "range", "tz"})

router = APIRouter(tags=["questions"])


class Totals(Answer):
    """What was done and what it cost."""

    sessions: int
    prompts: int
    requests: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cost_microusd: int
    cost_usd: float
    tool_calls: int
    tool_errors: int
    lines_added: int
    lines_removed: int
    commits: int
    pull_requests: int
    active_seconds: float | None
    coverage: dict[str, Any] = Field(description="what it rests on: shares, sources, counters, models without a price")
    reasons: dict[str, str] = Field(description="why figures are null")


class ReportAnswer(Answer):
    """Totals and breakdowns."""

    window: Window
    totals: Totals
    by: dict[str, list[dict[str, Any]]] = Field(description="rows by dimension")
    notes: list[str]
    limits: list[dict[str, Any]] = Field(description="how much of the plan was used")
    demo: bool
    privacy: dict[str, Any]


@router.get(
    "/api/v1/report",
    operation_id="report",
    response_model=ReportAnswer,
    openapi_extra=with_parameters(listed("by", "a breakdown for each", DIMENSIONS)),
)
def report(parts: Parts, given: Given) -> Any:
    """Totals with their coverage, and one breakdown per dimension in `by`."""
    if unknown := [name for name in given if name not in _KNOWN]:
        raise QueryError(f"there is no parameter {unknown[0]!r}", hint=f"there are: {', '.join(sorted(_KNOWN))}")
    return parts.answers.report(given)
