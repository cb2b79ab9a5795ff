"""POST /api/v1/import: read transcripts in this process, because it holds the store."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tachograph.server.routes.shared import JsonLines, Parts, stream_work

__all__ = ["router"]

router = APIRouter(tags=["work"])


class ImportOrder(BaseModel):
    """What to read."""

    paths: list[str] = Field(
        default_factory=list, max_length=10_000, description="files or directories; empty: where agents keep them"
    )
    agent: str | None = Field(default=None, max_length=100, description="only what this agent wrote")


@router.post("/api/v1/import", operation_id="import_files", response_class=JsonLines)
def import_files(parts: Parts, order: ImportOrder) -> JsonLines:
    """JSON lines: progress while it goes on, then one with `report` (or `error`)."""
    return stream_work("the import", lambda progress: parts.import_files(order.paths, order.agent, progress))
