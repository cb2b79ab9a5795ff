"""Which sessions somebody should look at."""

from __future__ import annotations

from dataclasses import dataclass

from tachograph.analytics.file_kit.figures import SessionFigures

__all__ = ["Thresholds", "needs_review"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From how many on a session needs review; reaching one of them is enough."""

    errors: int = 3  # API errors
    tool_failures: int = 5


def needs_review(session: SessionFigures, thresholds: Thresholds) -> bool:
    """Whether the session reaches one of the thresholds."""
    return session.errors >= thresholds.errors or session.tool_failures >= thresholds.tool_failures
