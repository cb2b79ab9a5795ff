"""Facts that are cheap over long times: whole hours from the hour tables, the rest of the window from the rows.

Both give exactly what the rows alone would give. Everything is SQL text of ours; only times are bound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tachograph.analytics.dimensions import BASIS, Grain
from tachograph.analytics.local_time import HOUR, LocalTime, floor_hour
from tachograph.analytics.query import Window

__all__ = ["activity", "among", "between", "overlapping", "usage", "used"]

_WHO = "session_id, agent, user_id, organization_id, project, repository, agent_version, entrypoint"
_USAGE = (
    "agent, user_id, organization_id, model, query_source, outcome, {basis} as cost_basis, auxiliary, seen_event, seen_console, "
    "seen_span, seen_transcript, seen_hook, seen_sdk, {n} as n, input_tokens, output_tokens, reasoning_tokens, "
    "cache_read_tokens, cache_write_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_search_requests, "
    "{cost} as cost_nanousd"
)
_ACTIVE = {
    "requests": "outcome in ('ok', 'residual') and bucket not like '^%'",  # those have a row each in session_hours
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
    parts += [_where(rows, "occurred_at", stretch.moments) for stretch in cut.rows]
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
    for stretch in cut.rows:
        if stretch.end and not cut.split:  # the rest of an hour, within one local day or hour: one moment tells
            conditions = [c.replace("{t}", "hour") for c in stretch.hours] + stretch.moments
            parts.append(_where(hours.format(at=stretch.end), stretch.end, conditions))
            continue
        near = [c.replace("{t}", "hour") for c in stretch.hours]
        parts += [_where(hours.format(at=end), end, [*near, *stretch.moments]) for end in ("first_at", "last_at")]
        parts += [_active(table, stretch) for table in _ACTIVE]
    return _union(parts, "active")


def used(sql: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that a text binds: engines refuse those it does not."""
    names = set(re.findall(r"\$(\w+)", sql))
    return {name: value for name, value in parameters.items() if name in names}


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


def overlapping(window: Window, parameters: dict[str, Any]) -> list[str]:
    """Conditions that keep the sessions `s` that began before the window's end, and ended after its start.

    Adds what they bind to `parameters`.
    """
    later = between("s.ended_at", replace(window, end=None), parameters)
    return [*later, *between("s.started_at", replace(window, start=None), parameters)]


def among(column: str, values: Sequence[Any], parameters: dict[str, Any], name: str) -> str:
    """A condition that keeps the rows in which a column has one of these values; None is unknown, and of none there is no row.

    Adds what it binds to `parameters`, under names that begin with `name`.
    """
    listed: list[str] = []
    for value in values:
        if value is not None:
            listed.append(f"${name}_{len(listed)}")
            parameters[listed[-1][1:]] = value
    either = [f"{column} in ({', '.join(listed)})"] if listed else []
    either += [f"{column} is null"] if None in values else []
    return f"({' or '.join(either)})" if either else "1 = 0"


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A piece of a window that is looked at row by row, as conditions on a time {t}."""

    moments: list[str]
    hours: list[str]  # on the start of an hour: the hours it touches
    end: str = (
        ""  # which end of its hour is in it, where just one is: last_at for the hour's rest, first_at for its beginning
    )


def _stretch(name: str, start: datetime, end: datetime, parameters: dict[str, Any], at: str = "") -> _Stretch:
    parameters |= {f"{name}_hour": floor_hour(start), f"{name}_from": start, f"{name}_to": end}
    moments = [f"{{t}} >= ${name}_from", f"{{t}} < ${name}_to"]
    return _Stretch(moments, [f"{{t}} >= ${name}_hour", f"{{t}} < ${name}_to"], at)


def _active(table: str, stretch: _Stretch) -> str:
    """When rows of this table were, each with its session as session_hours knows it."""
    who = ", ".join(f"h.{column} as {column}" for column in _WHO.split(", "))
    rows = _where(
        f"select bucket, occurred_at, date_trunc('hour', occurred_at) as hour from {table}",  # noqa: S608
        "occurred_at",
        [*stretch.moments, _ACTIVE[table]],
    )
    hours = _where(f"select bucket, hour, {_WHO} from session_hours", "hour", stretch.hours)  # noqa: S608
    return (
        f"select {who}, r.occurred_at as occurred_at from ({rows}) r "  # noqa: S608
        f"join ({hours}) h on h.bucket = r.bucket and h.hour = r.hour"
    )


@dataclass(slots=True)
class _Cut:
    """A window in pieces: conditions in which {t} stands for an hour's start, or for the time of a row."""

    whole: list[str] | None = None  # the stretch of whole hours in the window; None: it has none
    unbroken: list[str] = field(default_factory=list)  # of these, not the hours within which the clock was changed
    unsplit: list[str] = field(default_factory=list)  # of these, the hours that lie within one local day (or hour) …
    split: list[str] = field(default_factory=list)  # … and the others
    rows: list[_Stretch] = field(default_factory=list)  # the rest of the window


def _cut(window: Window, parameters: dict[str, Any], local: LocalTime, grain: Grain | None) -> _Cut:
    start, end = window.start, window.end
    first = None if start is None else _ceil_hour(start)
    last = None if end is None else floor_hour(end)
    if start is not None and end is not None and _ceil_hour(start) >= floor_hour(end):
        return _Cut(rows=[_stretch("whole", start, end, parameters)])
    cut = _Cut(whole=[])
    if start is not None and first is not None:
        parameters["first_hour"] = first
        cut.whole = ["{t} >= $first_hour"]
        if first != start:
            cut.rows.append(_stretch("head", start, first, parameters, "last_at"))
    if end is not None and last is not None:
        parameters["last_hour"] = last
        cut.whole = [*(cut.whole or []), "{t} < $last_hour"]
        if last != end:
            cut.rows.append(_stretch("tail", last, end, parameters, "first_at"))
    if grain is not None:
        if local.broken_hours:
            cut.rows = [replace(stretch, end="") for stretch in cut.rows]
        for index, hour in enumerate(h for h in local.broken_hours if _is_within(h, first, last)):
            parameters[f"broken_{index}"] = hour
            cut.unbroken.append(f"{{t}} <> $broken_{index}")
            cut.rows.append(_stretch(f"mended_{index}", hour, hour + HOUR, parameters))
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
