"""How many sessions were active at the same time: the most of each piece of time, the mean, and who they were at a moment.

A session is active from one of its records to the next where no more than IDLE lies between them; what is longer is idle
time and cut out. Records are its answered requests, tool calls and prompts, as for sessions that count. A record that
stands alone is a moment: it counts for the most, and for no time. Subagents work inside their session and are no further
one. Rules and reasons: docs/decisions/concurrency.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tachograph.analytics.compile import local_time
from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.analytics.local_time import HOUR, LocalTime, floor_hour
from tachograph.analytics.parameters import whole_number
from tachograph.analytics.pieces import PIECES, Piece, fitting, pieces_of
from tachograph.analytics.query import Window
from tachograph.analytics.running import RECENT
from tachograph.analytics.scope import Question, Scope
from tachograph.analytics.windowed import among, used
from tachograph.analytics.zones import Zone
from tachograph.ports import Statement, Store
from tachograph_sdk.errors import BadWindow, QueryError, UnknownDimension

__all__ = ["CONCURRENCY", "FILTERS", "IDLE", "MOST_IDLE_MINUTES", "MOST_PIECES", "MOST_SESSIONS", "concurrency"]

IDLE: Final = RECENT
"""The longest time between two records of a session that is active: as long as it takes until one runs no longer."""

MOST_IDLE_MINUTES: Final = 24 * 60
MOST_PIECES: Final = 2000
MOST_SESSIONS: Final = 100
"""Of those that were active at one moment, who are told one by one."""

FILTERS: Final = tuple(
    name for name, dimension in DIMENSIONS.items() if "activity" in dimension.sql and dimension.grain is None
)
"""Dimensions to filter by: what all records of a session have, but no pieces of time, which would cut it."""

NOBODY: Final = "no session was active in this time range"
MOMENTS: Final = "all records stand alone: from when to when a session was active is not known"

_RECORDS: Final = (
    ("requests", " and r.outcome in ('ok', 'residual')"),  # as in 80_sessions.sql
    ("tool_calls", ""),
    ("prompts", ""),
)
_PIECE: Final = {piece: f"date_trunc('{piece}', {{local}})" for piece in PIECES if piece != "hour"}

# Of most hours the first and the last record of a session are near enough to each other to tell all: only of the others are
# the records read. And of those, what lies within a part as long as IDLE is never too far from each other.
_PARTS = """
    hours as (
        select bucket, hour, session_id, agent, project, first_at, last_at,
            case when date_diff('microsecond', first_at, last_at) > {idle_us} then 1 else 0 end as is_long
        from session_hours where session_id is not null and hour >= $from_hour and hour <= $to{kept}
    ),
    parts as (
        select session_id, agent, project, first_at, last_at from hours where is_long = 0
        union all
        select session_id, min(agent) as agent, min(project) as project, min(occurred_at) as first_at,
            max(occurred_at) as last_at
        from (
            {records}
        ) records
        group by session_id, part
    )"""

_LONG = """select h.session_id as session_id, h.agent as agent, h.project as project, r.occurred_at as occurred_at,
                floor(date_diff('microsecond', $zero, r.occurred_at) / {idle_us}) as part
            from {table} r join (select * from hours where is_long = 1) h on h.bucket = r.bucket and h.hour = date_trunc('hour', r.occurred_at)
            where r.occurred_at >= $from_hour and r.occurred_at < $to{condition}"""

_STRETCHES = """
    steps as (
        select session_id, first_at, last_at,
            max(last_at) over (
                partition by session_id order by first_at, last_at rows between unbounded preceding and 1 preceding
            ) as before_at,
            row_number() over (partition by session_id order by first_at, last_at) as place
        from parts
    ),
    numbered as (
        select session_id, first_at, last_at,
            sum(case when place = 1 or first_at > later(before_at, {idle}) then 1 else 0 end) over (
                partition by session_id order by place rows between unbounded preceding and current row
            ) as stretch
        from steps
    ),
    stretches as (
        select greatest(min(first_at), $since) as began_at, least(max(last_at), $until) as ended_at
        from numbered group by session_id, stretch
        having max(last_at) >= $since and min(first_at) < $until
    )"""

# At its first and at its last moment a session is active: what begins when another ends is a second one.
_LEVELS = """
with{parts},{stretches},
    changes as (
        select occurred_at, sum(began) as began, sum(ended) as ended from (
            select began_at as occurred_at, 1 as began, 0 as ended from stretches
            union all
            select ended_at as occurred_at, 0 as began, 1 as ended from stretches
        ) ends group by occurred_at
    ),
    levels as (
        select occurred_at, began, ended,
            sum(began - ended) over (order by occurred_at rows between unbounded preceding and current row) as after
        from changes
    ),
    placed as (
        select {piece} as piece, occurred_at, date_diff('microsecond', $since, occurred_at) as us, began - ended as d,
            after + ended as active,
            case when after > 0 then 1 else 0 end - case when after - began + ended > 0 then 1 else 0 end as d_any,
            case when after > 1 then 1 else 0 end - case when after - began + ended > 1 then 1 else 0 end as d_more
        from levels where occurred_at < $until
    ),
    topped as (select *, max(active) over (partition by piece) as most from placed)
select piece, max(most) as peak, min(case when active = most then occurred_at end) as peak_at,
    sum(d) as change, sum(d * us) as change_us, sum(d_any) as any_change, sum(d_any * us) as any_us,
    sum(d_more) as more_change, sum(d_more * us) as more_us
from topped group by piece order by piece"""

_AT = """
with{parts},
    spans as (
        select session_id, min(agent) as agent, min(project) as project,
            max(case when first_at <= $at then least(last_at, $at) end) as before_at,
            min(case when last_at >= $at then greatest(first_at, $at) end) as after_at
        from parts group by session_id
    )
select session_id, agent, project from spans
where before_at is not null and after_at is not null and after_at <= later(before_at, {idle})
order by session_id"""

_UNPLACED = """
select 'reported' as what, count(*) as n from hook_sessions
where {within}{reported} and (session_id is null or session_id not in (
    select session_id from session_hours where session_id is not null
))
union all
select 'unnamed' as what, count(*) as n from requests
where {within}{requests} and session_id is null and outcome in ('ok', 'residual')"""


@dataclass(slots=True, kw_only=True)
class _Course:
    """How many are active from some moment on, and for how long there was anybody."""

    level: int = 0
    any: int = 0  # 1: at least one is
    more: int = 0  # 1: at least two are


def concurrency(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Sessions that were active at the same time.

    The scope's own parameters: `grain` (hour, day, week, month; default as fits the window), `idle_minutes` (1 to 1440,
    default IDLE), `at` (a moment, default that of the window's peak: whose sessions are told).

    Returns:
        `grain`; `idle_minutes`; `whole` and, for each piece of time, one of `pieces`: `peak`, `peak_at` (its first moment, or
        null), `session_seconds` (of all together), `busy_seconds` (at least one was active), `shared_seconds` (at least
        two), `mean` (the first over the second, or null); `at`: the moment, or null, with `count`, the `sessions` and how
        many are `left_out`; `unplaced`: what tells no moments: sessions of which only the end was reported, and requests
        that name no session; `reason`: why there is no mean, or null.

    Raises:
        UnknownDimension: a filter is not one of FILTERS.
        QueryError: a parameter cannot be read.
        QueryTooLarge: there are more than MOST_PIECES pieces.
    """
    for name in scope.filters:
        if name not in FILTERS:
            raise UnknownDimension(
                f"sessions at the same time cannot be filtered by {name!r}", hint=f"filters are: {', '.join(FILTERS)}"
            )
    minutes = whole_number(scope.parameters, "idle_minutes", 1, MOST_IDLE_MINUTES)
    idle = IDLE if minutes is None else timedelta(minutes=minutes)
    window = _bounded(store, scope)
    grain = _grain(scope, window)
    pieces = [] if window is None else _pieces(store, scope, window, grain, idle)
    whole = _together(pieces)
    at = _moment(scope, whole)
    return {
        "grain": grain,
        "idle_minutes": idle // timedelta(minutes=1),
        "whole": _named(whole, scope.window.zone),
        "pieces": [{"piece": one["piece"], **_named(one, scope.window.zone)} for one in pieces],
        "at": None if at is None else _active_at(store, scope, at, idle),
        "unplaced": _unplaced(store, scope),
        "reason": None if whole["mean"] is not None else MOMENTS if whole["peak"] else NOBODY,
    }


CONCURRENCY = Question(make=concurrency, parameters=frozenset({"grain", "idle_minutes", "at"}))


def _bounded(store: Store, scope: Scope) -> Window | None:
    """The window with both ends: from the first record of anybody to the moment of asking. None: there is nothing in it."""
    start, end = scope.window.start, min(scope.window.end or scope.now, scope.now)
    if start is None:
        bound: dict[str, Any] = {}
        sql = f"select min(first_at) from session_hours where session_id is not null{_kept(scope, bound)}"  # noqa: S608
        ((start,),) = store.query(Statement(name="first_active", sql=sql, parameters=bound)).rows
    return None if start is None or start >= end else Window(start=start, end=end, zone=scope.window.zone)


def _grain(scope: Scope, window: Window | None) -> Piece:
    named = scope.parameters.get("grain", "auto")
    if named in PIECES:
        return next(piece for piece in PIECES if piece == named)
    if named != "auto":
        raise QueryError(f"{named[:40]!r} is not a grain", hint=f"use one of auto, {', '.join(PIECES)}")
    if window is None or window.start is None or window.end is None:
        return "day"
    return fitting(window.end - window.start)


def _pieces(store: Store, scope: Scope, window: Window, grain: Piece, idle: timedelta) -> list[dict[str, Any]]:
    since, until = window.start, window.end
    assert since is not None
    assert until is not None
    names = pieces_of(grain, window, found=[], now=until, most=MOST_PIECES)
    bound: dict[str, Any] = {"since": since, "until": until}
    local = local_time(window, "hour" if grain == "hour" else "day", None, bound)
    parts = _parts(scope, bound, _earlier(since, idle), _later(until, idle), idle)
    stretches = _STRETCHES.format(idle=idle // timedelta(seconds=1))
    sql = _LEVELS.format(parts=parts, stretches=stretches, piece=_piece(grain, local))
    rows = store.query(Statement(name="concurrency", sql=sql, parameters=used(sql, bound)), max_rows=MOST_PIECES + 10)
    found = {_piece_name(grain, row["piece"], window.zone): row for row in rows.records()}
    starts = [max(_start_of(grain, name, window.zone), since) for name in names]
    course = _Course()
    return [
        _one(name, begins, ends, found.get(name), course, since)
        for name, begins, ends in zip(names, starts, [*starts[1:], until], strict=True)
    ]


def _one(
    name: str, begins: datetime, ends: datetime, row: Mapping[str, Any] | None, course: _Course, since: datetime
) -> dict[str, Any]:
    """One piece: what was active when it began, and each change within it for the time that was left of it."""
    length, left = _us(ends - begins), _us(ends - since)
    told: dict[str, Any] = {"piece": name, "peak": course.level, "peak_at": begins if course.level else None}
    if row is not None and int(row["peak"]) > course.level:
        told |= {"peak": int(row["peak"]), "peak_at": row["peak_at"]}
    sums = [course.level * length, course.any * length, course.more * length]
    if row is not None:
        for place, of in enumerate(("change", "any", "more")):
            change = int(row["change" if of == "change" else f"{of}_change"])
            sums[place] += change * left - int(row[f"{of}_us"])
        course.level += int(row["change"])
        course.any += int(row["any_change"])
        course.more += int(row["more_change"])
    return {**told, **_times(*sums)}


def _times(session_us: int, busy_us: int, shared_us: int) -> dict[str, Any]:
    return {
        "session_seconds": session_us / 1_000_000,
        "busy_seconds": busy_us / 1_000_000,
        "shared_seconds": shared_us / 1_000_000,
        "mean": session_us / busy_us if busy_us else None,
    }


def _together(pieces: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All pieces as one: the first of the highest peaks."""
    top: Mapping[str, Any] = max(pieces, key=lambda one: int(one["peak"]), default={"peak": 0, "peak_at": None})
    sums = [
        round(sum(one[n] for one in pieces) * 1_000_000) for n in ("session_seconds", "busy_seconds", "shared_seconds")
    ]
    return {"peak": top["peak"], "peak_at": top["peak_at"], **_times(*sums)}


def _moment(scope: Scope, whole: Mapping[str, Any]) -> datetime | None:
    text = scope.parameters.get("at")
    if text is None:
        peak_at: datetime | None = whole["peak_at"]
        return peak_at
    try:
        moment = datetime.fromisoformat(text)
        zone = scope.window.zone
        utc = zone.utc_of(moment) if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise BadWindow(f"{text[:40]!r} is not a time", hint="write at=2026-11-20T09:30:00Z") from error
    return min(max(utc, datetime(2, 1, 1)), datetime(9998, 12, 31))  # noqa: DTZ001 - UTC, as stores keep times


def _active_at(store: Store, scope: Scope, at: datetime, idle: timedelta) -> dict[str, Any]:
    bound: dict[str, Any] = {"at": at}
    sql = _AT.format(
        parts=_parts(scope, bound, _earlier(at, idle), _later(at, idle), idle), idle=idle // timedelta(seconds=1)
    )
    rows = store.query(Statement(name="active_at", sql=sql, parameters=used(sql, bound))).records()
    return {
        "moment": scope.window.zone.as_text(at),
        "count": len(rows),
        "sessions": [
            {"session": row["session_id"], "agent": row["agent"], "project": row["project"]}
            for row in rows[:MOST_SESSIONS]
        ],
        "left_out": max(0, len(rows) - MOST_SESSIONS),
    }


def _unplaced(store: Store, scope: Scope) -> dict[str, int]:
    bound: dict[str, Any] = {}
    within = ["1 = 1"]
    for name, moment, sign in (("start", scope.window.start, ">="), ("end", scope.window.end, "<")):
        if moment is not None:
            bound[name] = moment
            within.append(f"occurred_at {sign} ${name}")
    kept = _kept(scope, bound)
    sql = _UNPLACED.format(within=" and ".join(within), reported=kept, requests=kept)
    counts = dict(store.query(Statement(name="unplaced", sql=sql, parameters=used(sql, bound))).rows)
    return {"reported_sessions": int(counts["reported"]), "unnamed_requests": int(counts["unnamed"])}


def _parts(scope: Scope, bound: dict[str, Any], first: datetime, last: datetime, idle: timedelta) -> str:
    """From when to when sessions were active beyond doubt, near a time and in pieces. Adds what it binds to `bound`."""
    bound |= {"from_hour": floor_hour(first), "to": last + HOUR, "zero": datetime(1970, 1, 1)}  # noqa: DTZ001 - UTC
    idle_us = _us(idle)
    records = "\n            union all\n            ".join(
        _LONG.format(table=table, condition=condition, idle_us=idle_us) for table, condition in _RECORDS
    )
    return _PARTS.format(idle_us=idle_us, records=records, kept=_kept(scope, bound))


def _kept(scope: Scope, bound: dict[str, Any]) -> str:
    """For after other conditions."""
    return "".join(
        f" and {among(DIMENSIONS[name].sql['activity'], values, bound, f'f{index}')}"
        for index, (name, values) in enumerate(scope.filters.items())
    )


def _piece(grain: Piece, local: LocalTime) -> str:
    return local.hour("occurred_at") if grain == "hour" else _PIECE[grain].format(local=local.of("occurred_at"))


def _piece_name(grain: Piece, cell: Any, zone: Zone) -> str:
    if grain == "hour":
        return zone.as_text(cell)
    day: str = cell.date().isoformat() if isinstance(cell, datetime) else cell.isoformat()
    return day


def _start_of(grain: Piece, name: str, zone: Zone) -> datetime:
    if grain == "hour":
        return datetime.fromisoformat(name).astimezone(UTC).replace(tzinfo=None)
    return zone.utc_of(datetime.fromisoformat(name))


def _named(told: Mapping[str, Any], zone: Zone) -> dict[str, Any]:
    """As the API tells it."""
    at = told["peak_at"]
    figures = {name: told[name] for name in ("session_seconds", "busy_seconds", "shared_seconds", "mean")}
    return {"peak": told["peak"], "peak_at": None if at is None else zone.as_text(at), **figures}


def _us(length: timedelta) -> int:
    return length // timedelta(microseconds=1)


def _earlier(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment - by
    except OverflowError:
        return moment


def _later(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return moment
