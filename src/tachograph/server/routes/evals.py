"""GET /api/v1/eval/sessions: sessions with what evals measure of each."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from tachograph.server.routes.parameters import Range, Since, Tz, Until
from tachograph.server.routes.shared import Parts

__all__ = ["router"]

router = APIRouter()


@router.get("/api/v1/eval/sessions")
def eval_sessions(
    request: Request, parts: Parts, since: Since = None, until: Until = None, range_: Range = None, tz: Tz = None
) -> dict[str, Any]:
    """Columns and rows, a row for each session that began in the window. Further parameters filter: `agent=codex`."""
    named = {"since": since, "until": until, "range": range_, "tz": tz}
    filters = {k: v for k, v in request.query_params.items() if k not in named}
    return parts.answers.eval_sessions({**filters, **{k: v for k, v in named.items() if v is not None}})
