"""POST /api/v1/import: read transcripts in this process, because it holds the store."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from tachograph.server.problems import problem
from tachograph.server.routes.shared import Parts
from tachograph_sdk.errors import TachographError

__all__ = ["router"]

router = APIRouter()


class ImportOrder(BaseModel):
    """What to read."""

    paths: list[str] = Field(default_factory=list, description="files or directories; empty: where agents keep them")
    agent: str | None = None


@router.post("/api/v1/import")
def import_files(parts: Parts, order: ImportOrder) -> StreamingResponse:
    """JSON lines: progress while it goes on, then one with `report` (or `error`)."""
    lines: queue.Queue[dict[str, Any] | None] = queue.Queue(maxsize=1000)

    def progress(state: dict[str, Any]) -> None:
        try:
            lines.put_nowait(state)
        except queue.Full:
            pass  # nobody reads; the import goes on

    def work() -> None:
        try:
            lines.put({"report": parts.import_files(order.paths, order.agent, progress)})
        except TachographError as error:
            lines.put(problem(error.code, error.message, error.hint))
        except Exception as error:  # noqa: BLE001 - a request handler is one of the four doors
            lines.put(problem("internal", f"the import failed ({type(error).__name__})", "run `tachograph doctor`"))
        finally:
            lines.put(None)

    def answer() -> Iterator[str]:
        threading.Thread(target=work, name="import", daemon=True).start()
        while (line := lines.get()) is not None:
            yield json.dumps(line) + "\n"

    return StreamingResponse(answer(), media_type="application/x-ndjson")
