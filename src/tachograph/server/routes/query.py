"""GET /api/v1/query: metrics by dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.analytics.metrics import METRICS
from tachograph.analytics.parameters import MOST_OFFSET
from tachograph.analytics.pieces import Piece
from tachograph.analytics.table import MOST_ROWS
from tachograph.server.routes.parameters import filters, given_once, listed, with_parameters
from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer, Cell, Window

__all__ = ["router"]

router = APIRouter(tags=["questions"])


class ColumnAbout(Answer):
    """What a column is, and how to show it."""

    name: str
    kind: Literal["dimension", "metric"]
    type: Literal["text", "number", "time"]
    unit: str | None = Field(description="of a metric: count, tokens, microusd, usd, lines, seconds, ms, ratio, mean")
    better: str | None = Field(description="of a metric: higher, lower or neither")


class Rests(Answer):
    """What a figure rests on."""

    share: float | None = Field(description="of its usage, seen request by request; null: there is none")
    residual_share: float | None = Field(description="of its usage, seen by counters only")
    unpriced_requests: int = Field(description="requests whose cost nobody knows")


class Previous(Answer):
    """The same in the window before, row for row beside `rows`, with a cell per metric."""

    window: Window = Field(description="what is compared; of a window that is not over, as much of the one before")
    rows: list[list[Cell] | None] = Field(
        description="what was; null: there was no such piece of time, or it is still to come"
    )
    changes: list[list[float | int | None]] = Field(description="what is less what was; null where either is not known")
    ratios: list[list[float | None]] = Field(description="the change by what was; null where that is null or 0")


class TableAnswer(Answer):
    """A table."""

    columns: list[str] = Field(description="dimensions, then metrics")
    rows: list[list[Cell]]
    about: list[ColumnAbout] = Field(description="one for each column")
    total_rows: int = Field(description="of all pages")
    offset: int
    limit: int | None
    next_offset: int | None = Field(description="where the next page begins; null: this is the last")
    grain: Piece | None
    order: list[str]
    reasons: dict[str, str] = Field(description="why cells of this page are null, by metric")
    coverage: Rests | None = Field(description="of all rows; null: nothing asked for is usage or its cost")
    row_coverage: list[Rests] | None = Field(description="of each row of this page")
    window: Window
    previous: Previous | None = Field(default=None, description="where compare=previous was asked for")
    demo: bool = Field(description="the data is made up")


@router.get(
    "/api/v1/query",
    operation_id="query",
    response_model=TableAnswer,
    response_model_exclude_unset=True,
    openapi_extra=with_parameters(
        listed("metrics", "what is measured", METRICS, required=True),
        listed("by", "what it is split by", DIMENSIONS),
        listed(
            "order",
            "columns to order by, with a minus for falling; default the dimensions",
            [f"{sign}{name}" for name in (*DIMENSIONS, *METRICS) for sign in ("", "-")],
        ),
        filters(),
    ),
)
def query(
    parts: Parts,
    given: Annotated[Mapping[str, str], given_once("grain", "compare", "limit", "offset")],
    grain: Annotated[
        Piece | Literal["auto"] | None,
        Query(description="first dimension, with a row for every such piece of the window; auto: as fits the window"),
    ] = None,
    compare: Annotated[
        Literal["previous"] | None,
        Query(description="beside each row, what it was in the window before, or in as much of it as is over"),
    ] = None,
    limit: Annotated[int | None, Query(description="rows of a page; default all", ge=1, le=MOST_ROWS)] = None,
    offset: Annotated[int, Query(description="rows before the page", ge=0, le=MOST_OFFSET)] = 0,
) -> Any:
    """Columns and rows. Each dimension is also a parameter that filters by it: `model=claude-opus-5-5`."""
    return parts.answers.query(given)
