"""What can be measured: each metric once, with its unit, its SQL, its formula in words and why it can be null."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tachograph.analytics.metrics.adoption import ADOPTION
from tachograph.analytics.metrics.metric import Metric, Unit
from tachograph.analytics.metrics.outcomes import OUTCOMES
from tachograph.analytics.metrics.plugins import PLUGINS
from tachograph.analytics.metrics.sessions import SESSIONS
from tachograph.analytics.metrics.tool_calls import TOOL_CALLS
from tachograph.analytics.metrics.usage import USAGE

__all__ = ["METRICS", "Metric", "Unit", "reasons_of"]

METRICS: dict[str, Metric] = {
    metric.name: metric for metric in (*SESSIONS, *ADOPTION, *USAGE, *TOOL_CALLS, *OUTCOMES, *PLUGINS)
}


def reasons_of(metrics: Iterable[str], row: Mapping[str, Any]) -> dict[str, str]:
    """Why cells of a row are null: a sentence per metric whose value is None; nothing of those that are known."""
    return {name: METRICS[name].reason or "not known" for name in metrics if row.get(name) is None}
