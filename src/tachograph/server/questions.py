"""Questions by the name under which the API (`/api/v1/NAME`) and the command line ask them."""

from __future__ import annotations

from collections.abc import Mapping

from tachograph.analytics.adoption import RETENTION
from tachograph.analytics.concurrency import CONCURRENCY
from tachograph.analytics.errors.question import ERRORS
from tachograph.analytics.errors.review import REVIEW
from tachograph.analytics.highlights import HIGHLIGHTS
from tachograph.analytics.markers import MARKERS
from tachograph.analytics.now import NOW
from tachograph.analytics.received import RECEIVED
from tachograph.analytics.scope import Question
from tachograph.analytics.trends.questions import ANOMALIES, BUDGET, FORECAST, TRENDS

__all__ = ["QUESTIONS"]

QUESTIONS: Mapping[str, Question] = {
    "anomalies": ANOMALIES,
    "budget": BUDGET,
    "concurrency": CONCURRENCY,
    "errors": ERRORS,
    "forecast": FORECAST,
    "highlights": HIGHLIGHTS,
    "markers": MARKERS,
    "now": NOW,
    "received": RECEIVED,
    "retention": RETENTION,
    "review": REVIEW,
    "trends": TRENDS,
}
