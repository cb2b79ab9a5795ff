"""GET /api/v1/dashboards: the tabs and panels that a page shows, ours and the owner's own."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from tachograph.analytics.panels import Chart, Overlay, without_people
from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer
from tachograph_sdk.privacy.policy import Preset

__all__ = ["router"]

router = APIRouter(tags=["questions"])


class PanelAbout(Answer):
    """One chart: metrics by dimensions, the answer to one of the API's questions, or why there is neither."""

    title: str
    chart: Chart
    metrics: list[str]
    by: list[str] = Field(description="dimensions, the pieces of time of a time series aside")
    split: list[str] = Field(description="dimensions to choose from, instead of `by`; else empty")
    grain: str = Field(description="of a time series: hour, day, week, month or auto; else empty")
    overlays: list[Overlay] = Field(
        description="drawn over a time series: forecast, of the first metric, summed over what the panel is split by; "
        "markers, what else was new"
    )
    compare: bool = Field(description="show the window before beside it")
    limit: int | None = Field(description="most rows that are shown")
    question: str = Field(description="instead of metrics: a name under /api/v1; else empty")
    parameters: dict[str, str] = Field(description="of that question")
    filters: dict[str, str] = Field(description="beside those of the page")
    width: int = Field(description="twelfths of the page")
    help: str
    empty: str = Field(description="what it means that there is nothing")
    missing: str = Field(description="why it cannot be shown: then it asks for nothing; else empty")


class DashboardAbout(Answer):
    """One tab."""

    name: str = Field(description="for addresses; of the owner's own it begins with own-")
    title: str
    order: int
    help: str
    panels: list[PanelAbout]
    notes: list[str] = Field(description="what of its file does not come about, such as alert rules")
    file: str = Field(description="of the owner's own: the name of its file; else empty")


class DashboardProblem(Answer):
    """What is wrong with a file in the folder of the owner's own dashboards, or with one panel of it."""

    file: str
    panel: str = Field(description="its title; empty: the whole file, which is not shown")
    what: str
    hint: str = Field(description="what to do next")


class Dashboards(Answer):
    """All tabs, in order."""

    dashboards: list[DashboardAbout]
    problems: list[DashboardProblem] = Field(description="of the owner's own; the other tabs are not touched by them")


@router.get("/api/v1/dashboards", operation_id="dashboards", response_model=Dashboards)
def dashboards(parts: Parts) -> Any:
    """The dashboards, as their files describe them: ours, and those in the folder `dashboards` of the home.

    The owner's files are looked at each time, and read again where one changed. Under the preset `strict` no panel is
    about single people: such a panel says so in `missing`.
    """
    own = parts.owners_dashboards()
    told = sorted((*parts.dashboards, *own.dashboards), key=lambda dashboard: (dashboard.order, dashboard.name))
    if parts.answers.privacy()["preset"] == Preset.STRICT:
        told = [without_people(dashboard) for dashboard in told]
    return {
        "dashboards": [dashboard.as_json() for dashboard in told],
        "problems": [problem.as_json() for problem in own.problems],
    }
