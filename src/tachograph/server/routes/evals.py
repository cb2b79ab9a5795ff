"""GET /api/v1/eval/sessions: sessions with what evals measure of each."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from tachograph.analytics.eval.sessions import FILTERS
from tachograph.server.routes.parameters import Range, Since, Tz, Until, filters, given_in, with_parameters
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
def eval_sessions(
    request: Request, parts: Parts, since: Since = None, until: Until = None, range_: Range = None, tz: Tz = None
) -> JSONResponse:
    """Columns and rows, a row for each session that began in the window. Further parameters filter: `agent=codex`."""
    given = given_in(request, once=("since", "until", "range", "tz"))
    return JSONResponse(parts.answers.eval_sessions(given))
