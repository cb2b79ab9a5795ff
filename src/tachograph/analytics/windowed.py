"""Facts that are cheap over long times: whole days from the day tables, the rest of the window from the rows.

Both give exactly what the rows alone would give. Everything is SQL text of ours; only times are bound.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tachograph.analytics.query import Window

__all__ = ["activity", "between", "usage"]

_WHO = "session_id, agent, user_id, organization_id, project, repository, agent_version, entrypoint"
_USAGE = (
    "agent, user_id, organization_id, model, query_source, outcome, cost_basis, auxiliary, seen_event, seen_console, "
    "seen_span, seen_transcript, seen_hook, seen_sdk, {n} as n, input_tokens, output_tokens, reasoning_tokens, "
    "cache_read_tokens, cache_write_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_search_requests, "
    "{cost} as cost_nanousd"
)


def usage(window: Window, parameters: dict[str, Any]) -> str:
    """Sums of requests with an `n` of rows; time is whole days. Adds what it binds to `parameters`."""
    days = f"select hour as occurred_at, {_USAGE.format(n='n', cost='cost_nanousd')} from hours where 1 = 1"  # noqa: S608
    rows = f"select occurred_at, {_USAGE.format(n='1', cost='coalesce(cost_nanousd, 0)')} from requests where 1 = 1"  # noqa: S608
    return _split(window, parameters, days, lambda condition: [f"{rows} and {condition}"], "usage_")


def activity(window: Window, parameters: dict[str, Any]) -> str:
    """One row per session and day or thing it did. Adds what it binds to `parameters`."""

    def rows(condition: str) -> list[str]:
        return [
            f"select {_WHO}, occurred_at from requests where outcome in ('ok', 'residual') and {condition}",  # noqa: S608
            f"select {_WHO}, occurred_at from prompts where {condition}",  # noqa: S608
            f"select {_WHO}, occurred_at from tool_calls where {condition}",  # noqa: S608
        ]

    days = f"select {_WHO}, hour as occurred_at from session_hours where 1 = 1"  # noqa: S608
    return _split(window, parameters, days, rows, "active")


def between(column: str, window: Window, parameters: dict[str, Any]) -> list[str]:
    """Conditions that keep a column inside the window. Adds what they bind to `parameters`."""
    conditions = []
    if window.start is not None:
        parameters["start"] = window.start
        conditions.append(f"{column} >= $start")
    if window.end is not None:
        parameters["end"] = window.end
        conditions.append(f"{column} < $end")
    return conditions


def _split(window: Window, parameters: dict[str, Any], days: str, rows: Callable[[str], list[str]], alias: str) -> str:
    first = None if window.start is None else _next_hour(window.start)
    last = None if window.end is None else window.end.replace(minute=0, second=0, microsecond=0)
    if first is not None and last is not None and first > last:  # within one day
        parameters["start"], parameters["end"] = window.start, window.end
        parts = rows("occurred_at >= $start and occurred_at < $end")
    else:
        if first is not None:
            parameters["first_day"] = first
            days += " and hour >= $first_day"
        if last is not None:
            parameters["last_day"] = last
            days += " and hour < $last_day"
        parts = [days]
        if first is not None and first != window.start:
            parameters["start"] = window.start
            parts += rows("occurred_at >= $start and occurred_at < $first_day")
        if last is not None and last != window.end:
            parameters["end"] = window.end
            parts += rows("occurred_at >= $last_day and occurred_at < $end")
    return "(" + "\n        union all ".join(parts) + f") {alias}"


def _next_hour(moment: datetime) -> datetime:
    hour = moment.replace(minute=0, second=0, microsecond=0)
    return hour if hour == moment else hour + timedelta(hours=1)
