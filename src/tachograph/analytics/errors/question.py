"""What failed, as one question: classes, their course over time, patterns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal

from tachograph.analytics.compile import answer
from tachograph.analytics.errors.asking import check_filters
from tachograph.analytics.errors.classes import error_classes
from tachograph.analytics.errors.patterns import denials, file_failures, rate_limits, retry_loops
from tachograph.analytics.pieces import pieces_of
from tachograph.analytics.query import Query
from tachograph.analytics.scope import Question, Scope
from tachograph.ports import Store
from tachograph_sdk.errors import QueryError

__all__ = ["ERRORS", "errors"]

_COUNTED: Final = ("api_errors", "requests", "tool_errors", "tool_calls")
_SHORT: Final = timedelta(days=3)  # a time range up to this is cut into hours
MOST_PIECES: Final = 2_000  # as many hours as 83 days have


def errors(store: Store, scope: Scope) -> Mapping[str, Any]:
    """What failed in the window; own parameter: grain, "hour" or "day".

    Returns:
        `totals`, `kinds`, `classes`, `by_tool`, `by_model`, `by_agent` and `by_agent_version` (classes.py), `over_time`,
        `patterns` (patterns.py) and `reasons`: why a figure is null.

    Raises:
        UnknownDimension: a filter is not one of FILTERS.
        QueryError: grain is something else, or the window has too many such pieces.
    """
    check_filters(scope)
    grain = _grain(scope)
    classes, limits = error_classes(store, scope), rate_limits(store, scope)
    reasons = dict(classes["reasons"])
    if any(hour["ratio"] is None for hour in limits["by_hour"]):
        reasons["patterns.rate_limits.by_hour.ratio"] = "nothing was asked of a model at that hour of the day"
    return {
        **classes,
        "reasons": reasons,
        "grain": grain,
        "over_time": _over_time(store, scope, grain),
        "patterns": {
            "retry_loops": retry_loops(store, scope),
            "denials": denials(store, scope),
            "rate_limits": limits,
            "file_failures": file_failures(store, scope),
        },
    }


ERRORS = Question(make=errors, parameters=frozenset({"grain"}))


def _grain(scope: Scope) -> Literal["hour", "day"]:
    given = scope.parameters.get("grain")
    if given == "hour":
        return "hour"
    if given == "day":
        return "day"
    if given is not None:
        raise QueryError(f"errors over time have no grain {given!r}", hint="give hour or day, or leave it out")
    window = scope.window
    end = window.end or scope.now
    return "hour" if window.start is not None and end - window.start <= _SHORT else "day"


def _over_time(store: Store, scope: Scope, grain: Literal["hour", "day"]) -> list[dict[str, Any]]:
    """Errors of each hour or day of the zone, those without any too."""
    query = Query(metrics=_COUNTED, by=(grain,), window=scope.window, filters=scope.filters)
    rows = {row[grain]: row for row in answer(store, query).records() if any(row[name] for name in _COUNTED)}
    pieces = pieces_of(grain, scope.window, found=list(rows), now=scope.now, most=MOST_PIECES)
    made = []
    for piece in pieces:
        row = rows.get(piece, {})
        counts = {name: row.get(name, 0) for name in _COUNTED}
        asked = counts["requests"] + counts["api_errors"]  # the metric counts those that were answered
        made.append({"at": piece, **counts, "requests": asked})
    return made
