"""GET /api/v1/eval/sessions: sessions with what evals measure of each."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from tachograph.analytics.eval.sessions import FILTERS
from tachograph.server.routes.parameters import Given, filters, with_parameters
from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import WindowedRows

__all__ = ["router"]

router = APIRouter(tags=["questions"])


@router.get(
    "/api/v1/eval/sessions",
    operation_id="eval_sessions",
    response_model=None,
    responses={200: {"model": WindowedRows}},
    openapi_extra=with_parameters(filters(FILTERS)),
)
def eval_sessions(parts: Parts, given: Given) -> JSONResponse:
    """Columns and rows, a row for each session that began in the window. Further parameters filter: `agent=codex`."""
    return JSONResponse(parts.answers.eval_sessions(given))
