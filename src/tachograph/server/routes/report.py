"""GET /api/v1/report: totals and breakdowns of a time range."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from tachograph.server.routes.shared import Parts

__all__ = ["router"]

router = APIRouter()

Since = Annotated[
    str | None, Query(description="first day or time, included; without an offset in the zone `tz`", max_length=40)
]
Until = Annotated[str | None, Query(description="end, excluded; likewise", max_length=40)]
Range = Annotated[
    str | None, Query(alias="range", description="1h, 24h, 7d, 30d, 90d or all; instead of since and until")
]
Tz = Annotated[
    str | None,
    Query(
        description="time zone that counts days and hours, such as Europe/Berlin; default the server's", max_length=60
    ),
]
By = Annotated[str | None, Query(description="dimensions, separated by commas", max_length=200)]


@router.get("/api/v1/report")
def report(
    parts: Parts, since: Since = None, until: Until = None, range_: Range = None, tz: Tz = None, by: By = None
) -> dict[str, Any]:
    """Totals with their coverage, and one breakdown per dimension in `by`."""
    named = {"since": since, "until": until, "range": range_, "tz": tz, "by": by}
    return parts.answers.report({k: v for k, v in named.items() if v is not None})
