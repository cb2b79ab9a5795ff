"""The slope of a series as the median of the slopes between all its pairs, which single wild values cannot move."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from tachograph.analytics.statistics.interval import Interval
from tachograph.analytics.statistics.normal import t_quantile

__all__ = ["slope_of"]


def slope_of(
    points: Sequence[tuple[float, float]],
    *,
    confidence: float = 0.95,
    inflation: float = 1.0,
    freedom: float = math.inf,
) -> tuple[float, Interval]:
    """Change of the value from one place to the next, and its interval.

    Args:
        points: place and value, at least 2, in order of their places, no two at the same one.
        confidence: of the interval, in (0, 1).
        inflation: by how much more Kendall's S varies than it does of independent values.
        freedom: degrees of freedom that this was estimated with.

    Source: Theil 1950; Sen 1968, Journal of the American Statistical Association 63:1379-1389.
    """
    n = len(points)
    slopes = sorted((y2 - y1) / (x2 - x1) for i, (x1, y1) in enumerate(points) for x2, y2 in points[i + 1 :])
    ties: dict[float, int] = {}
    for _, value in points:
        ties[value] = ties.get(value, 0) + 1
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties.values())) / 18.0
    reach = t_quantile((1.0 + confidence) / 2.0, min(freedom, 1e8)) * math.sqrt(max(0.0, variance) * inflation)
    low = math.floor((len(slopes) - reach) / 2.0)
    if low < 0:
        return median(slopes), Interval(-math.inf, math.inf)
    return median(slopes), Interval(slopes[low], slopes[-1 - low])
