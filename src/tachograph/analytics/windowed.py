"""Facts that are cheap over long times: whole hours from the hour tables, the rest of the window from the rows.

Both give exactly what the rows alone would give. Everything is SQL text of ours; only times are bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tachograph.analytics.dimensions import BASIS, Grain
from tachograph.analytics.local_time import HOUR, LocalTime, floor_hour
from tachograph.analytics.query import Window

__all__ = ["activity", "between", "usage"]

_WHO = "session_id, agent, user_id, organization_id, project, repository, agent_version, entrypoint"
_USAGE = (
    "agent, user_id, organization_id, model, query_source, outcome, {basis} as cost_basis, auxiliary, seen_event, seen_console, "
    "seen_span, seen_transcript, seen_hook, seen_sdk, {n} as n, input_tokens, output_tokens, reasoning_tokens, "
    "cache_read_tokens, cache_write_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_search_requests, "
    "{cost} as cost_nanousd"
)
_ACTIVE = {
    "requests": "outcome in ('ok', 'residual') and not starts_with(bucket, '^')",  # those have a row each in session_hours
    "prompts": "1 = 1",
    "tool_calls": "1 = 1",
}
"""What makes a session active, as in 80_sessions.sql."""


def usage(window: Window, parameters: dict[str, Any], local: LocalTime, grain: Grain | None = None) -> str:
    """Sums of requests with an `n` of rows, timed by their hour. Adds what it binds to `parameters`."""
    cut = _cut(window, parameters, local, grain)
    hours = f"select hour as occurred_at, {_USAGE.format(basis='cost_basis', n='n', cost='cost_nanousd')} from hours"  # noqa: S608
    rows = f"select occurred_at, {_USAGE.format(basis=BASIS, n='1', cost='coalesce(cost_nanousd, 0)')} from requests"  # noqa: S608
    parts = []
    if cut.whole is not None:
        parts.append(_where(hours, "hour", [*cut.whole, *cut.unbroken, *cut.unsplit]))
        if cut.split:
            inside = [c.replace("{t}", "date_trunc('hour', {t})") for c in (*cut.unbroken, *cut.split)]
            parts.append(_where(rows, "occurred_at", [*cut.whole, *inside]))
    parts += [_where(rows, "occurred_at", conditions) for conditions in cut.rows]
    return _union(parts, "usage_")


def activity(window: Window, parameters: dict[str, Any], local: LocalTime, grain: Grain | None = None) -> str:
    """Rows that say which session was active when. Adds what it binds to `parameters`."""
    cut = _cut(window, parameters, local, grain)
    hours = f"select {_WHO}, {{at}} as occurred_at from session_hours"  # noqa: S608
    parts = []
    if cut.whole is not None:
        parts.append(_where(hours.format(at="hour"), "hour", [*cut.whole, *cut.unbroken, *cut.unsplit]))
        if cut.split:  # one local day or hour begins within it: the first and the last moment tell all that it touched
            conditions = [*cut.whole, *cut.unbroken, *cut.split]
            parts += [_where(hours.format(at=end), "hour", conditions) for end in ("first_at", "last_at")]
    for conditions in cut.rows:
        parts += [_where(hours.format(at=end), end, conditions) for end in ("first_at", "last_at")]
        parts += [_active(table, conditions) for table in _ACTIVE]
    return _union(parts, "active")


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


def _active(table: str, conditions: Sequence[str]) -> str:
    """When rows of this table were, each with its session as session_hours knows it."""
    who = ", ".join(f"h.{column} as {column}" for column in _WHO.split(", "))
    rows = _where(f"select bucket, occurred_at from {table}", "occurred_at", [*conditions, _ACTIVE[table]])  # noqa: S608
    return (
        f"select {who}, r.occurred_at as occurred_at from ({rows}) r "  # noqa: S608
        "join session_hours h on h.bucket = r.bucket and h.hour = date_trunc('hour', r.occurred_at)"
    )


@dataclass(slots=True)
class _Cut:
    """A window in pieces: conditions in which {t} stands for an hour's start, or for the time of a row."""

    whole: list[str] | None = None  # the stretch of whole hours in the window; None: it has none
    unbroken: list[str] = field(default_factory=list)  # of these, not the hours within which the clock was changed
    unsplit: list[str] = field(default_factory=list)  # of these, the hours that lie within one local day (or hour) …
    split: list[str] = field(default_factory=list)  # … and the others
    rows: list[list[str]] = field(default_factory=list)  # the rest of the window, stretch by stretch


def _cut(window: Window, parameters: dict[str, Any], local: LocalTime, grain: Grain | None) -> _Cut:
    first = None if window.start is None else _ceil_hour(window.start)
    last = None if window.end is None else floor_hour(window.end)
    if first is not None and last is not None and first >= last:
        return _Cut(rows=[between("{t}", window, parameters)])
    cut = _Cut(whole=[])
    for name, hour, end, inside, outside in (
        ("start", first, window.start, "{t} >= $first_hour", ["{t} >= $start", "{t} < $first_hour"]),
        ("end", last, window.end, "{t} < $last_hour", ["{t} >= $last_hour", "{t} < $end"]),
    ):
        if hour is not None:
            parameters["first_hour" if name == "start" else "last_hour"] = hour
            cut.whole = [*(cut.whole or []), inside]
            if hour != end:
                parameters[name] = end
                cut.rows.append(outside)
    if grain is not None:
        for index, hour in enumerate(h for h in local.broken_hours if _is_within(h, first, last)):
            parameters |= {f"broken_{index}": hour, f"mended_{index}": hour + HOUR}
            cut.unbroken.append(f"{{t}} <> $broken_{index}")
            cut.rows.append([f"{{t}} >= $broken_{index}", f"{{t}} < $mended_{index}"])
        split = local.splits(grain, "{t}")
        if split is not None:
            cut.split, cut.unsplit = [split], [f"not ({split})"]
    return cut


def _is_within(hour: datetime, first: datetime | None, last: datetime | None) -> bool:
    return (first is None or hour >= first) and (last is None or hour < last)


def _ceil_hour(moment: datetime) -> datetime:
    hour = floor_hour(moment)
    return hour if hour == moment else hour + HOUR


def _where(select: str, column: str, conditions: Sequence[str]) -> str:
    return f"{select} where {' and '.join(c.replace('{t}', column) for c in conditions) or '1 = 1'}"


def _union(parts: Sequence[str], alias: str) -> str:
    return "(" + "\n        union all ".join(parts) + f") {alias}"
