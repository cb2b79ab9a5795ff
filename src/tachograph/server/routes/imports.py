"""Reading local histories in this process, because it holds the store: the order to, and how far it is by itself."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tachograph.server.routes.shared import JsonLines, Parts, stream_work
from tachograph.server.shapes import Answer

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


class Month(Answer):
    """The files that were last changed in one month."""

    month: str = Field(description="as 2026-11, in UTC")
    state: Literal["done", "running", "waiting"]
    files_total: int
    files_done: int = Field(description="read, now or before; or could not be read")
    bytes_total: int
    bytes_done: int


class Imports(Answer):
    """The first reading of the local histories since this server started."""

    state: Literal["idle", "running", "done"] = Field(description="idle: nothing is read, `reason` says why")
    reason: str | None = Field(description="why nothing is read, or why it is tried again")
    started_at: str | None
    ended_at: str | None
    files_total: int = Field(description="histories found, also those that were read before")
    files_done: int
    bytes_total: int
    bytes_done: int
    events_new: int = Field(description="stored by this reading; what was there before is not counted")
    week_done: bool | None = Field(
        description="whether answers tell of every file that changed in the last 7 days; null: nothing is read"
    )
    complete_since: str | None = Field(
        description="since when answers tell of everything in the histories; null: not yet known, or of all of it"
    )
    months: list[Month] = Field(description="the newest first, as they are read")
    failed: dict[str, int] = Field(description="files and folders that could not be read, by reason")
    quarantined: dict[str, int] = Field(description="records set aside, by reason")


@router.get("/api/v1/imports", operation_id="imports", response_model=Imports)
def imports(parts: Parts) -> Any:
    """How far the server is with reading the local histories, which it does by itself when it starts.

    It reads the newest files first. What is written later, and what `POST /api/v1/import` reads, is not part of it.
    """
    return parts.imports()
