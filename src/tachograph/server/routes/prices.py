"""POST /api/v1/prices/reprice: price what is stored again, in this process, because it holds the store."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tachograph.server.routes.shared import JsonLines, Parts, stream_work

__all__ = ["router"]

router = APIRouter(tags=["work"])


class RepriceOrder(BaseModel):
    """What to price again."""

    since: str | None = Field(default=None, description="first day (UTC)")
    until: str | None = Field(default=None, description="day after the last (UTC)")
    model: str | None = Field(default=None, max_length=200, description="one model, in any spelling")
    dry_run: bool = Field(default=False, description="only say what would change")


@router.post("/api/v1/prices/reprice", operation_id="reprice", response_class=JsonLines)
def reprice(parts: Parts, order: RepriceOrder) -> JsonLines:
    """JSON lines: progress while it goes on, then one with `report` (or `error`)."""
    return stream_work("pricing again", lambda progress: parts.reprice(order.model_dump(), progress))
