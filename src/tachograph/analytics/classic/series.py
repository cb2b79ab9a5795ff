"""Points of a window: how fine they are, and zeros where nothing happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tachograph.analytics.pieces import Piece, fitting, pieces_of
from tachograph.analytics.query import Window
from tachograph.analytics.scope import Scope
from tachograph.analytics.zones import Zone

__all__ = ["fill", "grain_of", "moment_of"]


def grain_of(window: Window) -> Piece:
    """How much time a point stands for: what fits the window, months where it is open."""
    if window.start is None or window.end is None:
        return "month"
    return fitting(window.end - window.start)


def fill(
    rows: Sequence[Mapping[str, Any]], scope: Scope, grain: Piece, empty: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The rows as points in order of time, with `empty` where a piece of time has none; no rows give no points.

    The points reach from the window's start to its end; months begin with the first that has a row.

    Args:
        rows: as `answer` gives them by `grain`: the grain's name with its value, and the figures.
        scope, grain: what was asked.
        empty: the figures of a point without a row.

    Returns:
        For each a `timestamp` (its first moment, with the zone's offset) and the figures.
    """
    if not rows:
        return []
    by_key = {row[grain]: {name: value for name, value in row.items() if name != grain} for row in rows}
    window = replace(scope.window, start=None) if grain == "month" else scope.window
    keys = pieces_of(grain, window, found=list(by_key), now=scope.now)
    return [{"timestamp": moment_of(key, window.zone), **by_key.get(key, empty)} for key in keys]


def moment_of(key: str, zone: Zone) -> str:
    """When a piece of time begins: a day's midnight in the zone, with its offset; an hour is named by it already."""
    return key if "T" in key else zone.as_text(zone.utc_of(datetime.fromisoformat(key)))
