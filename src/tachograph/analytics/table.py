"""A question's answer as a table: without holes in time, in the order asked for, a page of it, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product
from typing import Any, Literal

from tachograph.analytics.compile import ask, compile_query, extent_of
from tachograph.analytics.coverage import PARTS, compact, rests_on_usage
from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.analytics.metrics import METRICS
from tachograph.analytics.pieces import PIECES, Piece, fitting, pieces_of
from tachograph.analytics.query import Query
from tachograph.analytics.untold import may_be_untold, reasons_in
from tachograph.ports import Result, Statement, Store
from tachograph_sdk.errors import QueryError, QueryTooLarge

__all__ = ["MOST_ROWS", "Order", "Table", "TableQuestion", "about_columns", "ask_table", "parse_order"]

MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Order:
    """By one column of the answer."""

    column: str
    falling: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableQuestion:
    """What is asked, and how the answer is laid out."""

    query: Query  # without a limit of its own
    grain: Piece | Literal["auto"] | None = None  # first dimension, with every piece of the window; auto: as fits it
    order: Sequence[Order] = ()  # then by the dimensions, from left to right
    limit: int | None = None  # rows; None: all
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A page of the answer."""

    result: Result  # dimensions first, then metrics, shaped as `compile.answer` does
    total_rows: int  # of all pages
    coverage: dict[str, Any] | None  # what all rows rest on; null where nothing asked for is usage or its cost
    row_coverage: Sequence[dict[str, Any]] | None  # what each row of this page rests on
    reasons: Mapping[str, str]  # why cells are null, by metric, of those that have such a cell on this page
    question: TableQuestion  # with its grain among the dimensions


def parse_order(texts: Sequence[str]) -> tuple[Order, ...]:
    """`-cost_usd` is falling, `model` is rising."""
    return tuple(Order(text.removeprefix("-"), text.startswith("-")) for text in texts)


def ask_table(store: Store, question: TableQuestion, *, now: datetime) -> Table:
    """Ask a store.

    Args:
        store: where the answer is.
        question: what is asked; its limit, where there is one, is the store's too unless pieces of time are filled in.
        now: UTC without a zone: where a window without an end ends.

    Raises:
        QueryError: a name is not known, or an order names no column.
        QueryTooLarge: more rows than may be.
    """
    question = _with_grain(_fitted(store, question, now))
    query = question.query
    compile_query(query)  # says what is wrong with the question before anything is added to it
    _check_order(question)
    has_usage = rests_on_usage(query)
    metrics = [METRICS[name] for name in query.metrics]
    asked = [*metrics, *PARTS] if has_usage else metrics
    width = len(query.by) + len(metrics)
    in_store = question.grain is None and (question.limit is not None or question.order)
    if in_store:
        full = ask(store, query, asked, arrange=lambda sql: _arranged(sql, question), untold=True)
        total = _count(store, question, len(full.rows))
        whole = list(ask(store, replace(query, by=()), PARTS).rows[0]) if has_usage else []
    else:
        full = ask(store, query, asked, untold=True)
        whole = [sum(column) for column in zip(*(row[width:] for row in full.rows), strict=True)]
        if question.grain is not None:
            full = _in_order(_filled(full, question, now), question)
        total = len(full.rows)
        full = Result(columns=full.columns, rows=_page(full.rows, question))
    rows = [row[:width] for row in full.rows]
    return Table(
        result=Result(columns=full.columns[:width], rows=rows),
        total_rows=total,
        coverage=compact(whole or [0] * len(PARTS)) if has_usage else None,
        row_coverage=[compact(row[width:]) for row in full.rows] if has_usage else None,
        reasons=_reasons(query, rows),
        question=question,
    )


_FIRST = Statement(name="first_session", sql="select min(started_at) as first_at from sessions")


def _fitted(store: Store, question: TableQuestion, now: datetime) -> TableQuestion:
    """With the finest grain that is not too fine for its window, or for what there is in it, where the grain is `auto`."""
    if question.grain != "auto":
        return question
    window = question.query.window
    start = window.start or store.query(_FIRST).rows[0][0] or now
    return replace(question, grain=fitting((window.end or now) - start))


def _with_grain(question: TableQuestion) -> TableQuestion:
    grain, query = question.grain, question.query
    if grain is None or grain == "auto":
        return question
    if any(name in PIECES for name in query.by if name != grain):
        raise QueryError(
            f"the grain {grain} cannot be split by another piece of time",
            hint=f"leave {', '.join(n for n in query.by if n in PIECES and n != grain)} out of the dimensions",
        )
    return replace(question, query=replace(query, by=(grain, *(name for name in query.by if name != grain))))


def _check_order(question: TableQuestion) -> None:
    columns = [*question.query.by, *question.query.metrics]
    for order in question.order:
        if order.column not in columns:
            raise QueryError(
                f"{order.column!r} is not a column of the answer", hint=f"its columns are: {', '.join(columns)}"
            )
    if len({order.column for order in question.order}) != len(question.order):
        raise QueryError("the order names a column twice", hint="name each once")


def _arranged(sql: str, question: TableQuestion) -> str:
    """A page of what the statement answers. Rows that are alike in what is ordered by are in the order of dimensions."""
    keys = []
    query = question.query
    wanted = [DIMENSIONS[name] for name in (*query.by, *query.filters)]
    for order in question.order:
        metric = METRICS.get(order.column)
        empty = None if metric is None or may_be_untold(metric, query, wanted) else metric.empty
        column = order.column if empty is None else f"coalesce({order.column}, {empty})"
        column = DIMENSIONS[column].order(column) if column in DIMENSIONS else column
        keys.append(f"{column} {'desc' if order.falling else 'asc'} nulls last")
    ordered = {order.column for order in question.order}
    keys += [f"{DIMENSIONS[name].order(name)} asc nulls last" for name in question.query.by if name not in ordered]
    text = f"select * from (\n{sql}\n) answered"  # noqa: S608 - a statement of ours
    if keys:
        text += f"\norder by {', '.join(keys)}"
    limit = MOST_ROWS + 1 if question.limit is None else question.limit
    return f"{text}\nlimit {int(limit)} offset {int(question.offset)}"


def _count(store: Store, question: TableQuestion, on_page: int) -> int:
    """How many rows there are in all. Asked for only where the page does not tell."""
    is_last = question.limit is None or on_page < question.limit
    if is_last and (on_page or not question.offset):
        return question.offset + on_page
    query = question.query
    metrics = [METRICS[name] for name in query.metrics]
    statement = compile_query(query, extent_of(store, query, metrics), untold=True)
    sql = f"select count(*) as n from (\n{statement.sql}\n) answered"  # noqa: S608 - a statement of ours
    counted = store.query(Statement(name="rows_of_" + statement.name, sql=sql, parameters=statement.parameters))
    return int(counted.rows[0][0])


def _filled(result: Result, question: TableQuestion, now: datetime) -> Result:
    """With a row for each piece of time and each combination of the other dimensions that is there at all."""
    assert question.grain is not None and question.grain != "auto"  # noqa: PT018 - of types, not of a test
    query, split = question.query, len(question.query.by)
    found = {tuple(row[:split]): row for row in result.rows}
    others = list(dict.fromkeys(key[1:] for key in found)) or ([()] if split == 1 else [])
    most = MOST_ROWS // max(1, len(others))
    pieces = pieces_of(question.grain, query.window, found=[key[0] for key in found], now=now, most=most)
    empty = (
        *(METRICS[name].empty for name in query.metrics),
        *(0 for _ in result.columns[split + len(query.metrics) :]),
    )
    rows = [found.pop((piece, *other), (piece, *other, *empty)) for piece, other in product(pieces, others)]
    if len(rows) + len(found) > MOST_ROWS:
        raise QueryTooLarge(f"the answer has more than {MOST_ROWS:,} rows", hint="narrow the time range")
    return Result(columns=result.columns, rows=[*rows, *found.values()])


def _in_order(result: Result, question: TableQuestion) -> Result:
    by = [*question.order, *(Order(name) for name in question.query.by)]
    rows = list(result.rows)
    for order in reversed(by):  # sorting keeps the order of what is alike
        index = list(result.columns).index(order.column)
        known = [row for row in rows if row[index] is not None]
        moments = order.column == "hour"
        values = DIMENSIONS[order.column].values if order.column in DIMENSIONS else ()

        def key(
            row: tuple[Any, ...], index: int = index, moments: bool = moments, values: Sequence[str] = values
        ) -> Any:
            if values:
                return values.index(row[index])
            return datetime.fromisoformat(row[index]) if moments else row[index]

        known.sort(key=key, reverse=order.falling)
        rows = [*known, *(row for row in rows if row[index] is None)]
    return Result(columns=result.columns, rows=rows)


def _page(rows: Sequence[tuple[Any, ...]], question: TableQuestion) -> Sequence[tuple[Any, ...]]:
    end = None if question.limit is None else question.offset + question.limit
    return rows[question.offset : end]


def _reasons(query: Query, rows: Sequence[tuple[Any, ...]]) -> Mapping[str, str]:
    split = len(query.by)
    unknown = [name for place, name in enumerate(query.metrics, split) if any(row[place] is None for row in rows)]
    return reasons_in(query, unknown)


def about_columns(query: Query) -> list[dict[str, Any]]:
    """Each column: what it is, and how to show it."""
    about: list[dict[str, Any]] = [
        {"name": name, "kind": "dimension", "type": DIMENSIONS[name].type, "unit": None, "better": None}
        for name in query.by
    ]
    for name in query.metrics:
        metric = METRICS[name]
        about.append({"name": name, "kind": "metric", "type": "number", "unit": metric.unit, "better": metric.better})
    return about
