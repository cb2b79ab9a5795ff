"""GET /api/v1/explain: the way from each source's naive sum to the ledger's figure, and the ledger's rows."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from tachograph.server.routes.parameters import Range, Since, Tz, Until
from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer, Rows, Window

__all__ = ["router"]

router = APIRouter(tags=["questions"])


class Figure(Answer):
    """A sum of requests."""

    requests: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cost_microusd: int


class Waterfall(Answer):
    """The way from what one source told to the ledger's figure."""

    id: str
    name: str
    start: Figure
    steps: list[dict[str, Any]]
    end: Figure
    notes: list[str]


class Explanation(Answer):
    """Why sources differ from the ledger. With `against=cost` it has `waterfall`, `cells` and `sessions` instead."""

    window: Window
    sentence: str
    notes: list[str]
    session: str | None = Field(default=None, description="which one is asked about")
    models: list[str] | None = Field(default=None, description="which are asked about")
    ledger: Figure | None = Field(default=None)
    waterfalls: list[Waterfall] | None = Field(default=None)
    demo: bool


class LedgerPage(Rows):
    """A page of the ledger."""

    next: str | None = Field(description="where the following page begins; null at the end")


Session = Annotated[str | None, Query(description="a session: its pseudonym, or the agent's own id", max_length=200)]
Day = Annotated[
    str | None,
    Query(
        description="one day in the time zone, as 2026-11-20",
        max_length=10,
        json_schema_extra={"format": "date"},
    ),
]
Model = Annotated[str | None, Query(description="a model, however it is spelled", max_length=200)]
Against = Annotated[Literal["cost"] | None, Query(description="cost: the agents' own session totals")]
After = Annotated[str | None, Query(description="`next` of the page before", max_length=400)]


@router.get("/api/v1/explain", operation_id="explain", response_model=Explanation, response_model_exclude_unset=True)
def explain(
    parts: Parts,
    session: Session = None,
    day: Day = None,
    model: Model = None,
    since: Since = None,
    until: Until = None,
    range_: Range = None,
    tz: Tz = None,
    against: Against = None,
) -> Any:
    """For each source, from the sum of what it told to the ledger's figure, step by step, with a name for each step."""
    named = {
        "session": session,
        "day": day,
        "model": model,
        "since": since,
        "until": until,
        "range": range_,
        "tz": tz,
        "against": against,
    }
    return parts.answers.explain({k: v for k, v in named.items() if v is not None})


@router.get("/api/v1/ledger", operation_id="ledger", response_model=None, responses={200: {"model": LedgerPage}})
def ledger(parts: Parts, since: Since = None, until: Until = None, after: After = None) -> JSONResponse:
    """The ledger's rows in order of time, a page at a time: `next` is where the following page begins, null at the end."""
    named = {"since": since, "until": until, "after": after}
    return JSONResponse(parts.answers.ledger({k: v for k, v in named.items() if v is not None}))
