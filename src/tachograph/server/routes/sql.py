"""POST /api/v1/sql: one read-only SQL statement, for whoever holds the control token."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tachograph.server.routes.shared import Parts

__all__ = ["router"]

router = APIRouter()


class SqlQuestion(BaseModel):
    """What to ask."""

    sql: str = Field(max_length=100_000)


@router.post("/api/v1/sql")
def sql(parts: Parts, question: SqlQuestion) -> dict[str, Any]:
    """Columns and rows of one SELECT; limited in time and rows."""
    return parts.answers.sql(question.sql)
