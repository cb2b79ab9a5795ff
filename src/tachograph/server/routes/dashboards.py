"""GET /api/v1/dashboards: the tabs and panels that a page shows."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from tachograph.analytics.panels import Chart
from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer

__all__ = ["router"]

router = APIRouter(tags=["questions"])


class PanelAbout(Answer):
    """One chart: metrics by dimensions, or the answer to one of the API's questions."""

    title: str
    chart: Chart
    metrics: list[str]
    by: list[str] = Field(description="dimensions, the pieces of time of a time series aside")
    grain: str = Field(description="of a time series: hour, day, week, month or auto; else empty")
    compare: bool = Field(description="show the window before beside it")
    limit: int | None = Field(description="most rows that are shown")
    question: str = Field(description="instead of metrics: a name under /api/v1; else empty")
    parameters: dict[str, str] = Field(description="of that question")
    filters: dict[str, str] = Field(description="beside those of the page")
    width: int = Field(description="twelfths of the page")
    help: str
    empty: str = Field(description="what it means that there is nothing")


class DashboardAbout(Answer):
    """One tab."""

    name: str
    title: str
    order: int
    help: str
    panels: list[PanelAbout]


class Dashboards(Answer):
    """All tabs, in order."""

    dashboards: list[DashboardAbout]


@router.get("/api/v1/dashboards", operation_id="dashboards", response_model=Dashboards)
def dashboards(parts: Parts) -> Any:
    """The dashboards, as their files describe them; they were checked when the server started."""
    return {"dashboards": [dashboard.as_json() for dashboard in parts.dashboards]}
