"""Shares and means as these answers give them: null where nothing is there to divide by."""

from __future__ import annotations

__all__ = ["change", "percent", "ratio"]


def ratio(part: float, whole: float) -> float | None:
    """Part by whole; None if the whole is 0."""
    return part / whole if whole else None


def percent(part: float, whole: float) -> float | None:
    """Part of whole in percent; None if the whole is 0."""
    return 100.0 * part / whole if whole else None


def change(now: float, before: float) -> float | None:
    """By how many percent something is more (or, below 0, less) than before; None if it was 0."""
    return 100.0 * (now - before) / before if before else None
