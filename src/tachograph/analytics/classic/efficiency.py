"""What a commit and a line cost, how productive sessions were, and how soon; and which tools go with that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping
from typing import Any, Final

from tachograph.analytics.classic.reasons import reasoned
from tachograph.analytics.classic.selecting import conditions
from tachograph.analytics.classic.series import fill, grain_of
from tachograph.analytics.classic.tools import ask_tools, why_null
from tachograph.analytics.compile import answer
from tachograph.analytics.metrics import METRICS
from tachograph.analytics.query import Query
from tachograph.analytics.scope import Scope
from tachograph.analytics.statistics.rank_correlation import of_ranks
from tachograph.analytics.statistics.ranks import midranks
from tachograph.ports import Statement, Store

__all__ = ["FEWEST", "LATEST", "efficiency"]

FEWEST = 10  # sessions, below which no correlation is given
LATEST = 1000  # sessions that correlations are over: those that began last
TOP = 10  # tools that are listed

FEW_SESSIONS = (
    f"fewer than {FEWEST} sessions with a score, or none differs from another in calls of the tool or in score"
)

_FIGURES: Final = {
    "tokens_per_commit": "tokens_per_commit",
    "cost_per_commit": "cost_per_commit_usd",
    "tokens_per_line_of_code": "tokens_per_line",
    "cost_per_line_of_code": "cost_per_line_usd",
    "session_productivity_score": "productivity_score",
}

_WHY: Final = {
    **{name: METRICS[metric].reason or "" for name, metric in _FIGURES.items()},
    "tool_efficiency.productivity_correlation": FEW_SESSIONS,
    "time_to_productivity.session_start_to_first_commit_minutes": "no session that began in that piece of time has one",
    "time_to_productivity.session_start_to_first_edit_minutes": "no session that began in that piece of time has one",
}

_SCORES: Final = """
select bucket, session_id, score, started_at, ended_at
from sessions where counts and score is not null and tool_calls > 0 and {where}
order by started_at desc, bucket limit {limit}
"""

_CALLS: Final = """
select t.bucket as bucket, t.tool_name as tool_name, count(*) as n
from tool_calls t
where t.occurred_at >= $first and t.occurred_at <= $last
    and t.bucket in (select bucket from ({scores}) chosen)
group by t.bucket, t.tool_name
"""


def efficiency(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Unit costs, the mean score, tools, and minutes to the first edit and commit over time. Five statements."""
    grain = grain_of(scope.window)
    (figures,) = answer(store, _query(scope, tuple(_FIGURES.values()))).records()
    shown = dict(list(ask_tools(store, scope).items())[:TOP])
    correlations = _correlations(store, scope, shown)
    starts = answer(
        store, _query(scope, ("time_to_first_commit_p50_seconds", "time_to_first_edit_p50_seconds"), grain)
    ).records()
    data = {
        **{name: figures[metric] for name, metric in _FIGURES.items()},
        "tool_efficiency": [
            {
                "tool_name": name,
                "usage_count": counts.calls,
                "success_rate": counts.success_rate,
                "avg_duration_ms": counts.mean_ms,
                "productivity_correlation": correlations.get(name),
            }
            for name, counts in shown.items()
        ],
        "time_to_productivity": fill(
            [
                {
                    grain: row[grain],
                    "session_start_to_first_commit_minutes": _minutes(row["time_to_first_commit_p50_seconds"]),
                    "session_start_to_first_edit_minutes": _minutes(row["time_to_first_edit_p50_seconds"]),
                }
                for row in starts
            ],
            scope,
            grain,
            {"session_start_to_first_commit_minutes": None, "session_start_to_first_edit_minutes": None},
        ),
    }
    return reasoned(data, _WHY | why_null("tool_efficiency"))


def _correlations(store: Store, scope: Scope, tools: Container[str | None]) -> dict[str | None, float | None]:
    """For each of the tools, the rank correlation over sessions of how often it was called and the session's score.

    Over the LATEST sessions that began in the window, have a score and called any tool; who never called this one counts
    with 0. Two statements, so that the second reads only the time of those sessions.
    """
    parameters: dict[str, Any] = {}
    scores = _SCORES.format(where=conditions(scope, parameters, time="started_at"), limit=LATEST)
    sessions = store.query(Statement(name="scores", sql=scores, parameters=parameters)).records()
    if len(sessions) < FEWEST:
        return {}
    parameters |= {"first": min(s["started_at"] for s in sessions), "last": max(s["ended_at"] for s in sessions)}
    rows = store.query(Statement(name="calls_of_scored", sql=_CALLS.format(scores=scores), parameters=parameters)).rows
    calls: dict[str | None, dict[str, int]] = defaultdict(dict)
    for bucket, tool, count in rows:
        calls[tool][bucket] = int(count)
    scores_of = midranks(
        [round(session["score"], 9) for session in sessions]
    )  # equal ones may differ in their last bits
    return {
        tool: of_ranks(midranks([of_tool.get(session["bucket"], 0) for session in sessions]), scores_of)
        for tool, of_tool in calls.items()
        if tool in tools
    }


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60.0


def _query(scope: Scope, metrics: tuple[str, ...], *by: str) -> Query:
    return Query(metrics=metrics, by=by, filters=scope.filters, window=scope.window)
