"""Colours that these answers carry for charts: readable on light and dark, and apart for people who see few colours."""

from __future__ import annotations

__all__ = ["COLORS", "REST"]

COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a6fbf", "#999933", "#aa4466", "#44aa99")
"""In the order of the list that they colour."""

REST = "#7f7f7f"
"""Of what is left over."""
