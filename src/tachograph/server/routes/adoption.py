"""GET /api/v1/retention: who comes back, week by week."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from tachograph.analytics.adoption import FILTERS
from tachograph.server.routes.parameters import Given, filters, with_parameters
from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer, Window

__all__ = ["router"]

router = APIRouter(tags=["questions"])


class CohortWeek(Answer):
    """A week of a cohort."""

    week: str = Field(description="its Monday")
    after: int = Field(description="weeks after the first, which is 0")
    people: int = Field(description="of the cohort, active in it")
    share: float = Field(description="of the cohort")
    is_complete: bool = Field(description="the week is over: its share cannot grow any more")


class Cohort(Answer):
    """People who were first active in the same week."""

    week: str = Field(description="the Monday of their first week")
    people: int
    weeks: list[CohortWeek]


class WeekAfter(Answer):
    """All cohorts as one."""

    after: int = Field(description="weeks after the first")
    people: int
    of: int = Field(description="people in cohorts for which that week is over")
    share: float


class Retention(Answer):
    """Who comes back."""

    cohorts: list[Cohort] = Field(description="the oldest first")
    weeks: list[WeekAfter]
    left_out: int = Field(description="older cohorts that are not shown")
    since_week: str | None = Field(description="the first week of anybody: before it nobody is known")
    reason: str | None = Field(description="why there is no cohort")
    window: Window
    demo: bool


@router.get(
    "/api/v1/retention",
    operation_id="retention",
    response_model=Retention,
    openapi_extra=with_parameters(filters(FILTERS)),
)
def retention(parts: Parts, given: Given) -> Any:
    """People by the week in which they were first active, and the share of them that was active in each week since."""
    return parts.answers.ask("retention", given)
