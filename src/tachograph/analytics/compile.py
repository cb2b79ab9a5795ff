"""From a question to one statement. Values are bound; identifiers come from the registries only.

A statement has one part per fact (each with its own grouping), stacked by `union all` and folded by an outer group,
which joins facts without tripping over unknown (null) dimension values. What is made of several metrics is worked out
there. Inner columns are named k0, v0, …, because ClickHouse would take an output name that equals a column for that
column's replacement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tachograph.analytics.dimensions import DIMENSIONS, Dimension, Fact, Grain
from tachograph.analytics.facts import source_of
from tachograph.analytics.local_time import LocalTime
from tachograph.analytics.metrics import METRICS, Metric, dimensions_of, part_of
from tachograph.analytics.query import Query, Window
from tachograph.analytics.spelling import hint_of
from tachograph.analytics.untold import TOLD, may_be_untold, untold_in, untold_sql
from tachograph.analytics.windowed import among, used
from tachograph.analytics.zones import UTC_ZONE, Zone
from tachograph.ports import Result, Statement, Store
from tachograph_sdk.errors import QueryError, UnknownDimension, UnknownMetric

__all__ = [
    "Extent",
    "answer",
    "ask",
    "compile_query",
    "extent_of",
    "fact_for",
    "filter_conditions",
    "half_up",
    "local_time",
]

Extent = tuple[datetime, datetime]
"""The first and the last time (UTC) that a store may hold: within it a zone's changes have to be known."""

_ANY_TIME: Extent = (datetime(1970, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - UTC, as stores keep times
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_LONG = timedelta(days=3 * 365)  # of a longer window the store is asked what it holds: three years are six changes


def answer(
    store: Store, query: Query, *, untold: bool = False, timeout_s: float = 30.0, max_rows: int = 100_000
) -> Result:
    """Ask the store and shape the cells.

    Costs in whole micro-dollars or dollars, empty sums as their metric says, days as 2026-11-20, hours with the offset
    of the window's zone. `untold`: null instead of 0 where filters may have missed what no source told, see untold.py.
    """
    metrics = [_metric(name) for name in query.metrics]
    return ask(store, query, metrics, untold=untold, timeout_s=timeout_s, max_rows=max_rows)


def ask(
    store: Store,
    query: Query,
    metrics: Sequence[Metric],
    *,
    arrange: Callable[[str], str] = lambda sql: sql,
    untold: bool = False,
    timeout_s: float = 30.0,
    max_rows: int = 100_000,
) -> Result:
    """The answer for these metrics instead of those the query names; `arrange` makes the statement's text into another
    with the same columns; `untold` as of `answer`.
    """  # noqa: D205 - one sentence
    statement = _compile(query, metrics, extent_of(store, query, metrics), untold)
    statement = replace(statement, sql=arrange(statement.sql))
    raw = store.query(statement, timeout_s=timeout_s, max_rows=max_rows)
    shapes: list[Dimension | Metric] = [*[DIMENSIONS[name] for name in query.by], *metrics]
    zone = query.window.zone
    wanted = _wanted(query) if untold else []
    doubted = {metric.name for metric in metrics if untold and may_be_untold(metric, query, wanted)}
    is_null = [isinstance(shape, Metric) and shape.name in doubted for shape in shapes]
    return Result(
        columns=raw.columns,
        rows=[
            tuple(
                None if cell is None and unknown else _shape(shape, cell, zone)
                for shape, cell, unknown in zip(shapes, row, is_null, strict=True)
            )
            for row in raw.rows
        ],
    )


def extent_of(store: Store, query: Query, metrics: Sequence[Metric]) -> Extent | None:
    """What the store holds, if that matters: the question needs local times of a zone in a window without ends."""
    window = query.window
    if window.zone.is_utc or _grain(_wanted(query), _measured(metrics)) is None:
        return None
    if window.start is not None and window.end is not None and window.end - window.start < _LONG:
        return None
    ((first, last),) = store.query(Statement(name="extent", sql=_EXTENT)).rows
    return None if first is None else (first, last + timedelta(hours=1))


_EXTENT = """
select min(first_hour), max(last_hour) from (
    select min(hour) as first_hour, max(hour) as last_hour from hours
    union all
    select min(hour), max(hour) from session_hours
    union all
    select min(occurred_at), max(occurred_at) from outcomes
    union all
    select min(occurred_at), max(occurred_at) from limits
    union all
    select min(occurred_at), max(occurred_at) from feature_uses
    union all
    select min(occurred_at), max(occurred_at) from hook_sessions
    union all
    select min(occurred_at), max(occurred_at) from compactions
    union all
    select min(started_at), max(started_at) from sessions
) extents
"""


def compile_query(query: Query, extent: Extent | None = None, *, untold: bool = False) -> Statement:
    """One statement with the dimensions first, then the metrics, ordered by the dimensions.

    Args:
        query: what is asked.
        extent: what the store holds, for local times in windows without ends; without it 1970 to 2100.
        untold: as of `answer`.

    Raises:
        UnknownMetric, UnknownDimension: a name is not in the registry, or a metric cannot be split or filtered that way;
            the message lists what can.
    """
    if not query.metrics:
        raise QueryError("no metric is asked for", hint=f"metrics are: {', '.join(METRICS)}")
    return _compile(query, [_metric(name) for name in query.metrics], extent, untold)


def _compile(query: Query, metrics: Sequence[Metric], extent: Extent | None, untold: bool) -> Statement:
    if not metrics:
        raise QueryError("none of the metrics can be split and filtered that way", hint="leave a filter out")
    if len({metric.name for metric in metrics}) != len(metrics):
        raise QueryError("a metric is asked for twice")
    by = [_dimension(name) for name in query.by]
    if len({d.name for d in by}) != len(by):
        raise QueryError("a dimension is asked for twice")
    wanted = _wanted(query)
    for metric in metrics:
        _check(metric, wanted)
    measured = _measured(metrics)
    facts: dict[Fact, list[int]] = {}
    for index, metric in enumerate(measured):
        facts.setdefault(fact_for(metric, wanted), []).append(index)
    parameters: dict[str, Any] = {}
    grain = _grain(wanted, measured)
    local = local_time(query.window, grain, extent, parameters)
    missed = {fact: untold_in(fact, query) if untold else () for fact in facts}
    told = (f", 1 as {TOLD}", f", 0 as {TOLD}") if any(missed.values()) else ("", "")
    parts = [
        _part(fact, indexes, measured, by, query, local, grain, parameters, told[0]) for fact, indexes in facts.items()
    ]
    parts += [
        _part(fact, indexes, measured, by, query, local, grain, parameters, told[1], missed[fact])
        for fact, indexes in facts.items()
        if missed[fact]
    ]
    keys = ", ".join(f"k{i}" for i in range(len(by)))
    doubts = {metric.name: untold_sql(f"v{i}") for i, metric in enumerate(measured) if missed[fact_for(metric, wanted)]}
    values = {
        metric.name: (f"max(case when {TOLD} = 1 then v{i} end)" if metric.name in doubts else f"max(v{i})", metric)
        for i, metric in enumerate(measured)
    }
    outer = [f"k{i} as {d.name}" for i, d in enumerate(by)]
    outer += [f"{_outer(metric, values, doubts)} as {metric.name}" for metric in metrics]
    sql = f"select {', '.join(outer)}\nfrom (\n" + "\n    union all\n".join(parts) + "\n) stacked"
    if by:
        order = ", ".join(d.order(f"k{i}") for i, d in enumerate(by))
        sql += f"\ngroup by {keys}\norder by {order}"
    if query.limit is not None:
        sql += f"\nlimit {int(query.limit)}"
    return Statement(name="query_" + "_".join(m.name for m in metrics)[:60], sql=sql, parameters=used(sql, parameters))


def _measured(metrics: Sequence[Metric]) -> list[Metric]:
    """Everything that has to be summed up for these, each once: themselves, or what they are made of."""
    found: dict[str, Metric] = {}
    for metric in metrics:
        for name in metric.parts:
            found.setdefault(name, part_of(name))
        if not metric.made_of:
            found.setdefault(metric.name, metric)
    return list(found.values())


def _outer(metric: Metric, values: Mapping[str, tuple[str, Metric]], doubts: Mapping[str, str]) -> str:
    """A metric's column in the outer select: the value of its part of the stack, or what is made of several.

    Null where the value, or one that it is made of, is in doubt, and then 0 where nothing was found.
    """
    text = _made(metric, values)
    about = [f"({doubts[name]})" for name in metric.parts or (metric.name,) if name in doubts]
    if not about:
        return text
    shown = text if metric.empty is None else f"coalesce({text}, {metric.empty})"
    return f"case when {' or '.join(about)} then null else {shown} end"


def _made(metric: Metric, values: Mapping[str, tuple[str, Metric]]) -> str:
    if not metric.made_of:
        return values[metric.name][0]
    text = metric.made_of
    for name in metric.parts:
        value, part = values[name]
        text = text.replace(f"{{{name}}}", value if part.empty is None else f"coalesce({value}, {part.empty})")
    return text


def local_time(window: Window, grain: Grain | None, extent: Extent | None, parameters: dict[str, Any]) -> LocalTime:
    """Local time within a window; UTC where nobody asks for local times."""
    low, high = extent or _ANY_TIME
    first, last = window.start or low, window.end or high
    if extent is not None:
        first, last = max(first, low), min(last, high)
    return LocalTime(window.zone if grain else UTC_ZONE, first, max(first, last), parameters)


def fact_for(metric: Metric, wanted: Sequence[Dimension]) -> Fact:
    """The first fact of a measured metric that has all these dimensions. Raises UnknownDimension."""
    for fact in metric.sql:
        if all(fact in dimension.sql for dimension in wanted):
            return fact
    raise _cannot(metric, wanted)


def _check(metric: Metric, wanted: Sequence[Dimension]) -> None:
    """Raises UnknownDimension if a metric, or a part of it, cannot be split or filtered by all of these together."""
    parts = [part_of(name) for name in metric.parts] or [metric]
    fits = all(any(all(fact in d.sql for d in wanted) for fact in part.sql) for part in parts)
    if not fits or any(d.name in each.never_by for d in wanted for each in (metric, *parts)):
        raise _cannot(metric, wanted)


def _cannot(metric: Metric, wanted: Sequence[Dimension]) -> UnknownDimension:
    asked = " and ".join(dict.fromkeys(d.name for d in wanted))
    return UnknownDimension(
        f"{metric.name} cannot be split or filtered by {asked}",
        hint=f"{metric.name} goes with: {', '.join(dimensions_of(metric))}",
    )


def half_up(nano: int, parts: int = 1000) -> int:
    """Nano-dollars (or what `parts` of make a micro-dollar) as whole micro-dollars, rounded half up."""
    return (int(nano) + parts // 2) // parts


def _part(
    fact: Fact,
    indexes: Sequence[int],
    measured: Sequence[Metric],
    by: Sequence[Dimension],
    query: Query,
    local: LocalTime,
    grain: Grain | None,
    parameters: dict[str, Any],
    told: str,
    missed: Sequence[str] = (),
) -> str:
    """One fact's part of the stack: the rows that the filters keep, or those that `missed`, some of them, only may miss.

    `told` is a column that says which. Each is read for itself: that takes half the time of telling them apart by row.
    """
    columns = [f"{_expression(d, fact, local)} as k{i}" for i, d in enumerate(by)]
    for index, metric in enumerate(measured):
        value = _local(metric.sql[fact], local) if index in indexes else "null"
        columns.append(f"{value} as v{index}")
    source, conditions = source_of(fact, query.window, parameters, local, grain)
    kept = dict(zip(query.filters, filter_conditions(fact, query, local, parameters), strict=True))
    if missed:
        null = {name: f"({_expression(DIMENSIONS[name], fact, local)}) is null" for name in missed}
        wide = {name: f"({kept.pop(name)} or {null[name]})" for name in missed}
        conditions = [*conditions, f"({' or '.join(null.values())})", *(wide.values() if len(wide) > 1 else ())]
    conditions = [*conditions, *kept.values()]
    sql = f"    select {', '.join(columns)}{told}\n    from {source}"  # noqa: S608 - registry names only
    if conditions:
        sql += f"\n    where {' and '.join(conditions)}"
    if by:
        sql += f"\n    group by {', '.join(str(i + 1) for i in range(len(by)))}"
    return sql


def _local(text: str, local: LocalTime) -> str:
    return text.replace("{local}", local.of("occurred_at")) if "{local}" in text else text


def _expression(dimension: Dimension, fact: Fact, local: LocalTime) -> str:
    text = dimension.sql[fact]
    return local.hour("occurred_at") if text == "{hour}" else _local(text, local)


def filter_conditions(fact: Fact, query: Query, local: LocalTime, parameters: dict[str, Any]) -> list[str]:
    """Conditions that keep the rows of a fact which the filters ask for. Adds what they bind to `parameters`."""
    conditions = []
    for index, (name, values) in enumerate(query.filters.items()):
        dimension = DIMENSIONS[name]
        typed = [None if value is None else _typed(dimension, value, query.window.zone) for value in values]
        conditions.append(among(f"({_expression(dimension, fact, local)})", typed, parameters, f"f{index}"))
    return conditions


def _typed(dimension: Dimension, value: str, zone: Zone) -> str | int | datetime:
    try:
        if dimension.type == "number":
            if not _NUMBER.fullmatch(value):
                raise ValueError(value)
            return int(value)
        if dimension.type == "time":
            moment = datetime.fromisoformat(value)
            if dimension.grain == "hour":  # a moment
                return zone.utc_of(moment) if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
            if moment.tzinfo is not None:
                moment = zone.local_of(moment.astimezone(UTC).replace(tzinfo=None))
            return moment.replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise QueryError(
            f"{value!r} is not a value of {dimension.name}", hint="numbers as 7, days and hours as 2026-11-20T09:00"
        ) from error
    return str(value)


def _wanted(query: Query) -> list[Dimension]:
    """What the question splits by and filters by."""
    return [_dimension(name) for name in (*query.by, *query.filters)]


def _grain(wanted: Sequence[Dimension], measured: Sequence[Metric]) -> Grain | None:
    grains = {dimension.grain for dimension in wanted} | {metric.grain for metric in measured}
    return "hour" if "hour" in grains else "day" if "day" in grains else None


def _metric(name: str) -> Metric:
    if name not in METRICS:
        raise UnknownMetric(f"there is no metric {name!r}", hint=hint_of("metrics", name, METRICS))
    return METRICS[name]


def _dimension(name: str) -> Dimension:
    if name not in DIMENSIONS:
        raise UnknownDimension(f"there is no dimension {name!r}", hint=hint_of("dimensions", name, DIMENSIONS))
    return DIMENSIONS[name]


def _shape(shape: Dimension | Metric, cell: Any, zone: Zone) -> Any:
    if isinstance(shape, Dimension):
        if cell is None or shape.type != "time":
            return cell
        if shape.grain == "hour":
            return zone.as_text(cell)
        return cell.date().isoformat() if isinstance(cell, datetime) else cell.isoformat()
    if cell is None:
        return None if shape.reason is not None else 0
    if shape.unit in ("microusd", "usd") and not shape.is_mean:
        microusd = half_up(int(cell), parts=1000 * shape.scale)
        return microusd if shape.unit == "microusd" else microusd / 1_000_000
    if shape.unit == "usd":
        return float(cell) / 1e9
    if shape.unit == "seconds":
        return round(cell, 3)  # agents report milliseconds; the sum of many has dust behind them
    return cell if shape.is_mean or shape.unit in ("ratio", "ms", "mean") else int(cell)
