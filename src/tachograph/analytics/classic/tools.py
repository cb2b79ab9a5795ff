"""Tools: how often, how well, how fast; and how well they did over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tachograph.analytics.classic.daily import whole_days
from tachograph.analytics.classic.palette import COLORS, REST
from tachograph.analytics.classic.reasons import reasoned
from tachograph.analytics.classic.series import fill, grain_of
from tachograph.analytics.classic.shares import percent, ratio
from tachograph.analytics.classic.trend_words import trend_word
from tachograph.analytics.compile import ask
from tachograph.analytics.metrics.metric import Metric, measured
from tachograph.analytics.query import Query
from tachograph.analytics.scope import Scope
from tachograph.ports import Store

__all__ = ["Counts", "ask_tools", "tool_efficiency", "tool_usage", "why_null"]

TOP = 10  # tools that are listed on their own

NO_NAME = "no source says which tool it was"
NOT_ENDED = "no source says how a call of this tool ended"
NO_DURATION = "no source says how long a call of this tool took"
NO_COST = "a request is paid as a whole, whatever tools its answer calls: what a tool call costs cannot be told"
NO_TIME_SAVED = "how long a person would have taken is not known"

_NONE_ENDED = "no tool call is known to have ended in this time"
_NONE_ENDED_THEN = "no call is known to have ended in that piece of time"
_WHY = {
    "overall_efficiency_score": _NONE_ENDED,
    "efficiency_over_time.overall_score": _NONE_ENDED_THEN,
    "efficiency_over_time.top_tool_score": _NONE_ENDED_THEN,
    "tools.median_duration_ms": NO_DURATION,
    "tools.efficiency_score": NOT_ENDED,
    "tools.time_saved_estimate_hours": NO_TIME_SAVED,
    "tools.cost_per_use": NO_COST,
}


def _sum(name: str, sql: str) -> Metric:
    return measured(name, "count", "neither", "", formula="", sql={"tool_calls": sql})


COUNTS = (
    _sum("calls", "count(*)"),
    _sum("ended", "count(success)"),
    _sum("succeeded", "count(*) filter (where success)"),
    _sum("at_first", "count(*) filter (where success and not is_retry)"),
    _sum("timed", "count(duration_ms)"),
    measured("took_ms", "ms", "neither", "", formula="", reason=NO_DURATION, sql={"tool_calls": "sum(duration_ms)"}),
)
"""What all figures of a tool are made of, by decision: sums, so that those of several tools, or days, add up."""

_OF_RUNS = frozenset({"ended", "succeeded", "at_first"})
"""Of these a call that was not allowed has nothing, whatever a source says of it."""

_MEDIAN = measured(
    "median_ms", "ms", "neither", "", formula="", reason=NO_DURATION, sql={"tool_calls": "p50(duration_ms)"}
)


@dataclass(slots=True, kw_only=True)
class Counts:
    """Calls of one tool, or of several, in some stretch of time."""

    calls: int = 0  # rejected ones included
    ended: int = 0  # ran, and it was heard how that ended
    succeeded: int = 0
    at_first: int = 0  # succeeded, and did not repeat a call that had just failed
    timed: int = 0  # their duration is known
    took_ms: float = 0.0

    def add(self, row: Mapping[str, Any]) -> None:
        """Add what a row counts."""
        is_rejected = row.get("decision") == "reject"
        for metric in COUNTS:
            name = metric.name
            if not (is_rejected and name in _OF_RUNS):
                setattr(self, name, getattr(self, name) + (row[name] or 0))

    @property
    def success_rate(self) -> float | None:
        """In percent, of the calls that ended."""
        return percent(self.succeeded, self.ended)

    @property
    def mean_ms(self) -> float | None:
        """Of the calls whose duration is known."""
        return ratio(self.took_ms, self.timed)

    @property
    def score(self) -> float | None:
        """0 to 10: ten times the share of ended calls that succeeded without being a retry."""
        share = ratio(self.at_first, self.ended)
        return None if share is None else 10.0 * share


def tool_usage(store: Store, scope: Scope) -> Mapping[str, Any]:
    """How often each tool was called, the rest of them together. One statement."""
    tools = ask_tools(store, scope)
    shown = dict(list(tools.items())[:TOP])
    rest = Counts()
    for name in tools:
        if name not in shown:
            _merge(rest, tools[name])
    total = sum(counts.calls for counts in tools.values())
    listed = [(name, counts, COLORS[place % len(COLORS)]) for place, (name, counts) in enumerate(shown.items())]
    if rest.calls:
        listed.append(("Other", rest, REST))
    data = {
        "total_tool_calls": total,
        "tools": [
            {
                "tool_name": name,
                "usage_count": counts.calls,
                "success_rate": counts.success_rate,
                "avg_duration_ms": counts.mean_ms,
                "percentage": percent(counts.calls, total),
                "color": color,
            }
            for name, counts, color in listed
        ],
    }
    return reasoned(data, why_null("tools"))


def tool_efficiency(store: Store, scope: Scope) -> Mapping[str, Any]:
    """How well each tool did, and how that changed. Two statements, three where points are not days."""
    grain = grain_of(scope.window)
    by_time = ask(store, _query(scope, "tool", "decision", grain), COUNTS).records()
    by_day = by_time if grain == "day" else ask(store, _query(scope, "tool", "decision", "day"), COUNTS).records()
    medians = {row["tool"]: row["median_ms"] for row in ask(store, _query(scope, "tool"), [_MEDIAN]).records()}
    tools = _by_tool(by_time)
    overall = Counts()
    for counts in tools.values():
        _merge(overall, counts)
    top = next(iter(tools), None)
    why = why_null("tools") | _WHY
    listed = []
    scores = _daily_scores(by_day, *whole_days(scope))
    for name, counts in tools.items():
        trend, reason = trend_word(scores[name])
        if reason:
            why["tools.trend"] = reason
        listed.append(
            {
                "tool_name": name,
                "usage_count": counts.calls,
                "success_rate": counts.success_rate,
                "avg_duration_ms": counts.mean_ms,
                "median_duration_ms": medians.get(name),
                "efficiency_score": counts.score,
                "time_saved_estimate_hours": None,
                "cost_per_use": None,
                "trend": trend,
            }
        )
    data = {
        "overall_efficiency_score": overall.score,
        "tools": listed,
        "efficiency_over_time": fill(
            _over_time(by_time, grain, top), scope, grain, {"overall_score": None, "top_tool_score": None}
        ),
    }
    return reasoned(data, why)


def ask_tools(store: Store, scope: Scope) -> dict[str | None, Counts]:
    """Calls by tool, most called first. One statement."""
    return _by_tool(ask(store, _query(scope, "tool", "decision"), COUNTS).records())


def _by_tool(rows: Iterable[Mapping[str, Any]]) -> dict[str | None, Counts]:
    """The rows added up by tool; a tool whose name nobody tells is None."""
    found: dict[str | None, Counts] = defaultdict(Counts)
    for row in rows:
        found[row["tool"]].add(row)
    order = sorted(found, key=lambda name: (-found[name].calls, name is None, name or ""))
    return {name: found[name] for name in order}


def why_null(name: str) -> dict[str, str]:
    """Why figures of tools can be null, in the list of this name."""
    return {
        f"{name}.tool_name": NO_NAME,
        f"{name}.success_rate": NOT_ENDED,
        f"{name}.avg_duration_ms": NO_DURATION,
    }


def _query(scope: Scope, *by: str) -> Query:
    return Query(metrics=(), by=by, filters=scope.filters, window=scope.window)


def _merge(into: Counts, more: Counts) -> None:
    into.add({metric.name: getattr(more, metric.name) for metric in COUNTS})


def _daily_scores(
    rows: Iterable[Mapping[str, Any]], first: date, after: date
) -> dict[str | None, list[tuple[date, float]]]:
    """By tool, the score of each whole day on which a call ended."""
    counted: dict[tuple[str, str | None], Counts] = defaultdict(Counts)
    for row in rows:
        counted[row["day"], row["tool"]].add(row)
    scores: dict[str | None, list[tuple[date, float]]] = defaultdict(list)
    for (text, tool), counts in sorted(counted.items(), key=lambda item: item[0][0]):
        day = date.fromisoformat(text)
        if counts.score is not None and first <= day < after:
            scores[tool].append((day, counts.score))
    return scores


def _over_time(rows: Sequence[Mapping[str, Any]], grain: str, top: str | None) -> list[dict[str, Any]]:
    everything: dict[str, Counts] = defaultdict(Counts)
    of_top: dict[str, Counts] = defaultdict(Counts)
    for row in rows:
        everything[row[grain]].add(row)
        if row["tool"] == top:
            of_top[row[grain]].add(row)
    return [
        {
            grain: key,
            "overall_score": counts.score,
            "top_tool_score": of_top[key].score if key in of_top else None,
        }
        for key, counts in everything.items()
    ]
