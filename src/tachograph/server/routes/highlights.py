"""GET /api/v1/highlights: what a report opens with."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.analytics.highlights import COMPARED, SCORES
from tachograph.analytics.metrics import METRICS, dimensions_of
from tachograph.server.routes.parameters import Given, filters, with_parameters
from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer, Window

__all__ = ["router"]

router = APIRouter(tags=["questions"])

_NARROWED_BY = [
    name
    for name, dimension in DIMENSIONS.items()
    if dimension.type == "text"
    and all(name in dimensions_of(METRICS[m]) for m in (*COMPARED, *SCORES, "unpriced_requests", "total_tokens"))
]


class Piece(Answer):
    """One piece of the course."""

    since: str = Field(description="its first day")
    cost_microusd: int


class Course(Answer):
    """The cost piece by piece."""

    grain: Literal["day", "week", "month"]
    pieces: list[Piece]


class Model(Answer):
    """One model."""

    model: str | None
    cost_microusd: int
    requests: int
    total_tokens: int
    unpriced_requests: int


class Tool(Answer):
    """One tool."""

    tool: str | None
    tool_calls: int
    tool_errors: int


class Score(Answer):
    """The score of the sessions that began in the window, 0 to 10, and its parts, 0 to 1; null: not known."""

    productivity_score: float | None
    score_outcome: float | None
    score_reliability: float | None
    score_acceptance: float | None
    score_one_shot: float | None


class Budget(Answer):
    """This calendar month against what the owner set."""

    month: str
    month_microusd: int
    spent_microusd: int
    unpriced_requests: int
    month_share: float = Field(description="how much of the month is over, 0 to 1")


class Evidence(Answer):
    """Where a sentence's figure is shown: changes to the address that was asked."""

    tab: str = Field(description="name of a dashboard")
    panel: str = Field(description="title of one of its panels")
    filters: dict[str, list[str | None]] = Field(description="added to those asked for; null: what is not known")
    since: str | None = Field(description="a day of the zone; null: the time range that was asked for")
    until: str | None = Field(description="the day after it; null likewise")


class Sentence(Answer):
    """One sentence about the window, with one figure."""

    about: Literal["cost", "where", "odd"] = Field(description="what it cost, where it went, what stands out")
    text: str
    metric: str | None = Field(description="of what the figure is; null: it has none")
    value: int | None = Field(description="of the metric, for the evidence's time range and filters")
    evidence: Evidence | None = Field(description="null: there is nothing to show")


class Highlights(Answer):
    """What a report opens with."""

    figures: dict[str, int | float | None]
    before: dict[str, int | float | None] | None = Field(description="null: the window has no beginning")
    before_window: Window | None
    better: dict[str, Literal["higher", "lower", "neither"]]
    course: Course
    models: list[Model]
    tools: list[Tool]
    score: Score
    budget: Budget | None = Field(description="null: none is set")
    sentences: list[Sentence] = Field(description="three: what it cost, where it went, what stands out")
    reasons: dict[str, str] = Field(description="why a figure or a part of the score is null")
    window: Window
    demo: bool


@router.get(
    "/api/v1/highlights",
    operation_id="highlights",
    response_model=Highlights,
    openapi_extra=with_parameters(filters(_NARROWED_BY)),
)
def highlights(parts: Parts, given: Given) -> Any:
    """The window's figures beside those of the window before, the cost piece by piece, and what had most of it."""
    return parts.answers.ask("highlights", given)
