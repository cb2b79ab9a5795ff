"""Which sessions somebody should look at."""

from __future__ import annotations

from dataclasses import dataclass

from tachograph.analytics.errors.thresholds import API_ERRORS, TOOL_FAILURES
from tachograph.analytics.file_kit.figures import SessionFigures

__all__ = ["Thresholds", "needs_review"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From how many on a session needs review; reaching one of them is enough. The same as for stored sessions."""

    errors: int = API_ERRORS
    tool_failures: int = TOOL_FAILURES


def needs_review(session: SessionFigures, thresholds: Thresholds) -> bool:
    """Whether the session reaches one of the thresholds."""
    return session.errors >= thresholds.errors or session.tool_failures >= thresholds.tool_failures
