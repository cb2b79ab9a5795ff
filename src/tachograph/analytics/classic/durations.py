"""How long sessions are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tachograph.analytics.classic.reasons import reasoned
from tachograph.analytics.classic.series import fill, grain_of
from tachograph.analytics.classic.shares import percent
from tachograph.analytics.compile import answer
from tachograph.analytics.query import Query
from tachograph.analytics.scope import Scope
from tachograph.ports import Store

__all__ = ["session_duration"]

NONE_BEGAN = "no session began in this time"
NO_END = "the last bucket has no upper end"

_WHY: Final = {
    "avg_duration_minutes": NONE_BEGAN,
    "median_duration_minutes": NONE_BEGAN,
    "distribution_buckets.percentage": NONE_BEGAN,
    "distribution_buckets.max_minutes": NO_END,
    "duration_over_time.avg_duration_minutes": "no session began in that piece of time",
}

BUCKETS: Final[tuple[tuple[str, int, int | None, str], ...]] = (
    ("0-5", 0, 5, "0-5 min"),
    ("5-15", 5, 15, "5-15 min"),
    ("15-30", 15, 30, "15-30 min"),
    ("30-60", 30, 60, "30-60 min"),
    ("60-120", 60, 120, "1-2 hours"),
    ("120+", 120, None, "2+ hours"),
)
"""Values of the dimension session_length, with their ends in minutes (the upper one excluded) and how they are called."""


def session_duration(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Mean, median, a histogram and points over time, of the sessions that began in the window. Three statements."""
    grain = grain_of(scope.window)
    figures = ("sessions_started", "session_length_mean_seconds")
    (whole,) = answer(store, _query(scope, (*figures, "session_length_p50_seconds"))).records()
    lengths = answer(store, _query(scope, ("sessions_started",), "session_length")).records()
    points = answer(store, _query(scope, figures, grain)).records()
    counts = {row["session_length"]: row["sessions_started"] for row in lengths}
    total = whole["sessions_started"]
    data = {
        "total_sessions": total,
        "avg_duration_minutes": _minutes(whole["session_length_mean_seconds"]),
        "median_duration_minutes": _minutes(whole["session_length_p50_seconds"]),
        "distribution_buckets": [
            {
                "min_minutes": low,
                "max_minutes": high,
                "session_count": counts.get(length, 0),
                "percentage": percent(counts.get(length, 0), total),
                "label": label,
            }
            for length, low, high, label in BUCKETS
        ],
        "duration_over_time": fill(
            [
                {
                    grain: row[grain],
                    "avg_duration_minutes": _minutes(row["session_length_mean_seconds"]),
                    "session_count": row["sessions_started"],
                }
                for row in points
            ],
            scope,
            grain,
            {"avg_duration_minutes": None, "session_count": 0},
        ),
    }
    return reasoned(data, _WHY)


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60.0


def _query(scope: Scope, metrics: tuple[str, ...], *by: str) -> Query:
    return Query(metrics=metrics, by=by, filters=scope.filters, window=scope.window)
