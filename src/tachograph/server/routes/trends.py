"""GET /api/v1/trends, /forecast, /anomalies, /budget: how days went, and what the month will come to."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from tachograph.analytics.metrics import METRICS, adds_up
from tachograph.analytics.trends.daily import FILTERS
from tachograph.server.routes.parameters import Given, filters, listed, with_parameters
from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer, Window

__all__ = ["router"]

router = APIRouter(tags=["questions"])

Amount = int | float
"""Money in whole micro-dollars; other units as they are."""


class OfMetric(Answer):
    """What a figure is of."""

    metric: str
    unit: str
    better: Literal["higher", "lower", "neither"]
    so_far_today: Amount | None = Field(
        description="of the running day, which is in no other figure; null: not known, or no sum"
    )


class Weekdays(Answer):
    """The pattern of a week."""

    is_seasonal: bool | None = Field(description="weekdays differ; null: not known")
    reason: str | None = Field(description="why it is not known")
    p_value: float | None
    factors: list[float] | None = Field(description="Monday first: mean of that weekday over the mean of all")
    weeks: int = Field(description="whole ones that it rests on")
    level: float
    method: str


class Marker(Answer):
    """Something that began on a day."""

    day: str
    kind: Literal["price_change", "new_model", "new_agent_version"]
    name: str
    text: str


class Change(Answer):
    """A change of level."""

    day: str = Field(description="the first day of the new level, as well as it can be told")
    before: Amount = Field(description="mean of a day of the whole weeks before, since the change before this one")
    after: Amount = Field(description="the same after, until the next one")
    change_ratio: float | None = Field(description="after over before, less 1; null: there was nothing before")
    p_value: float = Field(description="corrected for how many cuts were tried")
    coincides_with: list[Marker] = Field(description="what was new within three days; no cause")


class TrendOf(OfMetric):
    """How one metric went."""

    direction: Literal["increasing", "decreasing", "stable"] | None = Field(description="null: not known")
    reason: str | None = Field(description="why it is not known")
    p_value: float | None
    level: float = Field(description="chance of a direction where nothing moves")
    method: str
    days: int = Field(description="whole days that it rests on")
    first_day: str | None
    last_day: str | None
    slope_per_day: Amount | None
    slope_low: Amount | None = Field(description="95 % interval; null: no bound")
    slope_high: Amount | None
    change_ratio: float | None = Field(description="median week of the later half over that of the earlier, less 1")
    values: list[Amount] = Field(description="of each day from the first to the last that is known")
    weekdays: Weekdays
    changes: list[Change]
    changes_reason: str | None = Field(description="why changes cannot be told")


class Trends(Answer):
    """How metrics went."""

    trends: list[TrendOf]
    left_out: dict[str, str] = Field(description="usual metrics that cannot be narrowed that way, and why")
    level: float
    least_days: int
    change_method: str
    markers: list[Marker]
    note: str
    window: Window
    demo: bool


class Score(Answer):
    """How the same method did on this very history, each time only from the days before."""

    forecasts: int
    days_ahead: int
    coverage: float | None = Field(description="share of intervals that held what came; 0.8 is what it should be")
    scaled_error: float | None = Field(description="mean absolute error over that of the last week repeated")
    reason: str | None


class PathDay(Answer):
    """What the month has come to at the end of a day, and that day by itself."""

    day: str
    value: Amount = Field(description="of the month up to that day's end")
    low: Amount = Field(description="of the month, 80 % interval")
    high: Amount
    day_value: Amount = Field(
        description="of that day alone, of the running one with what is there: with the days before they sum to the month"
    )
    day_low: Amount = Field(description="80 % interval of that day alone; these do not add up to the month's")
    day_high: Amount


class ForecastOf(OfMetric):
    """What a month comes to."""

    month: str
    value: Amount | None = Field(description="null: see reason")
    low: Amount | None = Field(description="80 % interval")
    high: Amount | None
    level: float
    reason: str | None = Field(description="why there is no forecast")
    so_far: Amount = Field(description="of the month, the running day's part included")
    days_left: int | None = Field(description="that are forecast: the running one, too, if anything of it is to come")
    history_days: int
    method: str | None
    score: Score | None
    path: list[PathDay] = Field(
        description="from the running day to the month's last; empty where there is no forecast"
    )


class Forecasts(Answer):
    """Month-end forecasts."""

    today: str
    forecasts: list[ForecastOf]
    left_out: dict[str, str]
    window: Window
    demo: bool


class Contributor(Answer):
    """One value of a dimension on that day."""

    dimension: str
    value: str | None
    amount: Amount
    usual: Amount = Field(description="mean of the other days")


class Anomaly(OfMetric):
    """A day that stands out."""

    day: str
    value: Amount
    expected: Amount
    limit: Amount = Field(description="what it went past")
    direction: Literal["high", "low"]
    score: float | None = Field(description="distance in robust standard deviations; null: nothing varied before")
    is_running: bool = Field(description="the running day, with what is there so far")
    contributors: list[Contributor] = Field(
        description="furthest from what is usual for them, by dimension; of each metric only for its six newest days"
    )
    link: str = Field(description="that day, hour by hour")


class Anomalies(Answer):
    """Days that stand out, the newest first."""

    anomalies: list[Anomaly]
    unknown: dict[str, str] = Field(description="metrics of which it cannot be told, and why")
    left_out: dict[str, str]
    false_alarms_per_month: float = Field(description="of each metric, where nothing is unusual")
    method: str
    window: Window
    demo: bool


class BudgetDay(Answer):
    """One day of the month."""

    day: str
    cost_microusd: int
    month_microusd: int = Field(description="of the month up to that day's end")


class Budget(Answer):
    """How far the month's money goes."""

    month: str
    today: str
    budget_microusd: int | None
    reason: str | None = Field(description="why there is none")
    spent_microusd: int
    spent_ratio: float | None
    days_in_month: int
    days_left: int = Field(description="after the running one")
    projected: ForecastOf
    projected_ratio: float | None
    is_crossed: bool | None
    crossed_on: str | None
    crossing_expected_on: str | None
    crossing_earliest_on: str | None = Field(description="at the upper end of the 80 % interval")
    crossing_latest_on: str | None = Field(description="at the lower end")
    crossing_reason: str | None = Field(description="why there is no expected day")
    daily: list[BudgetDay]
    unpriced_requests: int = Field(
        description="of the month: what they cost nobody knows, so that all of this is at least"
    )
    window: Window
    demo: bool


_FILTERED = filters(FILTERS)
_ANY = listed("metric", "of what; default several", METRICS)
_SUMS = listed("metric", "of what; default cost and what was made", [n for n, m in METRICS.items() if adds_up(m)])


@router.get(
    "/api/v1/trends", operation_id="trends", response_model=Trends, openapi_extra=with_parameters(_ANY, _FILTERED)
)
def trends(parts: Parts, given: Given) -> Any:
    """Direction by a stated test, weekdays, and change points with what coincides. Of 90 days where no start is given."""
    return parts.answers.ask("trends", given)


@router.get(
    "/api/v1/forecast",
    operation_id="forecast",
    response_model=Forecasts,
    openapi_extra=with_parameters(_SUMS, _FILTERED),
)
def forecast(parts: Parts, given: Given) -> Any:
    """The month's end with an 80 % interval, and how such forecasts did on the same history; as if asked at `until`."""
    return parts.answers.ask("forecast", given)


@router.get(
    "/api/v1/anomalies",
    operation_id="anomalies",
    response_model=Anomalies,
    openapi_extra=with_parameters(_ANY, _FILTERED),
)
def anomalies(parts: Parts, given: Given) -> Any:
    """Days that stand out, each with what contributes most and a link. Of 90 days where no start is given."""
    return parts.answers.ask("anomalies", given)


@router.get("/api/v1/budget", operation_id="budget", response_model=Budget, openapi_extra=with_parameters(_FILTERED))
def budget(parts: Parts, given: Given) -> Any:
    """Spent, projected, and the day the month's budget is crossed; as if asked at `until`."""
    return parts.answers.ask("budget", given)
