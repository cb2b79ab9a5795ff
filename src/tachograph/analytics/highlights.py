"""What a report opens with: a window's figures beside those of the window before, its cost piece by piece, what had most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from tachograph.analytics.compare import window_before
from tachograph.analytics.compile import answer
from tachograph.analytics.metrics import METRICS, reasons_of
from tachograph.analytics.pieces import Piece, pieces_of
from tachograph.analytics.query import Query, Window, month_of
from tachograph.analytics.scope import Question, Scope
from tachograph.analytics.sentences import three_sentences
from tachograph.ports import Store
from tachograph_sdk.errors import BadWindow, QueryTooLarge

__all__ = ["COMPARED", "HIGHLIGHTS", "SCORES", "highlights"]

COMPARED = (
    "cost_microusd", "sessions", "prompts", "requests", "input_tokens", "output_tokens", "cache_read_tokens",
    "cache_write_tokens", "tool_calls", "tool_errors", "lines_added", "lines_removed", "commits", "pull_requests",
    "active_seconds",
)  # fmt: skip
"""The metrics that are told beside those of the window before."""

SCORES = ("productivity_score", "score_outcome", "score_reliability", "score_acceptance", "score_one_shot")

MOST_PIECES = 92  # of the cost's course; a longer one is told by week, then by month
_COARSER: Final[Mapping[Piece, Piece]] = {"day": "week", "week": "month"}
MOST_ROWS = 5


def highlights(store: Store, scope: Scope) -> Mapping[str, Any]:
    """The figures; the filters of the scope narrow all of it but the budget. Raises QueryError.

    `before` is the window of the same length that ends where this one begins, whole months and days of the zone as such,
    and as much of it as is over of this one; null where this one has no beginning, or has not begun. `course` is the cost
    by day (or week, or month), with 0 where there was none. `reasons` says why a figure or a part
    of the score is null. `sentences` are three, see `sentences.three_sentences`.
    """
    before = _before(scope)
    asked = (*COMPARED, "unpriced_requests")  # of which the sentences have to know
    now = _figures(store, scope, asked, scope.window)
    earlier = None if before is None else _figures(store, scope, asked, before)
    score = _figures(store, scope, SCORES, scope.window)
    return {
        "figures": {name: now[name] for name in COMPARED},
        "before": None if earlier is None else {name: earlier[name] for name in COMPARED},
        "before_window": None if before is None else before.as_text(),
        "better": {name: METRICS[name].better for name in COMPARED},
        "course": _course(store, scope),
        "models": _most(store, scope, "model", ("cost_microusd", "requests", "total_tokens", "unpriced_requests")),
        "tools": _most(store, scope, "tool", ("tool_calls", "tool_errors")),
        "score": score,
        "budget": _budget(store, scope),
        "sentences": [asdict(one) for one in three_sentences(store, scope, now, earlier)],
        "reasons": {**reasons_of(COMPARED, now), **reasons_of(SCORES, score)},
    }


def _spoken(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with its sentences in one piece each, now that names are what they are to be."""
    for sentence in answer["sentences"]:
        sentence["text"] = "".join(sentence.pop("parts"))
    return answer


HIGHLIGHTS = Question(make=highlights, finish=_spoken)


def _figures(store: Store, scope: Scope, metrics: Sequence[str], window: Window) -> dict[str, Any]:
    (found,) = answer(store, Query(metrics=metrics, window=window, filters=scope.filters)).records()
    return found


def _before(scope: Scope) -> Window | None:
    try:
        return window_before(scope.window, now=scope.now)
    except BadWindow:
        return None


def _course(store: Store, scope: Scope, grain: Piece = "day") -> dict[str, Any]:
    query = Query(metrics=["cost_microusd"], by=[grain], window=scope.window, filters=scope.filters)
    costs = dict(answer(store, query).rows)
    pieces = _pieces(scope, grain, costs)
    if pieces is None:
        return _course(store, scope, _COARSER[grain])
    return {"grain": grain, "pieces": [{"since": day, "cost_microusd": costs.get(day, 0)} for day in pieces]}


def _pieces(scope: Scope, grain: Piece, costs: Mapping[str, int]) -> Sequence[str] | None:
    """The first days of all pieces of the window, of months from the first with a cost; None: more than can be shown."""
    if grain == "month":
        return pieces_of(grain, replace(scope.window, start=None), found=list(costs), now=scope.now)
    try:
        return pieces_of(grain, scope.window, found=list(costs), now=scope.now, most=MOST_PIECES)
    except QueryTooLarge:
        return None


def _most(store: Store, scope: Scope, dimension: str, metrics: tuple[str, ...]) -> list[dict[str, Any]]:
    """The rows with most of the first metric."""
    query = Query(metrics=metrics, by=[dimension], window=scope.window, filters=scope.filters)
    rows = [row for row in answer(store, query).records() if any(row[name] for name in metrics)]
    rows.sort(key=lambda row: (*(-row[name] for name in metrics), str(row[dimension])))
    return rows[:MOST_ROWS]


def _budget(store: Store, scope: Scope) -> dict[str, Any] | None:
    """This calendar month's cost against what the owner set; null where nothing is set."""
    if scope.monthly_budget_microusd is None:
        return None
    month = month_of(scope.now, scope.window.zone)
    assert month.start is not None
    assert month.end is not None
    ((spent, unpriced),) = answer(store, Query(metrics=["cost_microusd", "unpriced_requests"], window=month)).rows
    return {
        "month": f"{scope.window.zone.local_of(scope.now):%Y-%m}",
        "month_microusd": scope.monthly_budget_microusd,
        "spent_microusd": spent,
        "unpriced_requests": unpriced,
        "month_share": (scope.now - month.start) / (month.end - month.start),
    }
