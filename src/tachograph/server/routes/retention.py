"""What is deleted by age: shown at GET, done at POST, in this process, because it holds the store."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from tachograph.server.routes.shared import JsonLines, Parts, stream_work
from tachograph.server.shapes import Answer

__all__ = ["router"]

router = APIRouter(tags=["privacy"])


class RetentionOrder(BaseModel):
    """What to do about what is due."""

    model_config = ConfigDict(extra="forbid")  # a misspelt dry_run must not delete

    dry_run: bool = Field(default=False, description="only say what would be deleted")


class Tier(Answer):
    """What of one tier has had its time. Times are ISO 8601 in UTC."""

    tier: str
    days: int | None
    sessions: int
    rows: int
    rows_kept: int
    oldest_at: str | None
    next_at: str | None
    waits_until: str | None


class RetentionPlan(Answer):
    """What would be deleted now, and when the next will be."""

    tiers: list[Tier]


@router.get("/api/v1/privacy/retention", operation_id="retention_plan", response_model=RetentionPlan)
def plan(parts: Parts) -> Any:
    """Tier by tier: how long it is kept, what is due now, when the next will be."""
    return parts.retention.plan()


@router.post("/api/v1/privacy/retention", operation_id="delete_by_age", response_class=JsonLines)
def run(parts: Parts, order: RetentionOrder) -> JsonLines:
    """Delete what is due now, also what would wait. JSON lines: progress while it goes on, then one with `report` (or `error`)."""
    return stream_work("deleting by age", lambda progress: parts.retention.run(order.model_dump(), progress))
