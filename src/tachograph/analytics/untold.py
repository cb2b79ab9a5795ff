"""What a filter would miss because no source tells it: then nothing that is found is unknown, not 0.

Lines that were changed are told with their model by some sources only. Asked for one model, 0 is right where every change in
the time range has its model, and none is this one. Where some have none, nobody knows whether they were this model's.

It is looked at for outcomes. There each dimension is something that was so, and is null only where it was not told. Of other
facts a null can mean that there was none: a tool call without an MCP server was not made by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tachograph.analytics.dimensions import DIMENSIONS, Dimension, Fact
from tachograph.analytics.metrics import METRICS, Metric, part_of
from tachograph.analytics.query import Query

__all__ = ["TOLD", "may_be_untold", "reasons_in", "untold_in", "untold_sql"]

TOLD: Final = "told"
"""The column of a stack that is 1 in what the filters keep, and 0 in what they might, if it had been told."""

_OF_OUTCOMES: Final = frozenset(
    name for name, dimension in DIMENSIONS.items() if "outcomes" in dimension.sql and dimension.grain is None
)


def untold_in(fact: Fact, query: Query) -> tuple[str, ...]:
    """The filters of a question that may miss rows of this fact: their dimension can be null, and null is not asked for.

    Not what the question is split by as well: such a row has a name of its own in the answer.
    """
    if fact != "outcomes":
        return ()
    return tuple(
        name
        for name, values in query.filters.items()
        if name in _OF_OUTCOMES and name not in query.by and values and None not in values
    )


def untold_sql(value: str) -> str:
    """Whether a figure is unknown: nothing was found, but something was that does not say what the filters ask for."""
    found, missed = (f"coalesce(max(case when {TOLD} = {told} then {value} end), 0)" for told in (1, 0))
    return f"{found} = 0 and {missed} <> 0"


def may_be_untold(metric: Metric, query: Query, wanted: Sequence[Dimension]) -> tuple[str, ...]:
    """The filters because of which a metric, or a part of it, may be unknown; empty: it cannot be."""
    found: dict[str, None] = {}
    for part in [part_of(name) for name in metric.parts] or [metric]:
        fact = next((fact for fact in part.sql if all(fact in dimension.sql for dimension in wanted)), None)
        if fact is not None:
            found.update(dict.fromkeys(untold_in(fact, query)))
    return tuple(found)


def reasons_in(query: Query, unknown: Iterable[str]) -> Mapping[str, str]:
    """Why metrics with a null cell are unknown, by name."""
    wanted = [DIMENSIONS[name] for name in (*query.by, *query.filters)]
    told = {}
    for name in unknown:
        usual, filters = METRICS[name].reason, may_be_untold(METRICS[name], query, wanted)
        missed = (
            f"there is some in this time range, but no source says of which {' or '.join(filters)}" if filters else ""
        )
        told[name] = ", or ".join(text for text in (usual, missed) if text) or "not known"
    return told
