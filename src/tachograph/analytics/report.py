"""The report: totals of a window, what they rest on, and breakdowns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tachograph.analytics.compile import answer, ask
from tachograph.analytics.coverage import PARTS, TOKENS, compact, coverage_of
from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.analytics.limits import limits_of
from tachograph.analytics.metrics import METRICS, dimensions_of, reasons_of
from tachograph.analytics.query import Query, Window
from tachograph.analytics.spelling import hint_of
from tachograph.ports import Store
from tachograph_sdk.errors import UnknownDimension

__all__ = ["TOTALS", "Report", "build_report"]

TOTALS = (
    "sessions", "prompts", "requests", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
    "cost_microusd", "cost_usd", "tool_calls", "tool_errors", "lines_added", "lines_removed", "commits",
    "pull_requests", "active_seconds",
)  # fmt: skip
"""The metrics of a report, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Totals, breakdowns per dimension, and sentences on what the figures rest on. All values fit into JSON."""

    window: Window
    totals: dict[str, Any]  # TOTALS, `coverage`, and `reasons` for what is null
    by: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # rows with a cost have a short `coverage` too
    notes: Sequence[str] = ()
    limits: Sequence[dict[str, Any]] = ()  # how much of the plan was used: see limits.py

    def as_json(self) -> dict[str, Any]:
        """As the API and `report --json` show it."""
        return {
            "window": self.window.as_text(),
            "totals": self.totals,
            "by": self.by,
            "notes": list(self.notes),
            "limits": list(self.limits),
        }


def build_report(store: Store, window: Window, by: Sequence[str] = ()) -> Report:
    """Totals of the window, and one breakdown per name in `by`. Raises QueryError."""
    unknown = [name for name in by if name not in DIMENSIONS]
    if unknown:
        hint = hint_of("dimensions", unknown[0], DIMENSIONS)
        raise UnknownDimension(f"there is no dimension {unknown[0]!r}", hint=hint)
    (totals,) = answer(store, Query(metrics=TOTALS, window=window)).records()
    coverage = coverage_of(store, window)
    reasons = reasons_of(TOTALS, totals)
    breakdowns = {name: _breakdown(store, window, name) for name in by}
    return Report(
        window=window,
        totals={**totals, "coverage": coverage, "reasons": reasons},
        by=breakdowns,
        notes=_notes(totals, coverage, reasons),
        limits=limits_of(store, window),
    )


# Rows stand in this order; what a dimension knows nothing of does not count. A tool has no cost, but calls.
_MOST_FIRST = ("cost_microusd", "requests", "tool_calls", "lines_added", "sessions")


def _breakdown(store: Store, window: Window, name: str) -> list[dict[str, Any]]:
    """One row per value, with every metric of the totals that can be split that way."""
    dimension = DIMENSIONS[name]
    metrics = [METRICS[m] for m in TOTALS if name in dimensions_of(METRICS[m])]
    rests = PARTS if "usage" in dimension.sql or "requests" in dimension.sql else ()
    result = ask(store, Query(metrics=TOTALS, by=[name], window=window), [*metrics, *rests])
    width = len(metrics) + 1
    rows = []
    for cells in result.rows:
        row = dict(zip(result.columns, cells[:width], strict=False))
        if rests:
            row["coverage"] = compact(cells[width:])
        rows.append(row)
    if dimension.type != "time":
        rows.sort(key=lambda row: [-row.get(name, 0) for name in _MOST_FIRST])
    return rows


def _notes(totals: dict[str, Any], coverage: dict[str, Any], reasons: dict[str, str]) -> list[str]:
    notes = []
    residual, requests = coverage["residual"], coverage["requests"]
    if residual["tokens"] or residual["cost_microusd"]:
        usage = _usage(residual["tokens"], residual["cost_microusd"])
        were = "were" if residual["tokens"] else "was"
        notes.append(f"{usage} {were} seen only by the agent's counters, not request by request")
    if totals["requests"]:
        notes.append(
            f"requests seen by OpenTelemetry and transcript {requests['both']:,}, by OpenTelemetry only "
            f"{requests['otel_only']:,}, by transcript only {requests['transcript_only']:,}"
        )
    if coverage["auxiliary_requests"]:
        notes.append(
            f"{_several(coverage['auxiliary_requests'], 'request')} in no transcript of their session: "
            "titles, compaction and the like"
        )
    notes += _unpriced_notes(coverage)
    below = coverage["counters"]["below"]
    less = sum(below[column] for column in TOKENS)
    if less or below["cost_microusd"]:
        notes.append(
            f"in {_several(below['sessions'], 'session')} the agent's counters say less than its requests show: "
            f"{_usage(less, below['cost_microusd'])}"
        )
    notes.extend(reasons.values())
    return notes


def _usage(tokens: int, microusd: int) -> str:
    """Tokens and what they cost, as far as there is anything of either."""
    usd = f"${microusd / 1e6:,.2f}" if microusd >= 10_000 else f"${microusd / 1e6:.6f}"
    if not tokens:
        return f"{usd} of cost"
    return f"{tokens:,} tokens ({usd})" if microusd else f"{tokens:,} tokens"


def _unpriced_notes(coverage: dict[str, Any]) -> list[str]:
    notes = []
    if coverage["unpriced_requests"]:
        tokens = sum(entry[c] for entry in coverage["unpriced"] for c in TOKENS)
        tokens -= sum(entry["residual_tokens"] for entry in coverage["unpriced"])
        names = ", ".join(coverage["unpriced_models"][:5])
        verb = "has" if coverage["unpriced_requests"] == 1 else "have"
        requests = _several(coverage["unpriced_requests"], "request")
        notes.append(f"{requests} ({tokens:,} tokens) {verb} no known cost (models: {names})")
    if residual := sum(entry["residual_tokens"] for entry in coverage["unpriced"]):
        notes.append(f"{residual:,} tokens that only counters saw have no known cost")
    return notes


def _several(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
