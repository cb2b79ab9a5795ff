"""GET /api/v1/query: metrics by dimensions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from tachograph.server.routes.report import By, Range, Since, Tz, Until
from tachograph.server.routes.shared import Parts

__all__ = ["router"]

router = APIRouter()


@router.get("/api/v1/query")
def query(
    request: Request,
    parts: Parts,
    metrics: Annotated[str, Query(description="metric names, separated by commas", max_length=500)],
    by: By = None,
    since: Since = None,
    until: Until = None,
    range_: Range = None,
    tz: Tz = None,
) -> dict[str, Any]:
    """Columns and rows. Further parameters that name a dimension filter by it: `model=claude-opus-5-5`."""
    named = {"metrics": metrics, "by": by, "since": since, "until": until, "range": range_, "tz": tz}
    filters = {k: v for k, v in request.query_params.items() if k not in named}
    return parts.answers.query({**filters, **{k: v for k, v in named.items() if v is not None}})
