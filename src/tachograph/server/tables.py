"""A question of metrics in strings, its table in JSON values."""

from __future__ import annotations

from typing import Any, Final, Literal

from tachograph.analytics.compare import compare, window_before
from tachograph.analytics.parameters import MOST_OFFSET, names_in, whole_number
from tachograph.analytics.pieces import PIECES, Piece
from tachograph.analytics.query import Query
from tachograph.analytics.scope import Scope, refuse_people
from tachograph.analytics.table import MOST_ROWS, Table, TableQuestion, about_columns, ask_table, parse_order
from tachograph.ports import Store
from tachograph_sdk.errors import QueryError

__all__ = ["PREVIOUS", "TABLE_PARAMETERS", "Grain", "answer_table"]

TABLE_PARAMETERS = frozenset({"metrics", "by", "grain", "order", "limit", "offset", "compare"})
PREVIOUS = "previous"
Grain = Piece | Literal["auto"]
GRAINS: Final[tuple[Grain, ...]] = (*PIECES, "auto")


def answer_table(store: Store, scope: Scope) -> dict[str, Any]:
    """Columns, rows and what they rest on. Raises QueryError."""
    question = _question(scope)
    against = scope.parameters.get("compare")
    if against not in (None, PREVIOUS):
        raise QueryError(f"nothing is compared with {against!r}", hint=f"write compare={PREVIOUS}")
    if against:
        window_before(scope.window, now=scope.now)  # says that there is none before anything is asked
    table = ask_table(store, question, now=scope.now)
    answered = _as_json(table)
    if against:
        before = compare(store, table.question.query, table.result.rows, now=scope.now)
        answered["previous"] = {
            "window": before.window.as_text(),
            "rows": before.rows,
            "changes": before.changes,
            "ratios": before.ratios,
        }
    return answered


def _question(scope: Scope) -> TableQuestion:
    given = scope.parameters
    grain: Grain | None = next((one for one in GRAINS if one == given.get("grain")), None)
    if grain is None and "grain" in given:
        raise QueryError(f"{given['grain']!r} is not a grain", hint=f"grains are: {', '.join(GRAINS)}")
    query = Query(
        metrics=names_in(given.get("metrics", "")),
        by=names_in(given.get("by", "")),
        filters=scope.filters,
        window=scope.window,
    )
    if not scope.compares_people:
        refuse_people(query.by)
    return TableQuestion(
        query=query,
        grain=grain,
        order=parse_order(names_in(given.get("order", ""))),
        limit=whole_number(given, "limit", 1, MOST_ROWS),
        offset=whole_number(given, "offset", 0, MOST_OFFSET) or 0,
    )


def _as_json(table: Table) -> dict[str, Any]:
    question = table.question
    after = question.offset + len(table.result.rows)
    return {
        "columns": list(table.result.columns),
        "rows": [list(row) for row in table.result.rows],
        "about": about_columns(question.query),
        "total_rows": table.total_rows,
        "offset": question.offset,
        "limit": question.limit,
        "next_offset": after if after < table.total_rows and table.result.rows else None,
        "grain": question.grain,
        "order": [f"-{order.column}" if order.falling else order.column for order in question.order],
        "reasons": dict(table.reasons),
        "coverage": table.coverage,
        "row_coverage": table.row_coverage,
    }
