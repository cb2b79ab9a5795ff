"""POST /api/v1/import: read transcripts in this process, because it holds the store."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from tachograph.server.routes.shared import Parts, stream_work

__all__ = ["router"]

router = APIRouter()


class ImportOrder(BaseModel):
    """What to read."""

    paths: list[str] = Field(default_factory=list, description="files or directories; empty: where agents keep them")
    agent: str | None = None


@router.post("/api/v1/import")
def import_files(parts: Parts, order: ImportOrder) -> StreamingResponse:
    """JSON lines: progress while it goes on, then one with `report` (or `error`)."""
    return stream_work("the import", lambda progress: parts.import_files(order.paths, order.agent, progress))
