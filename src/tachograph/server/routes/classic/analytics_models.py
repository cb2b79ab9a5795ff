"""Shapes of the answers below /api/analytics. Null: it is not known, and `reasons` says why."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from tachograph.server.routes.classic.models import Count, Percent, Reasoned, Timestamp

__all__ = [
    "BudgetProgress", "CodeGeneration", "Costs", "Efficiency", "Kpis", "ModelCosts", "Productivity", "SessionDuration",
    "TokenTrend", "ToolEfficiency", "ToolUsage", "Trends", "UsageHeatmap",
]  # fmt: skip


class _Work(BaseModel):
    commits: Count
    pull_requests: Count
    lines_added: Count
    lines_removed: Count


class _WorkPoint(_Work):
    timestamp: Timestamp


class _Contributor(_Work):
    user_email: str | None


class Productivity(Reasoned):
    """What came of it."""

    total_commits: Count
    total_pull_requests: Count
    total_lines_added: Count
    total_lines_removed: Count
    files_changed: int | None
    active_repositories: list[str]
    productivity_trend: list[_WorkPoint]
    top_contributors: list[_Contributor]


class _TokenPoint(BaseModel):
    timestamp: Timestamp
    input_tokens: Count
    output_tokens: Count
    cache_creation_tokens: Count
    cache_read_tokens: Count


class _CostPoint(_TokenPoint):
    cost_usd: float


class _ModelCost(BaseModel):
    model_name: str | None
    total_cost_usd: float
    input_tokens: Count
    output_tokens: Count
    sessions: Count
    percentage_of_total: Percent


class _UserCost(BaseModel):
    user_email: str | None
    total_cost_usd: float
    total_tokens: Count
    sessions: Count
    avg_cost_per_session: float | None


class Costs(Reasoned):
    """What usage cost."""

    total_cost_usd: float
    total_input_tokens: Count
    total_output_tokens: Count
    total_cache_creation_tokens: Count
    total_cache_read_tokens: Count
    average_cost_per_session: float | None
    cost_trend: list[_CostPoint]
    model_breakdown: list[_ModelCost]
    top_users_by_cost: list[_UserCost]


class _Tool(BaseModel):
    tool_name: str | None
    usage_count: Count
    success_rate: Percent
    avg_duration_ms: float | None


class _CorrelatedTool(_Tool):
    productivity_correlation: Annotated[float | None, Field(description="-1 to 1")]


class _TimeToPoint(BaseModel):
    timestamp: Timestamp
    session_start_to_first_commit_minutes: float | None
    session_start_to_first_edit_minutes: float | None


class Efficiency(Reasoned):
    """What came of what was spent."""

    tokens_per_commit: float | None
    cost_per_commit: float | None
    tokens_per_line_of_code: float | None
    cost_per_line_of_code: float | None
    session_productivity_score: Annotated[float | None, Field(description="0 to 10")]
    tool_efficiency: list[_CorrelatedTool]
    time_to_productivity: list[_TimeToPoint]


class _Increasing(BaseModel):
    Increasing: Annotated[float, Field(description="percent")]


class _Decreasing(BaseModel):
    Decreasing: Annotated[float, Field(description="percent")]


Trend = _Increasing | _Decreasing | Literal["Stable"] | None


class _Score(BaseModel):
    forecasts: Annotated[int, Field(description="made from earlier days of the same history")]
    days_ahead: int
    coverage: Annotated[float | None, Field(description="share of their intervals that held what came")]
    scaled_error: Annotated[float | None, Field(description="below 1: better than the last week repeated")]


class _Forecast(BaseModel):
    value: float
    low: float
    high: float
    level: Annotated[float, Field(description="share of such intervals that should hold what comes")]
    method: str
    score: _Score


class _Forecasts(BaseModel):
    cost: _Forecast | None
    commits: _Forecast | None
    pull_requests: _Forecast | None
    lines_of_code: _Forecast | None


class _MonthlyWork(BaseModel):
    commits: int | None
    pull_requests: int | None
    lines_of_code: int | None


class Trends(Reasoned):
    """Which way it goes."""

    range: str
    cost_trend: Trend
    productivity_trend: Trend
    token_efficiency_trend: Trend
    user_adoption_trend: Trend
    forecasted_monthly_cost: float | None
    forecasted_monthly_productivity: _MonthlyWork
    forecasts: Annotated[_Forecasts, Field(description="what the forecasts rest on; null where there is none")]


class Kpis(Reasoned):
    """Four figures and their change against the window before."""

    today_sessions: Count
    today_sessions_change: Annotated[float | None, Field(description="percent")]
    total_tokens: Count
    total_tokens_change: Annotated[float | None, Field(description="percent")]
    total_cost: float
    total_cost_change: Annotated[float | None, Field(description="percent")]
    lines_of_code: Count
    lines_of_code_change: Annotated[float | None, Field(description="percent")]
    period: str


class _TotalTokenPoint(_TokenPoint):
    total_tokens: Count


class TokenTrend(Reasoned):
    """Tokens over time."""

    range: str
    data_points: list[_TotalTokenPoint]


class _ColoredTool(_Tool):
    percentage: Percent
    color: str


class ToolUsage(Reasoned):
    """Which tools were called."""

    total_tool_calls: Count
    tools: list[_ColoredTool]


class _HeatmapCell(BaseModel):
    hour: Annotated[int, Field(ge=0, le=23)]
    day_of_week: Annotated[int, Field(ge=0, le=6, description="0 is Sunday")]
    intensity: Annotated[float, Field(ge=0, le=1)]
    session_count: Count
    token_count: Count


class UsageHeatmap(Reasoned):
    """When in the week there is how much."""

    timezone: str
    heatmap: list[_HeatmapCell]


class _ComparedModel(BaseModel):
    model_name: str | None
    cost_per_session: float | None
    total_sessions: Count
    total_cost: float
    avg_input_tokens: Annotated[float | None, Field(description="of a request")]
    avg_output_tokens: Annotated[float | None, Field(description="of a request")]
    efficiency_score: Annotated[float | None, Field(description="dollars per token")]
    color: str


class ModelCosts(Reasoned):
    """Models side by side."""

    models: list[_ComparedModel]
    total_cost: float
    period: str


class _BudgetDay(BaseModel):
    date: Timestamp
    cost: float
    sessions: Count
    tokens: Count


class BudgetProgress(Reasoned):
    """How much of the month's budget is spent."""

    current_month_cost: float
    monthly_budget: float | None
    percentage_used: float | None
    days_remaining: Count
    projected_month_end_cost: float | None
    is_over_budget: bool | None
    daily_breakdown: list[_BudgetDay]
    projection: Annotated[_Forecast | None, Field(description="what the projection rests on")]


class _EfficientTool(_Tool):
    median_duration_ms: float | None
    efficiency_score: Annotated[float | None, Field(description="0 to 10")]
    time_saved_estimate_hours: float | None
    cost_per_use: float | None
    trend: Trend


class _ScorePoint(BaseModel):
    timestamp: Timestamp
    overall_score: float | None
    top_tool_score: float | None


class ToolEfficiency(Reasoned):
    """How well tools did."""

    overall_efficiency_score: Annotated[float | None, Field(description="0 to 10")]
    tools: list[_EfficientTool]
    efficiency_over_time: list[_ScorePoint]


class _DurationBucket(BaseModel):
    min_minutes: int
    max_minutes: int | None
    session_count: Count
    percentage: Percent
    label: str


class _DurationPoint(BaseModel):
    timestamp: Timestamp
    avg_duration_minutes: float | None
    session_count: Count


class SessionDuration(Reasoned):
    """How long sessions are."""

    total_sessions: Count
    avg_duration_minutes: float | None
    median_duration_minutes: float | None
    distribution_buckets: list[_DurationBucket]
    duration_over_time: list[_DurationPoint]


class _Language(BaseModel):
    language: str
    file_count: int | None
    line_count: Count
    percentage: Percent
    color: str


class _GenerationPoint(BaseModel):
    timestamp: Timestamp
    files_generated: int | None
    lines_generated: Count


class _CodeQuality(BaseModel):
    avg_file_size_kb: None
    avg_complexity_score: None
    estimated_bug_rate: None
    readability_score: None


class CodeGeneration(Reasoned):
    """The code that was written, in figures."""

    total_code_files_generated: int | None
    total_lines_generated: Count
    avg_lines_per_file: float | None
    most_generated_languages: list[_Language]
    generation_over_time: list[_GenerationPoint]
    code_quality_metrics: _CodeQuality
