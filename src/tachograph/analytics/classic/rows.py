"""What happened, row by row, as points: the last of it, or all of one session by the minute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from tachograph.analytics.classic.points import NAMES
from tachograph.analytics.classic.selecting import conditions
from tachograph.analytics.scope import Scope
from tachograph.ports import Statement, Store
from tachograph_sdk.errors import UnknownMetric

__all__ = ["LAST", "last_points", "session_points"]

LAST = 10  # points of recent activity

_RECENT = timedelta(hours=24)

# Which figures mean what depends on `what`: see _unpacked.
_ROWS: Final = """
    select occurred_at as moment, 'request' as what, model as label, null as decision, input_tokens as a,
        output_tokens as b, cache_read_tokens as c, cache_write_tokens as d, coalesce(cost_nanousd, 0) as e,
        null as seconds
    from requests where {where}
    union all
    select occurred_at, 'tool', tool_name, decision, 1, 0, 0, 0, 0, null from tool_calls where {where}
    union all
    select occurred_at, 'prompt', null, null, 1, 0, 0, 0, 0, null
    from prompts where prompt_origin in ('human', 'command') and {where}
    union all
    select occurred_at, 'outcome', active_by, null, lines_added, lines_removed, commits, pull_requests, 0, active_seconds
    from outcomes where {where}
    union all
    select started_at, 'session', null, null, 1, 0, 0, 0, 0, null from sessions where counts and {began}
"""

_LATEST: Final = """
select moment, what, label, decision, a, b, c, d, e, seconds from ({rows}) every
order by moment desc, what, label, decision limit {limit}
"""

_BY_MINUTE: Final = """
select minute as moment, what, label, decision, sum(a) as a, sum(b) as b, sum(c) as c, sum(d) as d, sum(e) as e,
    sum(seconds) as seconds
from (select date_trunc('minute', moment) as minute, what, label, decision, a, b, c, d, e, seconds from ({rows}) every) cut
group by minute, what, label, decision order by minute, what, label, decision
"""


def last_points(store: Store, scope: Scope) -> list[dict[str, Any]]:
    """The last points of the window, the latest first: of its last 24 hours, at most LAST. One statement."""
    end = scope.window.end or scope.now
    try:
        start = end - _RECENT
    except OverflowError:
        start = end.min
    if scope.window.start is not None:
        start = max(start, scope.window.start)
    rows = _ask(store, replace(scope, window=replace(scope.window, start=start)), "last_points", _LATEST, limit=LAST)
    return [point for row in rows for point in _unpacked(row, scope)][:LAST]


def session_points(store: Store, scope: Scope) -> list[dict[str, Any]]:
    """What happened in the sessions that the scope keeps, by the minute, in order of time. One statement.

    The scope's own parameter `metric_name` keeps one of NAMES. Raises UnknownMetric.
    """
    name = scope.parameters.get("metric_name")
    if name is not None and name not in NAMES:
        raise UnknownMetric("there is no such metric of a session", hint=f"metrics are: {', '.join(NAMES)}")
    points = [point for row in _ask(store, scope, "session_points", _BY_MINUTE) for point in _unpacked(row, scope)]
    points = [point for point in points if name is None or point["name"] == name]
    points.sort(key=lambda point: (point["timestamp"], point["name"], sorted(point["labels"].items())))
    return points


def _ask(store: Store, scope: Scope, name: str, sql: str, **more: Any) -> list[dict[str, Any]]:
    parameters: dict[str, Any] = {}
    rows = _ROWS.format(where=conditions(scope, parameters), began=conditions(scope, parameters, time="started_at"))
    return store.query(Statement(name=name, sql=sql.format(rows=rows, **more), parameters=parameters)).records()


def _unpacked(row: Mapping[str, Any], scope: Scope) -> Iterator[dict[str, Any]]:
    """The points in one row: of what it has any of."""
    label, decision = row["label"], row["decision"]
    model = {"model": label}
    amounts: dict[str, list[tuple[str, Any, dict[str, str | None]]]] = {
        "request": [
            ("claude_code.token.usage", row["a"], {"type": "input", **model}),
            ("claude_code.token.usage", row["b"], {"type": "output", **model}),
            ("claude_code.token.usage", row["c"], {"type": "cacheRead", **model}),
            ("claude_code.token.usage", row["d"], {"type": "cacheCreation", **model}),
            ("claude_code.cost.usage", row["e"] / 1e9, model),
        ],
        "tool": [("claude_code.tool.usage", row["a"], {"tool_name": label, "decision": decision})],
        "prompt": [("claude_code.user_prompt.count", row["a"], {})],
        "outcome": [
            ("claude_code.lines_of_code.count", row["a"], {"type": "added"}),
            ("claude_code.lines_of_code.count", row["b"], {"type": "removed"}),
            ("claude_code.commit.count", row["c"], {}),
            ("claude_code.pull_request.count", row["d"], {}),
            ("claude_code.active_time.total", row["seconds"], {"type": label}),
        ],
        "session": [("claude_code.session.count", row["a"], {})],
    }
    for name, value, labels in amounts[row["what"]]:
        if value:
            yield {
                "timestamp": scope.window.zone.as_text(row["moment"]),
                "name": name,
                "value": float(value),
                "labels": {key: text for key, text in labels.items() if text is not None},
            }
