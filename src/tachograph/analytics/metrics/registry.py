"""All metrics by name, and what can be said of them without asking a store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.analytics.metrics.adoption import ADOPTION, ADOPTION_PARTS
from tachograph.analytics.metrics.efficiency import EFFICIENCY
from tachograph.analytics.metrics.metric import Metric
from tachograph.analytics.metrics.outcomes import OUTCOME_PARTS, OUTCOMES
from tachograph.analytics.metrics.plugins import PLUGINS
from tachograph.analytics.metrics.sessions import SESSION_PARTS, SESSIONS
from tachograph.analytics.metrics.tool_calls import TOOL_CALLS
from tachograph.analytics.metrics.usage import USAGE, USAGE_PARTS

__all__ = ["METRICS", "adds_up", "dimensions_of", "part_of", "reasons_of"]

METRICS: dict[str, Metric] = {
    metric.name: metric for metric in (*SESSIONS, *ADOPTION, *USAGE, *TOOL_CALLS, *OUTCOMES, *EFFICIENCY, *PLUGINS)
}

_PARTS: Final = {metric.name: metric for metric in (*SESSION_PARTS, *ADOPTION_PARTS, *USAGE_PARTS, *OUTCOME_PARTS)}
"""Measured only to make others of: nobody asks for them by name."""

_SUMS = ("count", "tokens", "microusd", "usd", "lines", "seconds")


def part_of(name: str) -> Metric:
    """The measured metric of this name that another is made of."""
    return METRICS[name] if name in METRICS else _PARTS[name]


def adds_up(metric: Metric) -> bool:
    """True if the figure of a whole is the sum of its parts': not of means, shares and numbers of different things."""
    if metric.is_mean or metric.unit not in _SUMS or any("distinct" in sql for sql in metric.sql.values()):
        return False
    return all(adds_up(part_of(name)) for name in metric.parts)


def dimensions_of(metric: Metric) -> tuple[str, ...]:
    """The dimensions that a metric can be split and filtered by, one at a time; several need a fact that has them all."""
    parts = [part_of(name) for name in metric.parts] or [metric]
    barred = metric.never_by.union(*(part.never_by for part in parts))
    return tuple(
        name
        for name, dimension in DIMENSIONS.items()
        if name not in barred and all(any(fact in dimension.sql for fact in part.sql) for part in parts)
    )


def reasons_of(metrics: Iterable[str], row: Mapping[str, Any]) -> dict[str, str]:
    """Why cells of a row are null: a sentence per metric whose value is None; nothing of those that are known."""
    return {name: METRICS[name].reason or "not known" for name in metrics if row.get(name) is None}
