"""Who uses it, and how often."""

from __future__ import annotations

from tachograph.analytics.metrics.metric import Metric, measured

__all__ = ["ADOPTION"]

ADOPTION: tuple[Metric, ...] = (
    measured(
        "users", "count", "neither", "People or installations (pseudonyms) that were active.",
        formula="number of different people",
        sql={
            "activity": "count(distinct user_id)", "requests": "count(distinct user_id)",
            "tool_calls": "count(distinct user_id)", "feature_uses": "count(distinct user_id)",
            "hook_sessions": "count(distinct user_id)",
        },
    ),
)  # fmt: skip
