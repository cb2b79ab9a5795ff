"""What a report opens with: a window's figures beside those of the window before, its cost piece by piece, what had most."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tachograph.analytics.compile import answer
from tachograph.analytics.metrics import METRICS
from tachograph.analytics.query import Query, Window
from tachograph.analytics.scope import Question, Scope
from tachograph.ports import Store

__all__ = ["COMPARED", "HIGHLIGHTS", "SCORES", "highlights"]

COMPARED = (
    "cost_microusd", "sessions", "prompts", "requests", "input_tokens", "output_tokens", "cache_read_tokens",
    "cache_write_tokens", "tool_calls", "tool_errors", "lines_added", "lines_removed", "commits", "pull_requests",
    "active_seconds",
)  # fmt: skip
"""The metrics that are told beside those of the window before."""

SCORES = ("productivity_score", "score_outcome", "score_reliability", "score_acceptance", "score_one_shot")

MOST_PIECES = 92  # of the cost's course; a longer one is told by week, then by month
MOST_EVER = 1000  # of months: what lies further apart is a wrong clock
MOST_ROWS = 5


def highlights(store: Store, scope: Scope) -> Mapping[str, Any]:
    """The figures; the filters of the scope narrow all of it but the budget. Raises QueryError.

    `before` is the window of the same length that ends where this one begins; null where it has no beginning. `course` is
    the cost by day (or week, or month), with 0 where there was none.
    """
    window = _closed(scope)
    before = _before(window)
    (now,) = answer(store, Query(metrics=COMPARED, window=scope.window, filters=scope.filters)).records()
    earlier = None
    if before is not None:
        (earlier,) = answer(store, Query(metrics=COMPARED, window=before, filters=scope.filters)).records()
    return {
        "figures": now,
        "before": earlier,
        "before_window": None if before is None else before.as_text(),
        "better": {name: METRICS[name].better for name in COMPARED},
        "course": _course(store, scope, window),
        "models": _most(store, scope, "model", ("cost_microusd", "requests", "total_tokens", "unpriced_requests")),
        "tools": _most(store, scope, "tool", ("tool_calls", "tool_errors")),
        "score": _score(store, scope),
        "budget": _budget(store, scope),
    }


HIGHLIGHTS = Question(make=highlights)


def _moment(scope: Scope) -> datetime:
    return datetime.fromtimestamp(scope.now_us // 1_000_000, UTC).replace(tzinfo=None)


def _closed(scope: Scope) -> Window:
    """The window as far as it is over; where it has no end, it ends now."""
    window = scope.window
    if window.end is not None or (window.start is not None and window.start >= _moment(scope)):
        return window
    return Window(start=window.start, end=_moment(scope), zone=window.zone)


def _before(window: Window) -> Window | None:
    if window.start is None or window.end is None:
        return None
    try:
        return Window(start=window.start - (window.end - window.start), end=window.start, zone=window.zone)
    except OverflowError:  # before the first year
        return None


def _course(store: Store, scope: Scope, window: Window) -> dict[str, Any]:
    pieces: list[dict[str, Any]] = []
    for grain in ("day", "week", "month"):
        query = Query(metrics=["cost_microusd"], by=[grain], window=scope.window, filters=scope.filters)
        costs = {date.fromisoformat(str(day)[:10]): int(cost) for day, cost in answer(store, query).rows}
        days = _pieces(window, grain, costs)
        if len(days) <= MOST_PIECES or grain == "month":
            pieces = [{"since": day.isoformat(), "cost_microusd": costs.get(day, 0)} for day in days]
            break
    return {"grain": grain, "pieces": pieces}


def _pieces(window: Window, grain: str, costs: Mapping[date, int]) -> list[date]:
    """The first days of all pieces of the window; where it is open, from the first to the last with a cost."""
    zone = window.zone
    ends = [*costs]
    if window.start is not None:
        ends.append(zone.local_of(window.start).date())
    if window.end is not None and ends:
        ends.append(zone.local_of(window.end - timedelta(microseconds=1)).date())
    if not ends:
        return []
    day, last = _begin(min(ends), grain), max(ends)
    days: list[date] = []
    while day <= last and len(days) < MOST_EVER:
        days.append(day)
        day = _begin(day + timedelta(days={"day": 1, "week": 7, "month": 32}[grain]), grain)
    return days


def _begin(day: date, grain: str) -> date:
    """The first day of the piece that this day is in."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def _most(store: Store, scope: Scope, dimension: str, metrics: tuple[str, ...]) -> list[dict[str, Any]]:
    """The rows with most of the first metric."""
    query = Query(metrics=metrics, by=[dimension], window=scope.window, filters=scope.filters)
    rows = [row for row in answer(store, query).records() if any(row[name] for name in metrics)]
    rows.sort(key=lambda row: (*(-row[name] for name in metrics), str(row[dimension])))
    return rows[:MOST_ROWS]


def _score(store: Store, scope: Scope) -> dict[str, float | None]:
    (row,) = answer(store, Query(metrics=SCORES, window=scope.window, filters=scope.filters)).records()
    return dict(row)


def _budget(store: Store, scope: Scope) -> dict[str, Any] | None:
    """This calendar month's cost against what the owner set; null where nothing is set."""
    if scope.monthly_budget_microusd is None:
        return None
    zone, moment = scope.window.zone, _moment(scope)
    local = zone.local_of(moment)
    first = datetime(local.year, local.month, 1)  # noqa: DTZ001 - local times of the zone
    month = Window(start=zone.utc_of(first), end=zone.utc_of((first + timedelta(days=32)).replace(day=1)), zone=zone)
    assert month.start is not None
    assert month.end is not None
    ((spent, unpriced),) = answer(store, Query(metrics=["cost_microusd", "unpriced_requests"], window=month)).rows
    return {
        "month": f"{local:%Y-%m}",
        "month_microusd": scope.monthly_budget_microusd,
        "spent_microusd": spent,
        "unpriced_requests": unpriced,
        "month_share": (moment - month.start) / (month.end - month.start),
    }
