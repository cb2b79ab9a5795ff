"""What can be measured: each metric once, with its unit, its SQL, its formula in words and why it can be null."""

from __future__ import annotations

from tachograph.analytics.metrics.metric import Metric, Unit
from tachograph.analytics.metrics.registry import METRICS, adds_up, dimensions_of, part_of, reasons_of

__all__ = ["METRICS", "Metric", "Unit", "adds_up", "dimensions_of", "part_of", "reasons_of"]
