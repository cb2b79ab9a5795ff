"""Routes of the classic API: read the parameters, ask, put the answer into the envelope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from tachograph.analytics.classic.budget import budget_progress
from tachograph.analytics.classic.costs import costs, model_costs, token_trend
from tachograph.analytics.classic.durations import session_duration
from tachograph.analytics.classic.efficiency import efficiency
from tachograph.analytics.classic.overview import overview, timeline
from tachograph.analytics.classic.rows import session_points
from tachograph.analytics.classic.sessions import list_sessions, one_session
from tachograph.analytics.classic.tools import tool_efficiency, tool_usage
from tachograph.analytics.classic.trends import trends
from tachograph.analytics.classic.usage import kpis, usage_heatmap
from tachograph.analytics.classic.work import code_generation, productivity
from tachograph.analytics.scope import Make, Scope
from tachograph.server.envelope import sealed
from tachograph.server.problems import Refused
from tachograph.server.routes.classic import analytics_models as analytics
from tachograph.server.routes.classic import models as shapes
from tachograph.server.routes.classic.parameters import (
    RANGES,
    Asked,
    Limit,
    MetricName,
    Offset,
    SessionId,
    asked,
    page_size,
    session_names,
)
from tachograph.server.routes.health import health_of
from tachograph.server.routes.shared import Parts
from tachograph.server.services import Services

__all__ = ["router"]

_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": shapes.RefusedEnvelope, "description": "A parameter cannot be read or is not known."},
    500: {"model": shapes.RefusedEnvelope, "description": "The store cannot answer."},
    503: {"model": shapes.RefusedEnvelope, "description": "Too much is asked at once: ask again later."},
}
_NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"model": shapes.RefusedEnvelope, "description": "There is no such session."}
}

router = APIRouter(prefix="/api", tags=["classic"], responses=_ERRORS)

Day = Annotated[Asked, Depends(asked("24h"))]
Month = Annotated[Asked, Depends(asked("30d"))]
Always = Annotated[Asked, Depends(asked("all"))]
Envelope = shapes.Envelope


def _answer(parts: Services, make: Make, scope: Scope) -> dict[str, Any]:
    return sealed(parts.answers.make(make, scope), clock=parts.core.clock)


@router.get("/health", response_model=Envelope[shapes.Health])
def health(parts: Parts) -> dict[str, Any]:
    """Whether the server does its work."""
    told = health_of(parts)
    now = datetime.fromtimestamp(parts.core.clock.now_us() / 1e6, UTC).isoformat().replace("+00:00", "Z")
    data = {
        "status": "healthy" if told["status"] == "ok" else "degraded",
        "timestamp": now,
        "version": told["version"],
        "reasons": {"status": "; ".join(told["reasons"])} if told["reasons"] else {},
    }
    return sealed(data, clock=parts.core.clock)


@router.get("/metrics/overview", response_model=Envelope[shapes.Overview])
def get_overview(parts: Parts, about: Always) -> dict[str, Any]:
    """Sessions, tools and what happened last; of all time where no time is given."""
    return _answer(parts, overview, about.scope(parts.answers))


@router.get("/metrics/timeline", response_model=Envelope[shapes.Timeline])
def get_timeline(
    parts: Parts, about: Annotated[Asked, Depends(asked("24h", "metric_name"))], metric_name: MetricName = None
) -> dict[str, Any]:
    """Points of one metric, or of all, over time."""
    scope = about.scope(parts.answers, metric_name=metric_name)
    words = {"period": RANGES.get(about.period, about.period)}
    return _answer(parts, timeline, _with(scope, words))


@router.get("/sessions", response_model=Envelope[shapes.Sessions])
def get_sessions(
    parts: Parts,
    about: Annotated[Asked, Depends(asked("all", "limit", "offset"))],
    limit: Limit = 20,
    offset: Offset = 0,
) -> dict[str, Any]:
    """Sessions that began in the time, the latest first; of all time where none is given."""
    scope = about.scope(parts.answers, limit=str(page_size(limit)), offset=str(offset))
    return _answer(parts, list_sessions, scope)


@router.get("/sessions/{id}", response_model=Envelope[shapes.Session], responses=_NOT_FOUND)
def get_session(parts: Parts, id: SessionId, about: Always) -> dict[str, Any]:  # noqa: A002 - its name in the path
    """One session."""
    return sealed(_session(parts, about.scope(parts.answers, session=session_names(id))), clock=parts.core.clock)


@router.get("/sessions/{id}/metrics", response_model=Envelope[list[shapes.Point]], responses=_NOT_FOUND)
def get_session_metrics(
    parts: Parts,
    id: SessionId,  # noqa: A002 - its name in the path
    about: Annotated[Asked, Depends(asked("all", "metric_name"))],
    metric_name: MetricName = None,
) -> dict[str, Any]:
    """What happened in one session, by the minute."""
    scope = about.scope(parts.answers, session=session_names(id), metric_name=metric_name)
    points = parts.answers.make(lambda store, of: {"points": session_points(store, of)}, scope)["points"]
    if not points:  # nothing in this time, or no such session
        always = replace(about, window={"range": "all"})
        _session(parts, always.scope(parts.answers, session=session_names(id)))
    return sealed(points, clock=parts.core.clock)


@router.get("/analytics/productivity", response_model=Envelope[analytics.Productivity])
def get_productivity(parts: Parts, about: Day) -> dict[str, Any]:
    """Commits, pull requests and lines: in all, over time, by person; and repositories."""
    return _answer(parts, productivity, about.scope(parts.answers))


@router.get("/analytics/costs", response_model=Envelope[analytics.Costs])
def get_costs(parts: Parts, about: Day) -> dict[str, Any]:
    """Cost and tokens: in all, over time, by model, by person."""
    return _answer(parts, costs, about.scope(parts.answers))


@router.get("/analytics/efficiency", response_model=Envelope[analytics.Efficiency])
def get_efficiency(parts: Parts, about: Day) -> dict[str, Any]:
    """What came of what was spent; how tools did; how soon the first edit and commit came."""
    return _answer(parts, efficiency, about.scope(parts.answers))


@router.get("/analytics/trends", response_model=Envelope[analytics.Trends])
def get_trends(parts: Parts, about: Month) -> dict[str, Any]:
    """Which way it goes, and what the month will come to; over the last 30 days where no time is given."""
    return _answer(parts, trends, about.scope(parts.answers))


@router.get("/analytics/dashboard/kpis", response_model=Envelope[analytics.Kpis])
def get_kpis(parts: Parts, about: Day) -> dict[str, Any]:
    """Four figures and their change against the window before."""
    return _answer(parts, kpis, about.scope(parts.answers))


@router.get("/analytics/dashboard/token-trend", response_model=Envelope[analytics.TokenTrend])
def get_token_trend(parts: Parts, about: Day) -> dict[str, Any]:
    """Tokens by class over time."""
    return _answer(parts, token_trend, about.scope(parts.answers))


@router.get("/analytics/dashboard/tool-usage", response_model=Envelope[analytics.ToolUsage])
def get_tool_usage(parts: Parts, about: Day) -> dict[str, Any]:
    """Which tools were called, how often and how well."""
    return _answer(parts, tool_usage, about.scope(parts.answers))


@router.get("/analytics/dashboard/usage-heatmap", response_model=Envelope[analytics.UsageHeatmap])
def get_usage_heatmap(parts: Parts, about: Day) -> dict[str, Any]:
    """Tokens and sessions by weekday and hour of the zone."""
    return _answer(parts, usage_heatmap, about.scope(parts.answers))


@router.get("/analytics/advanced/model-costs", response_model=Envelope[analytics.ModelCosts])
def get_model_costs(parts: Parts, about: Month) -> dict[str, Any]:
    """Models side by side; of the last 30 days where no time is given."""
    return _answer(parts, model_costs, about.scope(parts.answers))


@router.get("/analytics/advanced/budget-progress", response_model=Envelope[analytics.BudgetProgress])
def get_budget_progress(parts: Parts, about: Day) -> dict[str, Any]:
    """How much of the month's budget is spent: of the month that the time ends in, up to that end."""
    return _answer(parts, budget_progress, about.scope(parts.answers))


@router.get("/analytics/advanced/tool-efficiency", response_model=Envelope[analytics.ToolEfficiency])
def get_tool_efficiency(parts: Parts, about: Day) -> dict[str, Any]:
    """How well tools did, and how that changes."""
    return _answer(parts, tool_efficiency, about.scope(parts.answers))


@router.get("/analytics/advanced/session-duration", response_model=Envelope[analytics.SessionDuration])
def get_session_duration(parts: Parts, about: Day) -> dict[str, Any]:
    """How long the sessions are that began in the time."""
    return _answer(parts, session_duration, about.scope(parts.answers))


@router.get("/analytics/advanced/code-generation", response_model=Envelope[analytics.CodeGeneration])
def get_code_generation(parts: Parts, about: Day) -> dict[str, Any]:
    """Lines and files that were written, by language and over time."""
    return _answer(parts, code_generation, about.scope(parts.answers))


def _session(parts: Services, scope: Scope) -> dict[str, Any]:
    found: dict[str, Any] | None = parts.answers.make(one_session, scope)["session"]
    if found is None:
        raise Refused("Resource not found", status=HTTPStatus.NOT_FOUND)
    return found


def _with(scope: Scope, more: Mapping[str, str]) -> Scope:
    """The scope with other parameters of the question."""
    return replace(scope, parameters={**scope.parameters, **more})
