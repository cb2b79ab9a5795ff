"""What a metric is: one thing that can be measured, said once for API, command line, dashboards and reference page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tachograph.analytics.dimensions import Fact, Grain

__all__ = ["Better", "Metric", "Unit", "derived", "mean", "measured"]

Unit = Literal["count", "tokens", "microusd", "usd", "lines", "seconds", "ms", "ratio", "mean"]
Better = Literal["higher", "lower", "neither"]

_PART = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One thing that can be measured: from the rows of a fact, or from other metrics.

    Measured: `sql` maps a fact (see dimensions.py) to one aggregate expression over it, in the subset of SQL that every
    store runs; the first fact that has all wanted dimensions is used. `{local}` in it is the local time.
    Derived: `made_of` is an expression over measured metrics, named in braces, worked out in the outer select, so that
    each may come from a fact of its own. A part counts there as what it is when nothing matches.
    Costs are summed in nano-dollars and rounded once, when shown; a quotient of a cost is not rounded.
    """

    name: str
    unit: Unit
    better: Better
    help: str
    formula: str = ""  # in words
    reason: str | None = None  # why it can be null; None: it never is, 0 is what it is when nothing matches
    sql: Mapping[Fact, str] = field(default_factory=dict)
    made_of: str = ""
    is_mean: bool = False  # of its unit a mean, a median or a quotient: a fraction, not a whole number
    scale: int = 1  # how many of what `sql` sums make a nano-dollar
    grain: Grain | None = None  # the local time that `sql` needs to know
    never_by: frozenset[str] = frozenset()  # dimensions by which it would say nothing
    counts_nothing: bool = False  # 0 when nothing matches, although it can be null otherwise

    @property
    def empty(self) -> int | None:
        """What it is when nothing matches: 0, or null for "not known"."""
        return 0 if self.reason is None or self.counts_nothing else None

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the metrics that it is made of, in order; none of a measured one."""
        return tuple(dict.fromkeys(_PART.findall(self.made_of)))


def measured(
    name: str,
    unit: Unit,
    better: Better,
    help: str,  # noqa: A002 - reads as a table
    *,
    formula: str,
    sql: Mapping[Fact, str],
    reason: str | None = None,
    is_mean: bool = False,
    scale: int = 1,
    grain: Grain | None = None,
    never_by: frozenset[str] = frozenset(),
) -> Metric:
    """A metric over the rows of facts."""
    return Metric(
        name=name, unit=unit, better=better, help=help, formula=formula, sql=sql, reason=reason, is_mean=is_mean,
        scale=scale, grain=grain, never_by=never_by,
    )  # fmt: skip


def derived(
    name: str,
    unit: Unit,
    better: Better,
    help: str,  # noqa: A002 - reads as a table
    *,
    made_of: str,
    formula: str,
    reason: str | None,
    is_mean: bool = True,
    never_by: frozenset[str] = frozenset(),
    counts_nothing: bool = False,
) -> Metric:
    """A metric made of others. Division has to be guarded: `{a} / nullif({b}, 0)`."""
    return Metric(
        name=name, unit=unit, better=better, help=help, formula=formula, made_of=made_of, reason=reason, is_mean=is_mean,
        never_by=never_by, counts_nothing=counts_nothing,
    )  # fmt: skip


def mean(expression: str, condition: str) -> str:
    """Over the rows that meet the condition; null if there are none, on every engine."""
    return f"sum({expression}) filter (where {condition}) / nullif(count(*) filter (where {condition}), 0)"
