"""What is deleted by age: shown at GET, done at POST, in this process, because it holds the store."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from tachograph.server.routes.shared import Parts, stream_work

__all__ = ["router"]

router = APIRouter()


class RetentionOrder(BaseModel):
    """What to do about what is due."""

    model_config = ConfigDict(extra="forbid")  # a misspelt dry_run must not delete

    dry_run: bool = Field(default=False, description="only say what would be deleted")


@router.get("/api/v1/privacy/retention")
def plan(parts: Parts) -> dict[str, Any]:
    """Tier by tier: how long it is kept, what is due now, when the next will be."""
    return parts.retention.plan()


@router.post("/api/v1/privacy/retention")
def run(parts: Parts, order: RetentionOrder) -> StreamingResponse:
    """Delete what is due now, also what would wait. JSON lines: progress while it goes on, then one with `report` (or `error`)."""
    return stream_work("deleting by age", lambda progress: parts.retention.run(order.model_dump(), progress))
