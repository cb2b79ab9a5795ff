"""Points of metrics by the names that Claude Code's OpenTelemetry gives them, made from the ledger.

Each thing counts once, whichever sources told of it, so that the points of a metric add up to the totals elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tachograph.analytics.compile import ask
from tachograph.analytics.metrics import METRICS
from tachograph.analytics.query import Query
from tachograph.analytics.scope import Scope
from tachograph.ports import Store
from tachograph_sdk.errors import UnknownMetric

__all__ = ["NAMES", "points_by_time"]

Row = Mapping[str, Any]
Labels = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series:
    """One metric of a query as points of a name: which labels it has beside those that come from dimensions."""

    name: str
    metric: str
    labels: Labels | None = None
    scale: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is asked in one statement: series that are split alike."""

    series: tuple[_Series, ...]
    by: Mapping[str, str]  # dimensions, and the labels that they become


_TOKENS = "claude_code.token.usage"
_LINES = "claude_code.lines_of_code.count"

_ASKED = (
    _Asked(
        by={"model": "model"},
        series=(
            _Series(name=_TOKENS, metric="input_tokens", labels={"type": "input"}),
            _Series(name=_TOKENS, metric="output_tokens", labels={"type": "output"}),
            _Series(name=_TOKENS, metric="cache_read_tokens", labels={"type": "cacheRead"}),
            _Series(name=_TOKENS, metric="cache_write_tokens", labels={"type": "cacheCreation"}),
            _Series(name="claude_code.cost.usage", metric="cost_microusd", scale=1e6),
        ),
    ),
    _Asked(
        by={},
        series=(
            _Series(name="claude_code.session.count", metric="sessions_started"),
            _Series(name=_LINES, metric="lines_added", labels={"type": "added"}),
            _Series(name=_LINES, metric="lines_removed", labels={"type": "removed"}),
            _Series(name="claude_code.commit.count", metric="commits"),
            _Series(name="claude_code.pull_request.count", metric="pull_requests"),
            _Series(name="claude_code.user_prompt.count", metric="prompts"),
        ),
    ),
    _Asked(
        by={"tool": "tool_name", "decision": "decision"},
        series=(_Series(name="claude_code.tool.usage", metric="tool_calls"),),
    ),
    _Asked(
        by={"active_by": "type"},
        series=(_Series(name="claude_code.active_time.total", metric="active_seconds"),),
    ),
)

NAMES: tuple[str, ...] = tuple(dict.fromkeys(series.name for asked in _ASKED for series in asked.series))
"""What there are points of without asking for one metric. Those of the registry can be asked for by name."""


def points_by_time(store: Store, scope: Scope, grain: str, name: str | None) -> list[dict[str, Any]]:
    """Points with `timestamp` (the name of the piece of time), `name`, `value` and `labels`, in order of time.

    A point for each piece of time in which there is anything; of the registry's metrics also where it is 0. One statement
    for each way of splitting: at most four.

    Args:
        store, scope: of what.
        grain: the dimension that cuts time.
        name: one of NAMES or of the registry's metrics; None: all of NAMES.

    Raises:
        UnknownMetric: there is no such name.
    """
    points = []
    for asked in _chosen(name):
        metrics = [METRICS[series.metric] for series in asked.series]
        query = Query(metrics=(), by=(grain, *asked.by), filters=scope.filters, window=scope.window)
        for row in ask(store, query, metrics).records():
            points += [_point(row, grain, series, asked.by) for series in asked.series if _has_any(row, series)]
    points.sort(key=lambda point: (point["timestamp"], point["name"], *point["labels"].values()))
    return points


def _chosen(name: str | None) -> Sequence[_Asked]:
    if name is None:
        return _ASKED
    if name in NAMES:
        return [
            _Asked(by=asked.by, series=kept)
            for asked in _ASKED
            if (kept := tuple(series for series in asked.series if series.name == name))
        ]
    if name not in METRICS:
        raise UnknownMetric("there is no such metric", hint=f"metrics are: {', '.join((*NAMES, *METRICS))}")
    return [_Asked(by={}, series=(_Series(name=name, metric=name),))]


def _has_any(row: Row, series: _Series) -> bool:
    return row[series.metric] is not None and (row[series.metric] != 0 or series.name in METRICS)


def _point(row: Row, grain: str, series: _Series, by: Mapping[str, str]) -> dict[str, Any]:
    labels = dict(series.labels or {})
    for dimension, label in by.items():
        if (text := row[dimension]) is not None:
            labels[label] = str(text)
    value = row[series.metric]
    return {
        "timestamp": row[grain],
        "name": series.name,
        "value": value / series.scale if series.scale != 1.0 else value,
        "labels": labels,
    }
