"""The questions about trends, and the two functions that others build on."""

from __future__ import annotations

from tachograph.analytics.trends.direction import Trend, trend_of
from tachograph.analytics.trends.forecast import Forecast, Refusal, forecast_month_end

__all__ = ["Forecast", "Refusal", "Trend", "forecast_month_end", "trend_of"]
