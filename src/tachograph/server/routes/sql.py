"""POST /api/v1/sql: one read-only SQL statement, for whoever holds the control token."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Rows

__all__ = ["router"]

router = APIRouter(tags=["questions"])


class SqlQuestion(BaseModel):
    """What to ask."""

    sql: str = Field(max_length=100_000)


@router.post("/api/v1/sql", operation_id="sql", response_model=None, responses={200: {"model": Rows}})
def sql(parts: Parts, question: SqlQuestion) -> JSONResponse:
    """Columns and rows of one SELECT; limited in time and rows."""
    return JSONResponse(parts.answers.sql(question.sql))
