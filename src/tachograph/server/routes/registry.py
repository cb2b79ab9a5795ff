"""GET /api/v1/metrics and /api/v1/dimensions: what can be asked for, as the registry has it."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.analytics.metrics import METRICS, adds_up, dimensions_of
from tachograph.server.shapes import Answer

__all__ = ["router"]

router = APIRouter(tags=["questions"])


class MetricAbout(Answer):
    """One thing that can be measured."""

    name: str
    unit: Literal["count", "tokens", "microusd", "usd", "lines", "seconds", "ms", "ratio", "mean"]
    better: Literal["higher", "lower", "neither"]
    help: str
    formula: str = Field(description="in words")
    reason: str | None = Field(description="why it can be null; null: it never is, 0 is what it is of nothing")
    empty: int | None = Field(description="what it is where nothing matches: 0, or null")
    adds_up: bool = Field(description="the figure of a whole is the sum of its parts'")
    dimensions: list[str] = Field(description="what it can be split and filtered by, one at a time")


class DimensionAbout(Answer):
    """One way to split and filter."""

    name: str
    type: Literal["text", "number", "time"] = Field(description="of its values")
    help: str
    metrics: list[str] = Field(description="those that can be split and filtered by it")


class Metrics(Answer):
    """All metrics."""

    metrics: list[MetricAbout]


class Dimensions(Answer):
    """All dimensions."""

    dimensions: list[DimensionAbout]


@router.get("/api/v1/metrics", operation_id="list_metrics", response_model=Metrics)
def metrics() -> Any:
    """Each metric: its unit, its formula in words, when it can be null, and what it can be split by."""
    return {
        "metrics": [
            {
                "name": metric.name,
                "unit": metric.unit,
                "better": metric.better,
                "help": metric.help,
                "formula": metric.formula,
                "reason": metric.reason,
                "empty": metric.empty,
                "adds_up": adds_up(metric),
                "dimensions": list(dimensions_of(metric)),
            }
            for metric in METRICS.values()
        ]
    }


@router.get("/api/v1/dimensions", operation_id="list_dimensions", response_model=Dimensions)
def dimensions() -> Any:
    """Each dimension, and which metrics can be split by it."""
    split = {metric.name: frozenset(dimensions_of(metric)) for metric in METRICS.values()}
    return {
        "dimensions": [
            {
                "name": dimension.name,
                "type": dimension.type,
                "help": dimension.help,
                "metrics": [name for name, names in split.items() if dimension.name in names],
            }
            for dimension in DIMENSIONS.values()
        ]
    }
