"""GET /api/v1/report: totals and breakdowns of a time range."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from tachograph.server.routes.parameters import Range, Since, Tz, Until
from tachograph.server.routes.shared import Parts

__all__ = ["router"]

router = APIRouter()

By = Annotated[str | None, Query(description="dimensions, separated by commas", max_length=200)]


@router.get("/api/v1/report")
def report(
    parts: Parts, since: Since = None, until: Until = None, range_: Range = None, tz: Tz = None, by: By = None
) -> dict[str, Any]:
    """Totals with their coverage, and one breakdown per dimension in `by`."""
    named = {"since": since, "until": until, "range": range_, "tz": tz, "by": by}
    return parts.answers.report({k: v for k, v in named.items() if v is not None})
