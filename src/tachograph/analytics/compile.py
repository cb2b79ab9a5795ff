"""From a question to one statement. Values are bound; identifiers come from the registries only.

A statement has one part per fact (each with its own grouping), stacked by `union all` and folded by an outer group,
which joins facts without tripping over unknown (null) dimension values. Inner columns are named k0, v0, …, because
ClickHouse would take an output name that equals a column for that column's replacement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tachograph.analytics.dimensions import DIMENSIONS, Dimension, Fact
from tachograph.analytics.metrics import METRICS, Metric
from tachograph.analytics.query import Query
from tachograph.analytics.windowed import activity, between, usage
from tachograph.ports import Result, Statement, Store
from tachograph_sdk.errors import QueryError, UnknownDimension, UnknownMetric

__all__ = ["answer", "compile_query", "fact_for", "half_up"]


def answer(store: Store, query: Query, *, timeout_s: float = 30.0, max_rows: int = 100_000) -> Result:
    """Ask the store and shape the cells: costs in whole micro-dollars or dollars, empty sums as their metric says."""
    raw = store.query(compile_query(query), timeout_s=timeout_s, max_rows=max_rows)
    shapes = [METRICS[name] for name in query.metrics]
    first = len(query.by)
    rows = [
        (*row[:first], *[_shape(metric, cell) for metric, cell in zip(shapes, row[first:], strict=True)])
        for row in raw.rows
    ]
    return Result(columns=raw.columns, rows=rows)


def compile_query(query: Query) -> Statement:
    """One statement with the dimensions first, then the metrics, ordered by the dimensions.

    Raises:
        UnknownMetric, UnknownDimension: a name is not in the registry, or a metric cannot be split or filtered that way;
            the message lists what can.
    """
    if not query.metrics:
        raise QueryError("no metric is asked for", hint=f"metrics are: {', '.join(METRICS)}")
    metrics = [_metric(name) for name in dict.fromkeys(query.metrics)]
    if len(metrics) != len(query.metrics):
        raise QueryError("a metric is asked for twice")
    by = [_dimension(name) for name in query.by]
    if len({d.name for d in by}) != len(by):
        raise QueryError("a dimension is asked for twice")
    wanted = [*by, *[_dimension(name) for name in query.filters]]
    facts: dict[Fact, list[int]] = {}
    for index, metric in enumerate(metrics):
        facts.setdefault(fact_for(metric, wanted), []).append(index)
    parameters: dict[str, Any] = {}
    parts = [_part(fact, indexes, metrics, by, query, parameters) for fact, indexes in facts.items()]
    keys = ", ".join(f"k{i}" for i in range(len(by)))
    outer = [f"k{i} as {d.name}" for i, d in enumerate(by)]
    outer += [f"max(v{i}) as {m.name}" for i, m in enumerate(metrics)]
    sql = f"select {', '.join(outer)}\nfrom (\n" + "\n    union all\n".join(parts) + "\n) stacked"
    if by:
        sql += f"\ngroup by {keys}\norder by {keys}"
    if query.limit is not None:
        sql += f"\nlimit {int(query.limit)}"
    return Statement(name="query_" + "_".join(m.name for m in metrics)[:60], sql=sql, parameters=parameters)


def fact_for(metric: Metric, wanted: Sequence[Dimension]) -> Fact:
    """The first fact of the metric that has all these dimensions. Raises UnknownDimension."""
    for fact in metric.sql:
        if all(fact in dimension.sql for dimension in wanted):
            return fact
    possible = [d.name for d in DIMENSIONS.values() if any(fact in d.sql for fact in metric.sql)]
    asked = " and ".join(d.name for d in wanted)
    raise UnknownDimension(
        f"{metric.name} cannot be split or filtered by {asked}", hint=f"{metric.name} goes with: {', '.join(possible)}"
    )


def half_up(nano: int) -> int:
    """Nano-dollars as whole micro-dollars, rounded half up."""
    return (int(nano) + 500) // 1000


def _part(
    fact: Fact,
    indexes: Sequence[int],
    metrics: Sequence[Metric],
    by: Sequence[Dimension],
    query: Query,
    parameters: dict[str, Any],
) -> str:
    columns = [f"{d.sql[fact]} as k{i}" for i, d in enumerate(by)]
    columns += [f"{m.sql[fact]} as v{i}" if i in indexes else f"null as v{i}" for i, m in enumerate(metrics)]
    conditions = _filters(fact, query.filters, parameters)
    if fact == "activity":
        source = activity(query.window, parameters)
    elif fact == "usage":
        source = usage(query.window, parameters)
    else:
        source = fact
        conditions = [*between("occurred_at", query.window, parameters), *conditions]
    sql = f"    select {', '.join(columns)}\n    from {source}"  # noqa: S608 - registry names only
    if conditions:
        sql += f"\n    where {' and '.join(conditions)}"
    if by:
        sql += f"\n    group by {', '.join(str(i + 1) for i in range(len(by)))}"
    return sql


def _filters(fact: Fact, filters: Mapping[str, Sequence[str | None]], parameters: dict[str, Any]) -> list[str]:
    conditions = []
    for index, (name, values) in enumerate(filters.items()):
        dimension = DIMENSIONS[name]
        expression = f"({dimension.sql[fact]})"
        either = []
        listed = []
        for position, value in enumerate(v for v in values if v is not None):
            parameters[f"f{index}_{position}"] = _typed(dimension, value)
            listed.append(f"$f{index}_{position}")
        if listed:
            either.append(f"{expression} in ({', '.join(listed)})")
        if None in values:
            either.append(f"{expression} is null")
        conditions.append(f"({' or '.join(either)})" if either else "1 = 0")
    return conditions


def _typed(dimension: Dimension, value: str) -> str | int | datetime:
    try:
        if dimension.type == "number":
            return int(value)
        if dimension.type == "time":
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise QueryError(
            f"{value!r} is not a value of {dimension.name}", hint="numbers as 7, days and hours as 2026-11-20T09:00"
        ) from error
    return str(value)


def _metric(name: str) -> Metric:
    if name not in METRICS:
        raise UnknownMetric(f"there is no metric {name!r}", hint=f"metrics are: {', '.join(METRICS)}")
    return METRICS[name]


def _dimension(name: str) -> Dimension:
    if name not in DIMENSIONS:
        raise UnknownDimension(f"there is no dimension {name!r}", hint=f"dimensions are: {', '.join(DIMENSIONS)}")
    return DIMENSIONS[name]


def _shape(metric: Metric, cell: Any) -> Any:
    if cell is None:
        return metric.empty
    if metric.unit == "microusd":
        return half_up(cell)
    if metric.unit == "usd":
        return half_up(cell) / 1_000_000
    if metric.unit == "seconds":
        return round(cell, 3)  # agents report milliseconds; the sum of many has dust behind them
    return cell if metric.unit in ("ratio", "ms") else int(cell)
